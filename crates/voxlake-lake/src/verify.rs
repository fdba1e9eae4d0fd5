//! Verification of day files by reading them completely.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use futures::TryStreamExt as _;
use object_store::path::Path;
use thiserror::Error;

use crate::calls::Keys;
use crate::checksum::{Checksum, ChecksumBuilder};
use crate::column_layout::ColumnLayout;
use crate::digits::counted;
use crate::error::StoreContext as _;
use crate::executor::spawn_blocking_io;
use crate::read::{DayReader, READ_BATCH_ROWS};
use crate::{FetchedRange, Lake, LakeError, TimeRange, layout};

/// Result of the verification of a day file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// Calls in the file.
    pub calls: u64,
    /// Checksum of the calls. It is the same for the same calls in another lake.
    pub checksum: Checksum,
    /// Layout of the file's columns. That of a day without a file is current.
    pub layout: ColumnLayout,
    /// Violated guarantees.
    pub violations: Vec<Violation>,
}

/// Violation of a guarantee of day files.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Violation {
    /// Calls are not sorted.
    #[error("{} not in the order of start_time and engagement_id", counted(*calls, "call is", "calls are"))]
    OutOfOrder {
        /// Calls whose key is smaller than that of the call before.
        calls: u64,
    },
    /// Calls have the same key.
    #[error("{} of others", counted(*calls, "call is a duplicate", "calls are duplicates"))]
    Duplicated {
        /// Calls beyond the first of each key.
        calls: u64,
    },
    /// Calls belong to other days.
    #[error("{} did not start on this day", counted(*calls, "call", "calls"))]
    WrongDay {
        /// Calls that did not start on the date of the file.
        calls: u64,
    },
    /// Fetched calls are missing.
    #[error("the file has {found} of the {} of {from} to {to}", counted(*expected, "fetched call", "fetched calls"))]
    Missing {
        /// Start of the fetched range.
        from: DateTime<Utc>,
        /// End of the fetched range, exclusive.
        to: DateTime<Utc>,
        /// Calls of the range according to the coverage.
        expected: u64,
        /// Calls of the range in the file.
        found: u64,
    },
}

impl Lake {
    /// Verifies a day file by reading it completely.
    ///
    /// Its bytes have to match its checksums. Its calls have to be sorted, unique and of its date.
    /// Their number must not be below the number in its coverage. A day without a file has no
    /// violations.
    ///
    /// # Errors
    /// As [`Lake::read_day`], for a file that cannot be read.
    pub async fn verify_day(&self, date: NaiveDate) -> Result<VerifyReport, LakeError> {
        let path = layout::day_file(date);
        let file = self.day_file(&path).await?.map(|opened| opened.file);
        let name = path.to_string();
        let verifying = spawn_blocking_io(move || {
            Ok(match file {
                Some(file) => DayReader::open(&name, file)
                    .and_then(DayReader::verify_checksums)
                    .and_then(|day| if day.has_calls() { Ok(day) } else { day.verify_date(date) })
                    .and_then(|day| verify(&day, date)),
                None => Ok(VerifyReport {
                    calls: 0,
                    checksum: ChecksumBuilder::default().finish(),
                    layout: ColumnLayout::Current,
                    violations: Vec::new(),
                }),
            })
        });
        verifying.await.context("read", path.as_ref())?
    }

    /// Counts the calls of a day file that started in `range`.
    ///
    /// # Errors
    /// As [`Lake::read_day`].
    pub async fn count_calls_within(&self, date: NaiveDate, range: TimeRange) -> Result<u64, LakeError> {
        let path = layout::day_file(date);
        let file = self.day_file(&path).await?.map(|opened| opened.file);
        let name = path.to_string();
        let counting = spawn_blocking_io(move || {
            Ok(match file {
                Some(file) => DayReader::open(&name, file).and_then(|day| day.count_calls_within(range)),
                None => Ok(0),
            })
        });
        counting.await.context("read", path.as_ref())?
    }

    /// Lists files other than day files that other programs would read as calls, by path.
    ///
    /// # Errors
    /// If the store cannot list them.
    pub async fn unexpected_files(&self) -> Result<Vec<String>, LakeError> {
        let calls = Path::from(layout::VOICE_CALLS);
        let files = self.store().list(Some(&calls)).map_ok(|meta| meta.location);
        let files: Vec<Path> = files.try_collect().await.context("list", calls.as_ref())?;
        // By convention, query engines ignore names that start with these characters.
        let hidden = |path: &Path| path.parts().any(|part| part.as_ref().starts_with(['.', '_']));
        let unexpected = files.into_iter().filter(|path| layout::date_of(path).is_none() && !hidden(path));
        let mut names: Vec<String> = unexpected.map(|path| path.to_string()).collect();
        names.sort();
        Ok(names)
    }
}

/// Verifies an open day file of `date`.
pub(crate) fn verify(day: &DayReader, date: NaiveDate) -> Result<VerifyReport, LakeError> {
    let from = date.and_time(NaiveTime::MIN).and_utc();
    let (from, to) = (from.timestamp_millis(), (from + TimeDelta::days(1)).timestamp_millis());
    let (mut calls, mut unsorted, mut duplicates, mut wrong_day) = (0, 0, 0, 0);
    let mut found: Vec<(FetchedRange, u64)> =
        day.coverage().ranges().iter().map(|range| (*range, 0)).collect();
    let mut checksum = ChecksumBuilder::default();
    let mut last: Option<(i64, String)> = None;
    for batch in day.batches(day.all_groups(), READ_BATCH_ROWS)? {
        let batch = batch?;
        checksum.update(&batch)?;
        let keys = Keys::new(&batch);
        let mut before = last.as_ref().map(|(start, id)| (*start, id.as_str()));
        for key in (0..keys.len()).map(|row| keys.get(row)) {
            unsorted += u64::from(before.is_some_and(|before| key < before));
            duplicates += u64::from(before == Some(key));
            wrong_day += u64::from(!(from..to).contains(&key.0));
            for (range, found) in &mut found {
                let within = range.from.timestamp_millis()..range.to.timestamp_millis();
                *found += u64::from(within.contains(&key.0));
            }
            before = Some(key);
        }
        calls += keys.len() as u64;
        last = keys.last().map(|(start, id)| (start, id.to_owned())).or(last);
    }
    // Duplicates are neighbours only in a sorted file.
    if unsorted > 0 {
        duplicates = day.count_duplicates()?;
    }
    let mut violations = Vec::new();
    let mut report_if_any =
        |calls: u64, violation: Violation| violations.extend((calls > 0).then_some(violation));
    report_if_any(unsorted, Violation::OutOfOrder { calls: unsorted });
    report_if_any(duplicates, Violation::Duplicated { calls: duplicates });
    report_if_any(wrong_day, Violation::WrongDay { calls: wrong_day });
    for (range, found) in found {
        if let Some(expected) = range.calls {
            let FetchedRange { from, to, .. } = range;
            report_if_any(expected.saturating_sub(found), Violation::Missing { from, to, expected, found });
        }
    }
    Ok(VerifyReport { calls, checksum: checksum.finish(), layout: day.layout(), violations })
}

#[cfg(test)]
mod tests;
