//! A workbook with one sheet, whose cells are values and text: never a formula, never a link.
//!
//! What a workbook begins with, such as the widths of its columns, is known only at its end. So nothing
//! goes out before it is finished: its rows wait in a temporary file, and memory holds one of them.

pub(crate) mod sheet;
pub(crate) mod value;

use std::fs::File;
use std::io::{Seek as _, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use rust_xlsxwriter::{Format, FormatAlign, IgnoreError, Workbook};
use unicode_width::UnicodeWidthStr as _;

use crate::cells;
use crate::error::ReportError;
use crate::text::visible;
use crate::writer::AnswerWriter;
use sheet::{FILTER, ROWS, WIDEST, fitting, guarded};
use value::{Kind, Value};

const SHEET: &str = "answer";
pub(crate) struct XlsxWriter<W> {
    workbook: Workbook,
    columns: Vec<Column>,
    looks: Looks,
    /// Rows written, and how many there may be.
    rows: u32,
    limit: u32,
    /// The finished workbook, until it goes out.
    saved: File,
    out: W,
}

struct Column {
    kind: Kind,
    format: Format,
    /// Of its longest cell, in characters.
    width: usize,
}

/// How cells look that are not as the rest of their column.
struct Looks {
    text: Format,
    /// A number of more digits than a sheet's numbers have.
    digits: Format,
    milliseconds: Format,
}

impl<W: Write + Send> XlsxWriter<W> {
    pub(crate) fn new(schema: &Schema, out: W) -> Result<Self, ReportError> {
        // Text stays text when it is edited, too: without the prefix, a formula would come to life then.
        let text = Format::new().set_quote_prefix();
        let digits = text.clone().set_align(FormatAlign::Right);
        let milliseconds = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss.000");
        let header = text.clone().set_bold();
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(SHEET)?.set_freeze_panes(1, 0)?;
        let mut columns = Vec::with_capacity(schema.fields().len());
        for (at, field) in (0..).zip(schema.fields()) {
            let kind = Kind::of(field.data_type());
            let name =
                if kind == Kind::Instant { format!("{} (UTC)", field.name()) } else { field.name().clone() };
            let name = visible(&name);
            sheet.write_string_with_format(0, at, fitting(&name), &header)?;
            let format =
                kind.number_format().map_or_else(|| text.clone(), |f| Format::new().set_num_format(f));
            columns.push(Column { kind, format, width: name.width() + FILTER });
        }
        let looks = Looks { text, digits, milliseconds };
        let saved = tempfile::tempfile().map_err(|error| ReportError::temporary_file(Some(error)))?;
        Ok(Self { workbook, columns, looks, rows: 0, limit: ROWS, saved, out })
    }

    fn write_row(&mut self, row: Vec<Option<String>>) -> Result<(), ReportError> {
        if self.rows == self.limit {
            return Err(ReportError::TooManyRows { limit: self.limit });
        }
        self.rows += 1;
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (at, (column, cell)) in (0..).zip(self.columns.iter_mut().zip(row)) {
            let Some(text) = cell else { continue };
            let text = visible(&text);
            column.width = column.width.max(text.width());
            match column.kind.value(&text) {
                Value::Boolean(value) => sheet.write_boolean(self.rows, at, value)?,
                Value::Number(number) => {
                    sheet.write_number_with_format(self.rows, at, number, &column.format)?
                }
                Value::Milliseconds(serial) => {
                    sheet.write_number_with_format(self.rows, at, serial, &self.looks.milliseconds)?
                }
                Value::Text => {
                    let look = if column.kind.is_number() { &self.looks.digits } else { &self.looks.text };
                    sheet.write_string_with_format(self.rows, at, fitting(&text), look)?
                }
            };
        }
        Ok(())
    }

    fn save(&mut self) -> Result<(), ReportError> {
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (at, column) in (0..).zip(&self.columns) {
            // At most WIDEST and so exact.
            sheet.set_column_width(at, (column.width + 1).min(WIDEST) as f64)?;
        }
        if let Some(last) = u16::try_from(self.columns.len()).ok().and_then(|columns| columns.checked_sub(1))
        {
            sheet.autofilter(0, 0, self.rows, last)?;
            // Numbers as text are what they are on purpose: phone numbers, ids, and all digits of a sum.
            sheet.ignore_error_range(0, 0, self.rows, last, IgnoreError::NumberStoredAsText)?;
        }
        self.workbook.save_to_writer(&mut self.saved)?;
        Ok(())
    }
}

impl<W: Write + Send> AnswerWriter for XlsxWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        let rows = cells::rows(batch)?;
        guarded(|| rows.into_iter().try_for_each(|row| self.write_row(row)))
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        guarded(|| self.save())?;
        self.saved.rewind()?;
        std::io::copy(&mut self.saved, &mut self.out)?;
        Ok(self.out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};

    use super::*;

    #[test]
    fn an_answer_with_more_rows_than_a_sheet_is_refused_in_words_that_help() {
        let numbers = Int64Array::from_iter_values(0..4);
        let batch = RecordBatch::try_from_iter([("n", Arc::new(numbers) as ArrayRef)]).unwrap();
        let mut writer = XlsxWriter::new(&batch.schema(), Vec::new()).unwrap();
        writer.limit = 7;
        writer.write(&batch).unwrap();
        writer.write(&batch.slice(0, 3)).unwrap();
        let error = writer.write(&batch.slice(3, 1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a sheet of Excel holds 7 rows under its header, and the answer has more: write csv or parquet, \
             or ask for less"
        );
    }

    #[test]
    fn a_full_temporary_folder_is_an_error_that_names_it() {
        let error = guarded(|| panic!("Couldn't write to xml file")).unwrap_err();
        let folder = std::env::temp_dir().display().to_string();
        assert!(error.to_string().contains(&folder), "{error}");
    }
}
