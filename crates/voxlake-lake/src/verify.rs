//! Whether a day's file keeps what a day's file promises; found out by reading all of it.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use futures::TryStreamExt as _;
use object_store::path::Path;
use thiserror::Error;

use crate::calls::Keys;
use crate::checksum::{Checksum, ChecksumBuilder};
use crate::error::StoreContext as _;
use crate::executor::spawn_blocking_io;
use crate::read::{DayReader, READ_BATCH_ROWS};
use crate::{FetchedRange, Lake, LakeError, TimeRange, layout};

/// What a day's file was found to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// Calls in the file.
    pub calls: u64,
    /// What the calls say; the same for the same calls in another lake.
    pub checksum: Checksum,
    /// What the file promises and does not keep.
    pub violations: Vec<Violation>,
}

/// A promise of day files that one does not keep.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Violation {
    /// Calls come before others that they should follow.
    #[error("{calls} calls are out of the order of start_time and engagement_id")]
    OutOfOrder {
        /// Calls whose key is smaller than that of the call before.
        calls: u64,
    },
    /// Calls are there more than once.
    #[error("{calls} calls are there more than once")]
    Duplicated {
        /// Calls beyond the first with the same key.
        calls: u64,
    },
    /// Calls are of other days.
    #[error("{calls} calls did not start on this day")]
    WrongDay {
        /// Calls whose start is not of the file's date.
        calls: u64,
    },
    /// Calls that were fetched are gone.
    #[error("of {from} to {to} {noted} calls were fetched, and {found} are there")]
    Missing {
        /// First moment of the fetched range.
        from: DateTime<Utc>,
        /// First moment after it.
        to: DateTime<Utc>,
        /// Calls that the coverage has_value the file has of the range.
        noted: u64,
        /// Calls that it has.
        found: u64,
    },
}

impl Lake {
    /// Reads a day's file whole and has_value whether its bytes are those that were written, and whether
    /// it is sorted, has each call once, only calls of its own date, and as many as its
    /// coverage says. A day without a file keeps every promise.
    ///
    /// # Errors
    /// As [`Lake::read_day`]: a file that cannot be read has no verdict.
    pub async fn verify_day(&self, date: NaiveDate) -> Result<VerifyReport, LakeError> {
        let path = layout::day_file(date);
        let file = self.day_file(&path).await?;
        let name = path.to_string();
        let verifying = spawn_blocking_io(move || {
            Ok(match file {
                Some(file) => DayReader::open(&name, file)
                    .and_then(DayReader::verify_checksums)
                    .and_then(|day| if day.has_calls() { Ok(day) } else { day.of_day(date) })
                    .and_then(|day| verify(&day, date)),
                None => Ok(VerifyReport {
                    calls: 0,
                    checksum: ChecksumBuilder::default().finish(),
                    violations: Vec::new(),
                }),
            })
        });
        verifying.await.context("read", path.as_ref())?
    }

    /// How many calls of a day's file started in `range`.
    ///
    /// # Errors
    /// As [`Lake::read_day`].
    pub async fn count_calls_within(&self, date: NaiveDate, range: TimeRange) -> Result<u64, LakeError> {
        let path = layout::day_file(date);
        let file = self.day_file(&path).await?;
        let name = path.to_string();
        let counting = spawn_blocking_io(move || {
            Ok(match file {
                Some(file) => DayReader::open(&name, file).and_then(|day| day.count_calls_within(range)),
                None => Ok(0),
            })
        });
        counting.await.context("read", path.as_ref())?
    }

    /// Files beside the day files that other readers of the folder would take for calls, by path.
    ///
    /// # Errors
    /// Where the store cannot list them.
    pub async fn unexpected_files(&self) -> Result<Vec<String>, LakeError> {
        let calls = Path::from(layout::VOICE_CALLS);
        let files = self.store().list(Some(&calls)).map_ok(|meta| meta.location);
        let files: Vec<Path> = files.try_collect().await.context("list", calls.as_ref())?;
        // Names that begin so are no data, by the custom of engines that read such folders.
        let hidden = |path: &Path| path.parts().any(|part| part.as_ref().starts_with(['.', '_']));
        let strange = files.into_iter().filter(|path| layout::date_of(path).is_none() && !hidden(path));
        let mut names: Vec<String> = strange.map(|path| path.to_string()).collect();
        names.sort();
        Ok(names)
    }
}

fn verify(day: &DayReader, date: NaiveDate) -> Result<VerifyReport, LakeError> {
    let from = date.and_time(NaiveTime::MIN).and_utc();
    let (from, to) = (from.timestamp_millis(), (from + TimeDelta::days(1)).timestamp_millis());
    let (mut calls, mut disorder, mut repeated, mut strayed) = (0, 0, 0, 0);
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
            disorder += u64::from(before.is_some_and(|before| key < before));
            repeated += u64::from(before == Some(key));
            strayed += u64::from(!(from..to).contains(&key.0));
            for (range, found) in &mut found {
                let within = range.from.timestamp_millis()..range.to.timestamp_millis();
                *found += u64::from(within.contains(&key.0));
            }
            before = Some(key);
        }
        calls += keys.len() as u64;
        last = keys.last().map(|(start, id)| (start, id.to_owned())).or(last);
    }
    if disorder > 0 {
        repeated = day.repeated()?;
    }
    let mut violations = Vec::new();
    let mut fault = |calls: u64, fault: Violation| violations.extend((calls > 0).then_some(fault));
    fault(disorder, Violation::OutOfOrder { calls: disorder });
    fault(repeated, Violation::Duplicated { calls: repeated });
    fault(strayed, Violation::WrongDay { calls: strayed });
    for (range, found) in found {
        if let Some(noted) = range.calls {
            let FetchedRange { from, to, .. } = range;
            fault(noted.saturating_sub(found), Violation::Missing { from, to, noted, found });
        }
    }
    Ok(VerifyReport { calls, checksum: checksum.finish(), violations })
}

#[cfg(test)]
mod tests;
