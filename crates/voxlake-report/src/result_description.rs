//! Description of a named query's result, for formats that people read.

use arrow::datatypes::Schema;

use crate::definition::{ColumnMeta, Unit};

/// Description of a named query's result, for formats that people read.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::array::{ArrayRef, Decimal128Array, RecordBatch, StringArray};
/// use voxlake_report::{ColumnMeta, Format, ResultDescription, ResultWriter as _, WriterOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rate = Decimal128Array::from(vec![142_857, 50_000]).with_precision_and_scale(7, 6)?;
/// let batch = RecordBatch::try_from_iter([
///     ("queue", Arc::new(StringArray::from(vec!["Billing", "Claims"])) as ArrayRef),
///     ("rate", Arc::new(rate)),
/// ])?;
/// let columns = vec![
///     ColumnMeta::new("queue", None, false, "Name of the queue."),
///     ColumnMeta::new("rate", Some("share, 0 to 1"), true, "Share of its calls."),
/// ];
/// let description = ResultDescription::new("queues", columns);
/// let options = WriterOptions::default().with_description(Some(description));
/// let mut out = Vec::new();
/// let mut writer =
///     voxlake_report::result_writer(Format::Markdown, batch.schema(), &options, &mut out)?;
/// writer.write(&batch)?;
/// writer.finish()?;
/// drop(writer);
/// let table = "| queue | rate |\n| --- | ---: |\n| Billing | 14.3 % |\n| Claims | 5.0 % |\n";
/// assert_eq!(String::from_utf8(out)?, table);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResultDescription {
    /// Name of the query.
    pub name: String,
    /// Meaning of the columns.
    pub columns: Vec<ColumnMeta>,
    /// IANA name of the time zone of timestamps; `None`: that of their type.
    pub timezone: Option<String>,
    /// True if values are not formatted, and only ids and notes are left out of the rows.
    pub exact: bool,
}

impl ResultDescription {
    /// Describes the result of the query `name`.
    #[must_use]
    pub fn new(name: impl Into<String>, columns: Vec<ColumnMeta>) -> Self {
        Self { name: name.into(), columns, timezone: None, exact: false }
    }

    /// Sets the time zone of timestamps.
    #[must_use]
    pub fn with_timezone(self, timezone: impl Into<String>) -> Self {
        Self { timezone: Some(timezone.into()), ..self }
    }

    /// Sets whether values are exact.
    #[must_use]
    pub fn with_exact(self, exact: bool) -> Self {
        Self { exact, ..self }
    }

    /// Returns the indexes in `schema` of the columns that are neither ids nor notes.
    #[must_use]
    pub fn data_columns(&self, schema: &Schema) -> Vec<usize> {
        let is_data = |at: &usize| !matches!(self.meta(schema, *at).unit, Unit::Id | Unit::Note);
        (0..schema.fields().len()).filter(is_data).collect()
    }

    /// Returns the indexes in `schema` of the columns with notes.
    pub(crate) fn note_columns(&self, schema: &Schema) -> Vec<usize> {
        (0..schema.fields().len()).filter(|at| self.meta(schema, *at).unit == Unit::Note).collect()
    }

    /// Returns the meaning of a column of `schema`. A column that the query does not describe has
    /// no unit.
    pub(crate) fn meta(&self, schema: &Schema, at: usize) -> ColumnMeta {
        let field = schema.field(at);
        let described = self.columns.iter().find(|column| column.name == *field.name()).cloned();
        described.unwrap_or_else(|| {
            ColumnMeta::new(field.name().as_str(), None, field.data_type().is_numeric(), "")
        })
    }
}
