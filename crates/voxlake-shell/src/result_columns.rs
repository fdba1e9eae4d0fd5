//! Columns of a result by where they are shown.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use arrow::util::display::array_value_to_string;
use voxlake_query::NamedQuery;
use voxlake_report::Format;

/// Maximum rows of a table, which is laid out in memory. Other formats have no limit.
pub const TABLE_ROWS: usize = 10_000;

/// Columns of a result by where they are shown. Only results of named queries have ids and notes.
pub struct ResultColumns {
    /// Indices of the columns that are part of the rows.
    pub shown: Vec<usize>,
    /// Indices of the columns that are equal in all rows and shown once, below a table.
    notes: Vec<usize>,
}

impl ResultColumns {
    /// Splits the columns for a format. Documents for people omit ids; tables omit notes too.
    pub fn new(query: Option<&NamedQuery>, schema: &Schema, format: Format) -> Self {
        let ids = match format {
            Format::Table | Format::Markdown | Format::Html => columns_of(query, schema, "id"),
            _ => Vec::new(),
        };
        let notes = if format == Format::Table { columns_of(query, schema, "note") } else { Vec::new() };
        let shown = (0..schema.fields().len())
            .filter(|column| !ids.contains(column) && !notes.contains(column))
            .collect();
        Self { shown, notes }
    }

    /// Adds the notes of a batch.
    ///
    /// # Errors
    /// The error of formatting a value.
    pub fn add_notes(&self, batch: &RecordBatch, notes: &mut BTreeSet<String>) -> Result<(), ArrowError> {
        for column in self.notes.iter().filter(|_| batch.num_rows() > 0) {
            notes.insert(array_value_to_string(batch.column(*column), 0)?);
        }
        Ok(())
    }
}

/// Indices in `schema` of the query's columns with this unit.
fn columns_of(query: Option<&NamedQuery>, schema: &Schema, unit: &str) -> Vec<usize> {
    let columns = query.map_or(&[][..], |query| query.columns.as_slice());
    let wanted = columns.iter().filter(|column| column.unit.as_deref() == Some(unit));
    wanted.filter_map(|column| schema.index_of(&column.name).ok()).collect()
}
