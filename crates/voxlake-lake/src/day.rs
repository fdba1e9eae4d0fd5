//! One day: where its file lies, what is in it.

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use object_store::ObjectMeta;
use voxlake_model::schema;

use crate::Coverage;

/// Where a day's file lies.
#[derive(Clone, Debug)]
pub struct DayFile {
    /// The UTC date of the start of all its calls.
    pub date: NaiveDate,
    /// Path within the lake, size in bytes, time of change.
    pub meta: ObjectMeta,
}

/// What a day's file holds.
#[derive(Clone, Debug)]
pub struct Day {
    /// The day's calls in the lake's schema, sorted by `start_time` and `engagement_id`.
    pub calls: RecordBatch,
    /// Which ranges of the day were fetched, and when.
    pub coverage: Coverage,
}

impl Day {
    /// A day of which nothing is known.
    pub(crate) fn empty() -> Self {
        Self { calls: RecordBatch::new_empty(schema::voice_calls()), coverage: Coverage::default() }
    }
}
