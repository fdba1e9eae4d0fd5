//! JSON, as one array or a line per row; NULL is written, not left out.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::json::writer::{JsonArray, JsonFormat, LineDelimited, Writer, WriterBuilder};

use crate::{AnswerWriter, ReportError};

pub(crate) struct JsonWriter<W: Write, F: JsonFormat>(Writer<W, F>);

impl<W: Write> JsonWriter<W, JsonArray> {
    pub(crate) fn array(out: W) -> Self {
        Self(builder().build(out))
    }
}

impl<W: Write> JsonWriter<W, LineDelimited> {
    pub(crate) fn lines(out: W) -> Self {
        Self(builder().build(out))
    }
}

fn builder() -> WriterBuilder {
    WriterBuilder::new().with_explicit_nulls(true)
}

impl<W: Write, F: JsonFormat> AnswerWriter for JsonWriter<W, F> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        Ok(self.0.write(batch)?)
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        self.0.finish()?;
        let out = self.0.get_mut();
        writeln!(out)?;
        Ok(out.flush()?)
    }
}
