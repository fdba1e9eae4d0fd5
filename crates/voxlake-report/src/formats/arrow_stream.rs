//! Arrow IPC stream, for pipes into other programs.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::ipc::writer::StreamWriter;

use crate::error::ReportError;
use crate::result_writer::ResultWriter;

pub(crate) struct ArrowWriter<W: Write>(StreamWriter<W>);

impl<W: Write> ArrowWriter<W> {
    pub(crate) fn new(schema: &Schema, out: W) -> Result<Self, ReportError> {
        Ok(Self(StreamWriter::try_new(out, schema)?))
    }
}

impl<W: Write> ResultWriter for ArrowWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        Ok(self.0.write(batch)?)
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        self.0.finish()?;
        Ok(self.0.get_mut().flush()?)
    }
}
