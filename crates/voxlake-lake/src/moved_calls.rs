//! Calls whose start time the API changed: one engagement under several start times.
//!
//! The start time is part of a call's key, so a moved call is a different call for a merge. If a
//! fetch covers the old start time and no longer returns the call there, the new call supersedes
//! the old one. The old one is archived in `_voxlake/moved/` and removed from its day.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch, UInt64Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::TimestampMillisecondType;
use arrow::error::ArrowError;
use arrow::json::LineDelimitedWriter;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use voxlake_model::schema::{self, ENGAGEMENT_ID, START_TIME};

use crate::calls::Keys;
use crate::error::StoreContext as _;
use crate::executor::spawn_blocking_io;
use crate::footer::group_starts;
use crate::read::{DayReader, READ_BATCH_ROWS};
use crate::{FetchedRange, Lake, LakeError, WriterLock, layout, sha256_hex};

/// Keys of the calls of a fetch: start times in ms by engagement.
#[derive(Clone, Debug, Default)]
pub struct FetchedKeys(HashMap<String, Vec<i64>>);

/// Calls of a day that a fetch returned only under other start times.
#[derive(Clone, Debug)]
pub struct MovedCalls {
    date: NaiveDate,
    /// The calls as the day has them.
    calls: RecordBatch,
    /// New start time of each call, in ms.
    starts: Vec<i64>,
}

impl FetchedKeys {
    /// Adds calls that start on `first_open` or later. Closed days refuse calls, so a call that
    /// moved to one supersedes nothing.
    pub fn add(&mut self, calls: &RecordBatch, first_open: Option<NaiveDate>) {
        let open_from = first_open
            .map_or(i64::MIN, |date| date.and_time(Default::default()).and_utc().timestamp_millis());
        let ids = calls[ENGAGEMENT_ID].as_string::<i32>();
        let starts = calls[START_TIME].as_primitive::<TimestampMillisecondType>();
        for (id, start) in ids.iter().flatten().zip(starts.values()).filter(|(_, start)| **start >= open_from)
        {
            self.0.entry(id.to_owned()).or_default().push(*start);
        }
    }

    /// Returns the new start time of an engagement that was not fetched under `start`.
    fn moved_from(&self, start: i64, id: &str) -> Option<i64> {
        let starts = self.0.get(id)?;
        if starts.contains(&start) { None } else { starts.last().copied() }
    }
}

impl MovedCalls {
    /// Number of calls.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Returns whether there are no calls.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Keys of the calls in the day.
    pub(crate) fn keys(&self) -> BTreeSet<(i64, String)> {
        let keys = Keys::new(&self.calls);
        (0..keys.len()).map(|row| keys.get(row)).map(|(start, id)| (start, id.to_owned())).collect()
    }

    /// Returns a line of JSON per call: the time of the change, the new start time and the old
    /// content.
    fn lines(&self, at: DateTime<Utc>) -> Result<String, ArrowError> {
        #[derive(Serialize)]
        struct ArchivedCall<'a> {
            superseded_at: DateTime<Utc>,
            moved_to: Option<DateTime<Utc>>,
            call: &'a RawValue,
        }
        let mut json = LineDelimitedWriter::new(Vec::new());
        json.write(&self.calls)?;
        json.finish()?;
        let calls = String::from_utf8_lossy(&json.into_inner()).into_owned();
        let mut lines = String::new();
        for (call, start) in calls.lines().zip(&self.starts) {
            let line = serde_json::from_str(call).and_then(|call| {
                let moved_to = DateTime::from_timestamp_millis(*start);
                serde_json::to_string(&ArchivedCall { superseded_at: at, moved_to, call })
            });
            lines.push_str(&line.map_err(|error| ArrowError::JsonError(error.to_string()))?);
            lines.push('\n');
        }
        Ok(lines)
    }
}

impl Lake {
    /// Returns the calls of a day within the fetched `ranges` that came only under other start
    /// times.
    ///
    /// # Errors
    /// As [`Lake::read_day`].
    pub async fn find_moved_calls(
        &self,
        date: NaiveDate,
        ranges: &[FetchedRange],
        fetched: &Arc<FetchedKeys>,
    ) -> Result<MovedCalls, LakeError> {
        let path = layout::day_file(date);
        let none =
            MovedCalls { date, calls: RecordBatch::new_empty(schema::voice_calls()), starts: Vec::new() };
        let file =
            if ranges.is_empty() { None } else { self.day_file(&path).await?.map(|opened| opened.file) };
        let Some(file) = file else { return Ok(none) };
        let within: Vec<Range<i64>> =
            ranges.iter().map(|range| range.from.timestamp_millis()..range.to.timestamp_millis()).collect();
        let (name, fetched) = (path.to_string(), Arc::clone(fetched));
        let finding = spawn_blocking_io(move || {
            Ok(DayReader::open(&name, file).and_then(|day| find_moved(&day, date, &within, &fetched)))
        });
        finding.await.context("read", path.as_ref())?
    }

    /// Archives calls before they are removed from their day.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn archive_moved_calls(
        &self,
        lock: &WriterLock,
        moved: &MovedCalls,
        at: DateTime<Utc>,
    ) -> Result<(), LakeError> {
        let lines = moved.lines(at)?;
        let id = sha256_hex(&lines, 16);
        self.replace(lock, &layout::moved_calls(moved.date, &id), Bytes::from(lines)).await
    }
}

fn find_moved(
    day: &DayReader,
    date: NaiveDate,
    within: &[Range<i64>],
    fetched: &FetchedKeys,
) -> Result<MovedCalls, LakeError> {
    let (mut found, mut starts) = (Vec::new(), Vec::new());
    for group in groups_within(day, within) {
        let is_moved = |(start, id): (i64, &str)| {
            let is_covered = within.iter().any(|range| range.contains(&start));
            if is_covered { fetched.moved_from(start, id) } else { None }
        };
        // Only keys are read first, because moved calls are rare.
        let mut any = false;
        for batch in day.keys(vec![group])? {
            let batch = batch?;
            let keys = Keys::new(&batch);
            any |= (0..keys.len()).any(|row| is_moved(keys.get(row)).is_some());
        }
        if !any {
            continue;
        }
        for batch in day.batches(vec![group], READ_BATCH_ROWS)? {
            let batch = batch?;
            let keys = Keys::new(&batch);
            let moved = (0..keys.len()).filter_map(|row| Some((row as u64, is_moved(keys.get(row))?)));
            let (rows, new): (Vec<u64>, Vec<i64>) = moved.unzip();
            found.push(take_record_batch(&batch, &UInt64Array::from(rows))?);
            starts.extend(new);
        }
    }
    Ok(MovedCalls { date, calls: concat_batches(&schema::voice_calls(), &found)?, starts })
}

/// Returns the row groups that may have calls in one of the ranges.
fn groups_within(day: &DayReader, within: &[Range<i64>]) -> Vec<usize> {
    let Some(starts) = group_starts(day.metadata()) else { return day.all_groups() };
    let touches =
        |(first, last): &(i64, i64)| within.iter().any(|range| range.start <= *last && *first < range.end);
    starts.iter().enumerate().filter(|(_, group)| touches(group)).map(|(at, _)| at).collect()
}
