//! JSON, as one array or a line per row; NULL is written, not left out.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::json::writer::{JsonArray, JsonFormat, LineDelimited, Writer, WriterBuilder};

use crate::{AnswerWriter, ReportError};

pub(crate) struct JsonWriter<W: Write, F: JsonFormat> {
    writer: Writer<W, F>,
    /// What ends the output after its last row.
    end: &'static str,
}

impl<W: Write> JsonWriter<W, JsonArray> {
    pub(crate) fn array(out: W) -> Self {
        Self { writer: builder().build(out), end: "\n" }
    }
}

impl<W: Write> JsonWriter<W, LineDelimited> {
    pub(crate) fn lines(out: W) -> Self {
        Self { writer: builder().build(out), end: "" }
    }
}

fn builder() -> WriterBuilder {
    WriterBuilder::new().with_explicit_nulls(true)
}

impl<W: Write, F: JsonFormat> AnswerWriter for JsonWriter<W, F> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        Ok(self.writer.write(batch)?)
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        self.writer.finish()?;
        let out = self.writer.get_mut();
        out.write_all(self.end.as_bytes())?;
        Ok(out.flush()?)
    }
}
