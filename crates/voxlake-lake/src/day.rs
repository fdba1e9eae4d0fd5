//! Location and content of a day.

use arrow::array::RecordBatch;
use chrono::{NaiveDate, SubsecRound as _};
use object_store::ObjectMeta;
use voxlake_model::schema;

use crate::file_version::plain_tag;
use crate::{Coverage, Fingerprint, layout};

/// Location of a day file.
#[derive(Clone, Debug)]
pub struct DayFile {
    /// UTC date on which all its calls start.
    pub date: NaiveDate,
    /// Path within the lake, size in bytes, modification time.
    pub meta: ObjectMeta,
}

impl DayFile {
    /// Creates the location of a day's file in an object store. `meta` is from a listing or a
    /// response.
    ///
    /// Some listings have milliseconds where responses have seconds, so times are truncated to
    /// seconds. Responses of a store with a prefix contain the prefix (object_store 0.13).
    pub(crate) fn in_store(date: NaiveDate, meta: ObjectMeta) -> Self {
        let last_modified = meta.last_modified.trunc_subsecs(0);
        Self { date, meta: ObjectMeta { location: layout::day_file(date), last_modified, ..meta } }
    }

    /// Identifies this version of the file by its size, its modification time and, if the store has
    /// one, its tag. Nothing is read.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let meta = &self.meta;
        let changed = meta.last_modified.timestamp_micros().to_string();
        let tag = meta.e_tag.as_deref().map(plain_tag).unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn listings_and_responses_have_one_fingerprint() {
        let fingerprint = |tag: &str, ms: i64| {
            let meta = ObjectMeta {
                location: "calls.parquet".into(),
                last_modified: DateTime::UNIX_EPOCH + TimeDelta::milliseconds(ms),
                size: 5,
                e_tag: Some(tag.to_owned()),
                version: None,
            };
            DayFile::in_store(NaiveDate::MIN, meta).fingerprint()
        };
        assert_eq!(fingerprint("0x8D1", 1_234), fingerprint("\"0x8D1\"", 1_000));
        assert_ne!(fingerprint("0x8D1", 1_000), fingerprint("0x8D2", 1_000));
        assert_ne!(fingerprint("0x8D1", 1_000), fingerprint("0x8D1", 2_000));
    }
}
