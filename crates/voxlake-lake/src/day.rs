//! Location and content of a day.

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use object_store::ObjectMeta;
use voxlake_model::schema;

use crate::{Coverage, Fingerprint};

/// Location of a day file.
#[derive(Clone, Debug)]
pub struct DayFile {
    /// UTC date on which all its calls start.
    pub date: NaiveDate,
    /// Path within the lake, size in bytes, modification time.
    pub meta: ObjectMeta,
}

impl DayFile {
    /// Identifies this version of the file by its size, its modification time and, if the store has
    /// one, its tag. Nothing is read.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let meta = &self.meta;
        let changed = meta.last_modified.timestamp_micros().to_string();
        let tag = meta.e_tag.as_deref().unwrap_or_default();
        Fingerprint::from_parts([self.date.to_string().as_str(), &meta.size.to_string(), &changed, tag])
    }
}

/// Content of a day file.
#[derive(Clone, Debug)]
pub struct Day {
    /// Calls of the day in the lake's schema, sorted by `start_time` and `engagement_id`.
    pub calls: RecordBatch,
    /// Fetched ranges of the day.
    pub coverage: Coverage,
}

impl Day {
    /// A day without a file.
    pub(crate) fn empty() -> Self {
        Self { calls: RecordBatch::new_empty(schema::voice_calls()), coverage: Coverage::default() }
    }
}
