//! Requests for rows of summaries.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;

use super::plan::Segment;

/// Request for rows of these segments, in the columns with these indices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SummaryRequest {
    pub(super) segments: Vec<Segment>,
    pub(super) columns: Vec<usize>,
}

/// Aggregated rows in the requested columns.
pub(super) type CachedRows = Arc<[RecordBatch]>;
