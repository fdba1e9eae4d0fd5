//! An answer as it is asked for a report, with what its columns mean.

use std::time::Duration;

use arrow::array::RecordBatch;

use super::definition::Ask;
use super::unit::Unit;

/// What a column means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnAbout {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub unit: Unit,
    /// Whether they are numbers.
    pub is_number: bool,
    /// What it means, in a sentence.
    pub help: String,
}

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
