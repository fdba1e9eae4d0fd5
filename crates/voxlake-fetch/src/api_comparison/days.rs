//! Days that are compared with the API.

use std::num::NonZeroU32;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use voxlake_lake::{DayFile, Lake, LakeError, TimeRange};

/// Selection of days to compare.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DaySelection {
    /// First day; `None` for the first day of the lake.
    pub from: Option<NaiveDate>,
    /// End of the days, exclusive; `None` for the end of the lake.
    pub to: Option<NaiveDate>,
    /// Number of evenly spaced days; `None` for all days.
    pub sample: Option<NonZeroU32>,
}

/// Returns the selected days of a lake that are settled at `now`, newest first.
///
/// # Errors
/// [`LakeError`] for a day file that cannot be read.
pub async fn settled_days(
    lake: &Lake,
    selection: DaySelection,
    now: DateTime<Utc>,
    settle: TimeDelta,
) -> Result<Vec<DayFile>, LakeError> {
    let scope = lake.scope_id().await?;
    let all = lake.days().await?;
    let mut days = Vec::new();
    for (day, footer) in all.iter().zip(lake.footers(&all).await) {
        let coverage = footer?.coverage.of_scope(scope).trusted_at(now);
        let is_settled = coverage.unsettled(TimeRange::of_day(day.date), settle).is_empty();
        let is_selected =
            selection.from.is_none_or(|from| day.date >= from) && selection.to.is_none_or(|to| day.date < to);
        if is_settled && is_selected {
            days.push(day.clone());
        }
    }
    days.reverse();
    Ok(match selection.sample {
        Some(sample) => evenly_spaced(&days, sample.get() as usize),
        None => days,
    })
}

/// Selects `sample` evenly spaced days, including the first and the last.
fn evenly_spaced(days: &[DayFile], sample: usize) -> Vec<DayFile> {
    if sample >= days.len() {
        return days.to_vec();
    }
    let last = days.len() - 1;
    let steps = (sample - 1).max(1);
    (0..sample).map(|step| days[step * last / steps].clone()).collect()
}
