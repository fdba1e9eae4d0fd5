//! Options of a generated lake.

use std::num::NonZeroUsize;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use voxlake_lake::TimeRange;
use voxlake_sim::{ColumnSet, View};

use crate::period::settled_after;

/// Options of a [`Generator`](crate::Generator).
///
/// ```
/// use voxlake_generate::GenerateOptions;
/// use voxlake_sim::View;
///
/// let now = "2026-11-20T12:00:00Z".parse()?;
/// let mut options = GenerateOptions::new(30, None, now);
/// options.view = View::Summary;
/// assert_eq!(options.period.to.to_string(), "2026-11-20 00:00:00 UTC");
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GenerateOptions {
    /// Period of the calls: whole UTC days.
    pub period: TimeRange,
    /// Time at which the calls count as fetched.
    pub fetched_at: DateTime<Utc>,
    /// Level of detail of the calls. Default: detail.
    pub view: View,
    /// Columns to fill. Default: all.
    pub columns: ColumnSet,
    /// Days generated concurrently, one thread each. Default: number of cores.
    pub concurrency: NonZeroUsize,
}

impl GenerateOptions {
    /// Returns the options for the `days` days before `until`; without `until`, before the day of
    /// `now`.
    ///
    /// With `until`, the calls count as fetched when all days are settled, but not after `now`:
    /// runs on different days then give the same files. Without it, they count as fetched at `now`.
    #[must_use]
    pub fn new(days: u32, until: Option<NaiveDate>, now: DateTime<Utc>) -> Self {
        let to = until.unwrap_or(now.date_naive()).and_time(Default::default()).and_utc();
        Self {
            period: TimeRange { from: to - TimeDelta::days(days.into()), to },
            fetched_at: until.map_or(now, |_| settled_after(to, now)),
            view: View::Detail,
            columns: ColumnSet::All,
            concurrency: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }

    /// Returns the parts of the calls that are not generated, as the origin of the lake names them.
    pub(crate) fn omitted_data(&self) -> Option<&'static str> {
        match (self.view, self.columns) {
            (_, ColumnSet::Few) => Some("few columns"),
            (View::Summary, _) => Some("without legs"),
            _ => None,
        }
    }
}
