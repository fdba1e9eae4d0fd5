//! The ranges that are fetched again when the scope of a lake is widened.

use chrono::{DateTime, TimeDelta, Utc};
use voxlake_lake::{Lake, ScopeId, TimeRange};

use crate::FetchError;
use crate::plan::LONGEST_WINDOW;

/// The ranges that are settled at `now` under the first scope and not covered under the second,
/// within the period from the first to the last. What is not settled may lack calls of the first
/// scope: an ordinary sync fetches it whole.
///
/// # Errors
/// Where a day file is damaged.
pub(crate) async fn plan(
    lake: &Lake,
    now: DateTime<Utc>,
    settle: TimeDelta,
    (from, to): (Option<ScopeId>, Option<ScopeId>),
) -> Result<(TimeRange, Vec<TimeRange>), FetchError> {
    let days = lake.days().await?;
    let mut windows = Vec::new();
    for (day, footer) in days.iter().zip(lake.footers(&days).await) {
        let coverage = footer?.coverage.trusted_at(now);
        let whole = TimeRange::of_day(day.date);
        let unsettled = coverage.of_scope(from).unsettled(whole, settle);
        let settled = unsettled.into_iter().fold(vec![whole], |left, range| {
            left.into_iter().flat_map(|piece| piece.difference(range)).collect()
        });
        let target = coverage.of_scope(to);
        windows.extend(settled.into_iter().flat_map(|range| target.gaps(range)));
    }
    let windows: Vec<TimeRange> = TimeRange::coalesce(windows).into_iter().flat_map(in_windows).collect();
    let period = TimeRange {
        from: windows.first().map_or(now, |first| first.from),
        to: windows.last().map_or(now, |last| last.to),
    };
    Ok((period, windows))
}

/// Pieces of a range that are no longer than the longest window.
fn in_windows(range: TimeRange) -> Vec<TimeRange> {
    let mut pieces = Vec::new();
    let mut from = range.from;
    while from < range.to {
        let to = (from + LONGEST_WINDOW).min(range.to);
        pieces.push(TimeRange { from, to });
        from = to;
    }
    pieces
}
