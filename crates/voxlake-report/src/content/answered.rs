//! An answer as it is asked for a report, with what its columns mean.

use std::time::Duration;

use arrow::array::RecordBatch;

use crate::definition::{Ask, ColumnAbout};

/// The answer to one question of a report.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What was asked.
    pub ask: Ask,
    /// The question, in a sentence.
    pub title: String,
    /// What its figures mean.
    pub description: String,
    /// The columns, as many as the batch has.
    pub columns: Vec<ColumnAbout>,
    /// All rows.
    pub rows: RecordBatch,
    /// How long it took.
    pub took: Duration,
}
