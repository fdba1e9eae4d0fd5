//! Comma- and tab-separated values (RFC 4180) that are safe to open in a spreadsheet.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use crate::cells;
use crate::error::ReportError;
use crate::result_writer::ResultWriter;

pub(crate) struct DelimitedWriter<W: Write> {
    /// For each column, true if its text is untrusted.
    is_untrusted: Vec<bool>,
    out: csv::Writer<W>,
}

impl<W: Write> DelimitedWriter<W> {
    pub(crate) fn new(schema: &Schema, delimiter: u8, out: W) -> Result<Self, ReportError> {
        let mut out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
        out.write_record(schema.fields().iter().map(|field| neutralize_formula(field.name())))
            .map_err(into_report_error)?;
        let is_untrusted =
            schema.fields().iter().map(|field| !cells::is_trusted_type(field.data_type())).collect();
        Ok(Self { is_untrusted, out })
    }
}

impl<W: Write> ResultWriter for DelimitedWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        for row in cells::rows_as_text(batch)? {
            let cells = row.into_iter().zip(&self.is_untrusted).map(|(cell, is_untrusted)| {
                let cell = cell.unwrap_or_default();
                if *is_untrusted { neutralize_formula(&cell) } else { cell }
            });
            self.out.write_record(cells.collect::<Vec<_>>()).map_err(into_report_error)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        Ok(self.out.flush()?)
    }
}

/// Puts an apostrophe before text that a spreadsheet would run as a formula. A phone number in
/// E.164 (`+` and digits) is not changed: at worst it is read as a number.
fn neutralize_formula(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let is_phone_number = text
        .strip_prefix('+')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    if is_formula && !is_phone_number { format!("'{text}") } else { text.to_owned() }
}

fn into_report_error(error: csv::Error) -> ReportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ReportError::Io(error),
        other => ReportError::Io(std::io::Error::other(format!("{other:?}"))),
    }
}
