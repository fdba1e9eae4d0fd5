//! Periods of simulated calls, and the times at which they are read.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use voxlake_lake::TimeRange;

/// Time after a period in the past at which all of its days are settled.
const SETTLED_AFTER: TimeDelta = TimeDelta::days(2);

/// Returns a time at which the days before `to` are settled. At most `now`: coverage from the
/// future is not trusted.
pub(crate) fn settled_after(to: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    (to + SETTLED_AFTER).min(now)
}

/// Period of a demonstration that syncs simulated calls, and its time.
///
/// ```
/// use voxlake_generate::DemoPeriod;
///
/// let now = "2026-11-20T12:00:00Z".parse()?;
/// let demo = DemoPeriod::new(7, "2026-11-01".parse().ok(), now);
/// assert_eq!(demo.period.from.to_string(), "2026-10-25 00:00:00 UTC");
/// assert_eq!(demo.fixed_now.unwrap().to_string(), "2026-11-03 00:00:00 UTC");
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DemoPeriod {
    /// Period of the calls; it starts at midnight UTC.
    pub period: TimeRange,
    /// Time of the simulated service and of the sync. `None`: the current time.
    pub fixed_now: Option<DateTime<Utc>>,
}

impl DemoPeriod {
    /// Returns the `days` days before `until`, at a time when all of them are settled; without
    /// `until`, the days before `now`.
    #[must_use]
    pub fn new(days: u32, until: Option<NaiveDate>, now: DateTime<Utc>) -> Self {
        let end = until.map(|date| date.and_time(Default::default()).and_utc());
        let to = end.unwrap_or(now);
        let first = (to - TimeDelta::days(days.into())).date_naive();
        Self {
            period: TimeRange { from: first.and_time(Default::default()).and_utc(), to },
            fixed_now: end.map(|to| settled_after(to, now).max(to)),
        }
    }
}
