//! A row's values below each other, a line for each column: for rows that are wider than the terminal.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::cells;
use crate::error::ReportError;
use crate::text::visible;
use crate::writer::AnswerWriter;

/// Width of the line above each row where nothing says how wide the terminal is.
const WIDTH: usize = 60;

pub(crate) struct ExpandedWriter<W> {
    schema: SchemaRef,
    width: usize,
    rows: usize,
    out: W,
}

impl<W: Write> ExpandedWriter<W> {
    pub(crate) fn new(schema: SchemaRef, width: Option<u16>, out: W) -> Self {
        Self { schema, width: width.map_or(WIDTH, usize::from), rows: 0, out }
    }
}

impl<W: Write> AnswerWriter for ExpandedWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        let names: Vec<String> = self.schema.fields().iter().map(|field| visible(field.name())).collect();
        let widest = names.iter().map(|name| name.width()).max().unwrap_or_default();
        for row in cells::rows(batch)? {
            self.rows += 1;
            let head = format!("─[ {} ]", self.rows);
            writeln!(self.out, "{head}{}", "─".repeat(self.width.saturating_sub(head.width())))?;
            for ((name, cell), field) in names.iter().zip(row).zip(self.schema.fields()) {
                let indent = " ".repeat(widest - name.width());
                let value = match cell {
                    None => "NULL".to_owned(),
                    Some(text) if field.data_type().is_nested() => nested(&text, widest + 3),
                    Some(text) => visible(&text),
                };
                writeln!(self.out, " {name}{indent}  {value}")?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        Ok(self.out.flush()?)
    }
}

/// A list with a line for each item, fields that are null left out; below each other behind `indent` blanks.
fn nested(json: &str, indent: usize) -> String {
    let lines = match serde_json::from_str(json) {
        Ok(Value::Array(items)) if items.iter().any(Value::is_object) => {
            items.into_iter().map(|item| visible(&without_nulls(item).to_string())).collect()
        }
        Ok(value) => vec![visible(&without_nulls(value).to_string())],
        Err(_) => vec![visible(json)],
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
