//! One line for each value, for rows that are wider than the terminal.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::table::write_notes;
use crate::cells;
use crate::error::ReportError;
use crate::options::WriterOptions;
use crate::result_writer::ResultWriter;
use crate::text::escape_control_chars;

/// Width of the line above each row if the width of the terminal is unknown.
const DEFAULT_WIDTH: usize = 60;

pub(crate) struct ExpandedWriter<W> {
    schema: SchemaRef,
    width: usize,
    rows: usize,
    /// Notes below the rows.
    notes: Vec<String>,
    out: W,
}

impl<W: Write> ExpandedWriter<W> {
    pub(crate) fn new(schema: SchemaRef, options: &WriterOptions, out: W) -> Self {
        let width = options.width.map_or(DEFAULT_WIDTH, usize::from);
        Self { schema, width, rows: 0, notes: options.notes.clone(), out }
    }
}

impl<W: Write> ResultWriter for ExpandedWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        let names: Vec<String> =
            self.schema.fields().iter().map(|field| escape_control_chars(field.name())).collect();
        let name_columns = names.iter().map(|name| name.width()).max().unwrap_or_default();
        for row in cells::rows_as_text(batch)? {
            self.rows += 1;
            let head = format!("─[ {} ]", self.rows);
            writeln!(self.out, "{head}{}", "─".repeat(self.width.saturating_sub(head.width())))?;
            for ((name, cell), field) in names.iter().zip(row).zip(self.schema.fields()) {
                let indent = " ".repeat(name_columns - name.width());
                let value = match cell {
                    None => "NULL".to_owned(),
                    Some(text) if field.data_type().is_nested() => format_nested(&text, name_columns + 3),
                    Some(text) => escape_control_chars(&text),
                };
                writeln!(self.out, "{}", format!(" {name}{indent}  {value}").trim_end())?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        write_notes(&self.notes, &mut self.out)?;
        Ok(self.out.flush()?)
    }
}

/// Formats nested JSON without null fields, lists with one line for each item. Lines after the
/// first are indented by `indent` spaces.
fn format_nested(json: &str, indent: usize) -> String {
    let lines = match serde_json::from_str(json) {
        Ok(Value::Array(items)) if items.iter().any(Value::is_object) => {
            items.into_iter().map(|item| escape_control_chars(&without_nulls(item).to_string())).collect()
        }
        Ok(value) => vec![escape_control_chars(&without_nulls(value).to_string())],
        Err(_) => vec![escape_control_chars(json)],
    };
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, without_nulls(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        value => value,
    }
}
