//! Comma- and tab-separated values that a spreadsheet opens without running anything.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use crate::cells;
use crate::error::ReportError;
use crate::writer::AnswerWriter;

pub(crate) struct DelimitedWriter<W: Write> {
    /// Of each column, whether a caller may have written its text.
    texts: Vec<bool>,
    out: csv::Writer<W>,
}

impl<W: Write> DelimitedWriter<W> {
    pub(crate) fn new(schema: &Schema, delimiter: u8, out: W) -> Result<Self, ReportError> {
        let mut out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
        out.write_record(schema.fields().iter().map(|field| disarmed(field.name()))).map_err(io)?;
        let texts = schema.fields().iter().map(|field| !cells::is_harmless(field.data_type())).collect();
        Ok(Self { texts, out })
    }
}

impl<W: Write> AnswerWriter for DelimitedWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        for row in cells::rows(batch)? {
            let cells = row.into_iter().zip(&self.texts).map(|(cell, text)| {
                let cell = cell.unwrap_or_default();
                if *text { disarmed(&cell) } else { cell }
            });
            self.out.write_record(cells.collect::<Vec<_>>()).map_err(io)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        Ok(self.out.flush()?)
    }
}

/// Text that a spreadsheet would take for a formula, behind an apostrophe. A phone number in E.164
/// (`+` and digits) is at worst a number there and stays as it is.
fn disarmed(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let phone_number = text
        .strip_prefix('+')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    if formula && !phone_number { format!("'{text}") } else { text.to_owned() }
}

fn io(error: csv::Error) -> ReportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ReportError::Io(error),
        other => ReportError::Io(std::io::Error::other(format!("{other:?}"))),
    }
}
