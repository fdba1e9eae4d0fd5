//! One day: where its file lies, what is in it.

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use object_store::ObjectMeta;
use voxlake_model::schema;

use crate::{Coverage, Fingerprint};

/// Where a day's file lies.
#[derive(Clone, Debug)]
pub struct DayFile {
    /// The UTC date of the start of all its calls.
    pub date: NaiveDate,
    /// Path within the lake, size in bytes, time of change.
    pub meta: ObjectMeta,
}

impl DayFile {
    /// What tells this file from any that stood or will stand in its place: its size, its time of
    /// change and, where the store has one, its tag. Nothing is read for it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let meta = &self.meta;
        let changed = meta.last_modified.timestamp_micros().to_string();
        let tag = meta.e_tag.as_deref().unwrap_or_default();
        Fingerprint::from_parts([self.date.to_string().as_str(), &meta.size.to_string(), &changed, tag])
    }
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
