//! Rows of the last result.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::result_description::TABLE_ROWS;

/// Rows of the last result, up to the number of rows in a table.
pub(crate) struct LastRows {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
    rows: usize,
}

impl LastRows {
    pub(crate) fn new(schema: SchemaRef) -> Self {
        Self { schema, batches: Vec::new(), rows: 0 }
    }

    pub(crate) fn push(&mut self, batch: &RecordBatch) {
        let free = TABLE_ROWS.saturating_sub(self.rows).min(batch.num_rows());
        if free > 0 {
            self.batches.push(batch.slice(0, free));
            self.rows += free;
        }
    }
}
