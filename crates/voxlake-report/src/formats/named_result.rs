//! Result of a named query for people: values with their units, without the columns that carry no
//! information.
//!
//! Widths, decimal places and constant columns depend on all rows, so the whole result is kept in
//! memory and written at the end.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::cells;
use crate::content::grid::Grid;
use crate::error::ReportError;
use crate::layout::{CellFormatter, DisplayColumns};
use crate::result_description::ResultDescription;
use crate::result_writer::ResultWriter;

/// Opens the writer of the displayed columns, with notes for below the table.
pub(super) type OpenWriter<'a> = Box<
    dyn FnOnce(SchemaRef, Vec<String>) -> Result<Box<dyn ResultWriter + Send + 'a>, ReportError> + Send + 'a,
>;

pub(super) struct NamedResultWriter<'a> {
    schema: SchemaRef,
    description: ResultDescription,
    batches: Vec<RecordBatch>,
    /// `None` once the result is written.
    open: Option<OpenWriter<'a>>,
}

impl<'a> NamedResultWriter<'a> {
    pub(super) fn new(schema: SchemaRef, description: ResultDescription, open: OpenWriter<'a>) -> Self {
        Self { schema, description, batches: Vec::new(), open: Some(open) }
    }

    /// Writes exact values, without ids and notes.
    fn write_exact(&self, open: OpenWriter<'_>) -> Result<(), ReportError> {
        let columns = self.description.data_columns(&self.schema);
        let mut writer = open(Arc::new(self.schema.project(&columns)?), self.query_notes()?)?;
        self.batches.iter().try_for_each(|batch| writer.write(&batch.project(&columns)?))?;
        writer.finish()
    }

    /// Writes formatted values.
    fn write_formatted(&self, open: OpenWriter<'_>) -> Result<(), ReportError> {
        let grid = self.grid()?;
        let columns = DisplayColumns::informative(&grid, &[]);
        let mut notes = columns.constant_notes(&grid, str::to_owned);
        if grid.adds_up() == Some(true) {
            notes.push("The rows add up to the total.".to_owned());
        }
        notes.extend(self.query_notes()?);
        let rows = formatted_rows(&grid, &columns)?;
        let mut writer = open(rows.schema(), notes)?;
        writer.write(&rows)?;
        writer.finish()
    }

    fn grid(&self) -> Result<Grid, ReportError> {
        let columns = (0..self.schema.fields().len()).map(|at| self.description.meta(&self.schema, at));
        let mut rows = Vec::new();
        for batch in &self.batches {
            rows.extend(cells::rows_as_text(&self.in_timezone(batch)?)?);
        }
        Ok(Grid::from_rows(columns.collect(), rows))
    }

    /// Converts timestamps to the time zone of the description.
    fn in_timezone(&self, batch: &RecordBatch) -> Result<RecordBatch, ReportError> {
        let Some(zone) = &self.description.timezone else { return Ok(batch.clone()) };
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let to = match field.data_type() {
                DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some(zone.as_str().into())),
                other => other.clone(),
            };
            columns.push(cast(column, &to)?);
            fields.push(field.as_ref().clone().with_data_type(to));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
    }

    /// Returns the notes of the query, which are the same in every row.
    fn query_notes(&self) -> Result<Vec<String>, ReportError> {
        let columns = self.description.note_columns(&self.schema);
        let mut notes = BTreeSet::new();
        for batch in self.batches.iter().filter(|batch| batch.num_rows() > 0) {
            for row in cells::rows_as_text(&batch.slice(0, 1).project(&columns)?)? {
                notes.extend(row.into_iter().flatten());
            }
        }
        Ok(notes.into_iter().map(|note| format!("{}: {note}", self.description.name)).collect())
    }
}

/// Returns the displayed columns as text.
fn formatted_rows(grid: &Grid, columns: &DisplayColumns) -> Result<RecordBatch, ReportError> {
    let formatter = CellFormatter::new(grid, &columns.shown);
    let rows: Vec<Vec<String>> = grid.rows.iter().map(|row| formatter.format_row(row)).collect();
    let fields = columns.shown.iter().map(|at| &grid.columns[*at]);
    let fields: Vec<Field> = fields.map(|meta| cells::text_field(&meta.name, meta.is_number)).collect();
    let texts = (0..fields.len()).map(|at| {
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row[at].as_str()))) as ArrayRef
    });
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), texts.collect(), &options)?)
}

impl ResultWriter for NamedResultWriter<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        self.batches.push(batch.clone());
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        match self.open.take() {
            Some(open) if self.description.exact => self.write_exact(open),
            Some(open) => self.write_formatted(open),
            None => Ok(()),
        }
    }
}
