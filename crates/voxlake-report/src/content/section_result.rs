//! Results of the queries of a report.

use std::time::Duration;

use arrow::array::RecordBatch;

use crate::definition::{ColumnMeta, QueryRequest};

/// Result of one query of a report.
#[derive(Clone, Debug)]
pub struct SectionResult {
    /// The query and its parameters.
    pub request: QueryRequest,
    /// Title of the query.
    pub title: String,
    /// Definitions of the query's figures, in paragraphs.
    pub description: String,
    /// Meaning of the columns, in the order of those of `rows`.
    pub columns: Vec<ColumnMeta>,
    /// All rows.
    pub rows: RecordBatch,
    /// Notices about the parameters of the query, such as a queue without calls in the period.
    pub notices: Vec<String>,
    /// Notices about charges: calls with a large share of a total, charges that cannot be read.
    pub charge_notices: Vec<String>,
    /// Run time of the query.
    pub took: Duration,
}

impl SectionResult {
    /// Returns all notices.
    pub(crate) fn all_notices(&self) -> impl Iterator<Item = &String> {
        self.notices.iter().chain(&self.charge_notices)
    }
}
