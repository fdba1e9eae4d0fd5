//! Comma- and tab-separated values that a spreadsheet opens without running anything.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};

use crate::{AnswerWriter, ReportError, cells};

pub(crate) struct DelimitedWriter<W: Write> {
    schema: SchemaRef,
    out: csv::Writer<W>,
    begun: bool,
}

impl<W: Write> DelimitedWriter<W> {
    pub(crate) fn new(schema: SchemaRef, delimiter: u8, out: W) -> Self {
        Self { schema, out: csv::WriterBuilder::new().delimiter(delimiter).from_writer(out), begun: false }
    }

    fn begin(&mut self) -> Result<(), ReportError> {
        if !std::mem::replace(&mut self.begun, true) {
            let names = self.schema.fields().iter().map(|field| disarmed(field.name()));
            self.out.write_record(names.collect::<Vec<_>>()).map_err(io)?;
        }
        Ok(())
    }
}

impl<W: Write> AnswerWriter for DelimitedWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        self.begin()?;
        let texts: Vec<bool> =
            self.schema.fields().iter().map(|field| !is_harmless(field.data_type())).collect();
        for row in cells::rows(batch, "")? {
            let row =
                row.iter().zip(&texts).map(|(cell, text)| if *text { disarmed(cell) } else { cell.clone() });
            self.out.write_record(row.collect::<Vec<_>>()).map_err(io)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        self.begin()?;
        Ok(self.out.flush()?)
    }
}

/// Types whose text no caller writes: a minus sign there is a minus sign.
fn is_harmless(data_type: &DataType) -> bool {
    data_type.is_numeric() || data_type.is_temporal() || matches!(data_type, DataType::Boolean)
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
