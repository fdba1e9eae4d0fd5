//! Which part of a period the lake does not hold: an answer that is silent about it misleads.

use chrono::{Days, NaiveDate, NaiveTime};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use voxlake_lake::{DayFile, Lake, TimeRange};

use crate::damage::{CHECKS_AT_ONCE, blamed};
use crate::error::QueryError;

/// A UTC day as a range of time.
pub(crate) fn day_range(date: NaiveDate) -> TimeRange {
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    // The calendar's last day has no midnight after it; no call is of that day.
    let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
    TimeRange { from: midnight(date), to: midnight(next) }
}

/// The moments of `period` that `days` do not cover, in order, as few ranges as they make. Reads the
/// footers of the period's days.
///
/// # Errors
/// [`QueryError::Damaged`] for a day whose footer cannot be read.
pub(crate) async fn gaps(
    lake: &Lake,
    days: &[DayFile],
    period: TimeRange,
) -> Result<Vec<TimeRange>, QueryError> {
    let held = days.iter().filter(|day| !day_range(day.date).intersection(&period).is_empty());
    let held = stream::iter(held.cloned().collect::<Vec<_>>())
        .map(|day| {
            let lake = lake.clone();
            async move {
                let within = day_range(day.date).intersection(&period);
                let coverage = lake.coverage(&day).await.map_err(blamed)?;
                Ok::<_, QueryError>((day.date, coverage.gaps(within)))
            }
        })
        .buffered(CHECKS_AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    let mut gaps = Vec::new();
    let mut from = period.from;
    for (date, inside) in held {
        let day = day_range(date).intersection(&period);
        gaps.push(TimeRange { from, to: day.from });
        gaps.extend(inside);
        from = day.to;
    }
    gaps.push(TimeRange { from, to: period.to });
    Ok(joined(gaps))
}

/// The ranges, which are in order, with those that touch made one.
fn joined(ranges: Vec<TimeRange>) -> Vec<TimeRange> {
    let mut joined: Vec<TimeRange> = Vec::new();
    for range in ranges.into_iter().filter(|range| !range.is_empty()) {
        match joined.last_mut() {
            Some(before) if before.to == range.from => before.to = range.to,
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
