//! Planning of a widening: settled ranges that lack the calls of the wider scope.

use chrono::{DateTime, TimeDelta, Utc};
use voxlake_lake::{Lake, ScopeId, TimeRange};

use crate::FetchError;
use crate::plan::MAX_WINDOW;

/// Returns the ranges that are settled at `now` under the scope `from` and not covered under `to`,
/// and the period that spans them. Unsettled ranges may lack calls of the old scope: an ordinary
/// sync fetches them whole.
///
/// # Errors
/// Fails if a day file is damaged.
pub(crate) async fn plan_widening(
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
    let windows: Vec<TimeRange> =
        TimeRange::coalesce(windows).into_iter().flat_map(split_into_windows).collect();
    let period = TimeRange {
        from: windows.first().map_or(now, |first| first.from),
        to: windows.last().map_or(now, |last| last.to),
    };
    Ok((period, windows))
}

/// Splits a range into windows of at most [`MAX_WINDOW`].
fn split_into_windows(range: TimeRange) -> Vec<TimeRange> {
    let mut pieces = Vec::new();
    let mut from = range.from;
    while from < range.to {
        let to = (from + MAX_WINDOW).min(range.to);
        pieces.push(TimeRange { from, to });
        from = to;
    }
    pieces
}
