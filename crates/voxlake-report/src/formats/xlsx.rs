//! Excel workbook with one sheet. Its cells are values and text: no formulas, no links.
//!
//! A workbook starts with the widths of its columns, which are known only at the end. So rows are
//! buffered in a temporary file, and nothing is written to the output until the workbook is
//! finished. Memory holds one row.

pub(crate) mod sheet;
pub(crate) mod value;

use std::fs::File;
use std::io::{Seek as _, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use rust_xlsxwriter::{Format, FormatAlign, IgnoreError, Workbook};
use unicode_width::UnicodeWidthStr as _;

use crate::cells;
use crate::error::ReportError;
use crate::result_writer::ResultWriter;
use crate::text::escape_control_chars;
use sheet::{FILTER_ARROW_CHARS, MAX_COLUMN_CHARS, MAX_SHEET_ROWS, catch_write_panic, truncate_cell};
use value::{CellKind, CellValue};

/// Name of the sheet.
const SHEET_NAME: &str = "answer";

pub(crate) struct XlsxWriter<W> {
    workbook: Workbook,
    columns: Vec<SheetColumn>,
    formats: CellFormats,
    /// Rows written, without the header.
    rows: u32,
    /// Maximum rows without the header.
    limit: u32,
    /// The finished workbook, before it is copied to `out`.
    saved: File,
    out: W,
}

struct SheetColumn {
    kind: CellKind,
    format: Format,
    /// Width of its longest cell, in characters.
    width: usize,
}

/// Formats of cells that differ from the rest of their column.
struct CellFormats {
    text: Format,
    /// A number with more digits than a sheet can hold, written as text.
    digits: Format,
    milliseconds: Format,
}

impl<W: Write + Send> XlsxWriter<W> {
    pub(crate) fn new(schema: &Schema, out: W) -> Result<Self, ReportError> {
        // The prefix keeps text from turning into a formula when its cell is edited.
        let text = Format::new().set_quote_prefix();
        let digits = text.clone().set_align(FormatAlign::Right);
        let milliseconds = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss.000");
        let header = text.clone().set_bold();
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(SHEET_NAME)?.set_freeze_panes(1, 0)?;
        let mut columns = Vec::with_capacity(schema.fields().len());
        for (at, field) in (0..).zip(schema.fields()) {
            let kind = CellKind::from_type(field.data_type());
            let name = match field.data_type() {
                DataType::Timestamp(_, Some(zone)) => format!("{} ({zone})", field.name()),
                _ => field.name().clone(),
            };
            let name = escape_control_chars(&name);
            sheet.write_string_with_format(0, at, truncate_cell(&name), &header)?;
            let format =
                kind.number_format().map_or_else(|| text.clone(), |f| Format::new().set_num_format(f));
            columns.push(SheetColumn { kind, format, width: name.width() + FILTER_ARROW_CHARS });
        }
        let formats = CellFormats { text, digits, milliseconds };
        let saved = tempfile::tempfile().map_err(|error| ReportError::temporary_file(Some(error)))?;
        Ok(Self { workbook, columns, formats, rows: 0, limit: MAX_SHEET_ROWS, saved, out })
    }

    fn write_row(&mut self, row: Vec<Option<String>>) -> Result<(), ReportError> {
        if self.rows == self.limit {
            return Err(ReportError::TooManyRows { limit: self.limit });
        }
        self.rows += 1;
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (at, (column, cell)) in (0..).zip(self.columns.iter_mut().zip(row)) {
            let Some(text) = cell else { continue };
            let text = escape_control_chars(&text);
            column.width = column.width.max(text.width());
            match column.kind.cell_value(&text) {
                CellValue::Boolean(value) => sheet.write_boolean(self.rows, at, value)?,
                CellValue::Number(number) => {
                    sheet.write_number_with_format(self.rows, at, number, &column.format)?
                }
                CellValue::Milliseconds(serial) => {
                    sheet.write_number_with_format(self.rows, at, serial, &self.formats.milliseconds)?
                }
                CellValue::Text => {
                    let format =
                        if column.kind.is_number() { &self.formats.digits } else { &self.formats.text };
                    sheet.write_string_with_format(self.rows, at, truncate_cell(&text), format)?
                }
            };
        }
        Ok(())
    }

    fn save(&mut self) -> Result<(), ReportError> {
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (at, column) in (0..).zip(&self.columns) {
            // At most MAX_COLUMN_CHARS, so the conversion is exact.
            sheet.set_column_width(at, (column.width + 1).min(MAX_COLUMN_CHARS) as f64)?;
        }
        if let Some(last) = u16::try_from(self.columns.len()).ok().and_then(|columns| columns.checked_sub(1))
        {
            sheet.autofilter(0, 0, self.rows, last)?;
            // Excel marks numbers stored as text as errors; here they are phone numbers, ids and
            // long amounts.
            sheet.ignore_error_range(0, 0, self.rows, last, IgnoreError::NumberStoredAsText)?;
        }
        self.workbook.save_to_writer(&mut self.saved)?;
        Ok(())
    }
}

impl<W: Write + Send> ResultWriter for XlsxWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        let rows = cells::rows_as_text(batch)?;
        catch_write_panic(|| rows.into_iter().try_for_each(|row| self.write_row(row)))
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        catch_write_panic(|| self.save())?;
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
    fn too_many_rows_are_an_error() {
        let numbers = Int64Array::from_iter_values(0..4);
        let batch = RecordBatch::try_from_iter([("n", Arc::new(numbers) as ArrayRef)]).unwrap();
        let mut writer = XlsxWriter::new(&batch.schema(), Vec::new()).unwrap();
        writer.limit = 7;
        writer.write(&batch).unwrap();
        writer.write(&batch.slice(0, 3)).unwrap();
        let error = writer.write(&batch.slice(3, 1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the result has more rows than a sheet of Excel, which holds 7 under its header: write csv or \
             parquet, or query fewer rows"
        );
    }

    #[test]
    fn full_temporary_folder_is_named() {
        let error = catch_write_panic(|| panic!("Couldn't write to xml file")).unwrap_err();
        let folder = std::env::temp_dir().display().to_string();
        assert!(error.to_string().contains(&folder), "{error}");
    }
}
