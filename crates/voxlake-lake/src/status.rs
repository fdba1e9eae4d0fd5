//! Status of a lake: its contents, gaps and requests.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::error::LakeError;
use crate::inventory::{InventoryDay, LakeInventory};
use crate::lake::Lake;
use crate::range::TimeRange;

/// Status of a lake. Its JSON has the same names.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct LakeStatus {
    /// Location of the lake.
    pub lake: String,
    /// Origin of its calls, if it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Description of the scope; absent if the lake holds all calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Number of days.
    pub days: usize,
    /// Number of calls.
    pub calls: u64,
    /// Size of the day files.
    pub bytes: u64,
    /// Time from the first fetched range to the last one.
    pub fetched: Option<StatusRange>,
    /// Period of the last sync; absent if that sync was complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfinished_sync: Option<StatusRange>,
    /// Ranges that were not fetched.
    pub gaps: Vec<StatusRange>,
    /// Ranges that are not settled.
    pub unsettled: Vec<StatusRange>,
    /// Start of the first call.
    pub first_call: Option<DateTime<Utc>>,
    /// Start of the newest call.
    pub newest_call: Option<DateTime<Utc>>,
    /// Age of the newest call.
    pub newest_call_age_seconds: Option<i64>,
    /// Number of rejects.
    pub rejects: usize,
    /// Requests of the current UTC day.
    pub requests_spent_today: u64,
    /// Requests that the budget leaves for the current UTC day.
    pub requests_left_today: u64,
    /// Maximum number of requests per UTC day.
    pub daily_budget: u64,
    /// Days whose files have an outdated column layout. They can be read.
    pub outdated_days: usize,
    /// Damaged day files.
    pub damaged: Vec<DamagedDay>,
    /// Status of each day, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_day: Option<Vec<DayStatus>>,
}

/// Time range of a status.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct StatusRange {
    /// Start.
    pub from: DateTime<Utc>,
    /// End, not included.
    pub to: DateTime<Utc>,
}

impl From<&TimeRange> for StatusRange {
    fn from(range: &TimeRange) -> Self {
        Self { from: range.from, to: range.to }
    }
}

/// Damaged day file.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DamagedDay {
    /// Path within the lake.
    pub file: String,
    /// Reason for which it cannot be read.
    pub reason: String,
}

/// Status of a day.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DayStatus {
    /// UTC date.
    pub date: NaiveDate,
    /// Number of calls.
    pub calls: u64,
    /// Size of the day file.
    pub bytes: u64,
    /// Start of the first call.
    pub first_call: Option<DateTime<Utc>>,
    /// Start of the last call.
    pub last_call: Option<DateTime<Utc>>,
    /// Latest fetch time of its ranges.
    pub fetched_at: Option<DateTime<Utc>>,
    /// True if the whole day was fetched.
    pub complete: bool,
}

impl From<&InventoryDay> for DayStatus {
    fn from(day: &InventoryDay) -> Self {
        let footer = &day.footer;
        Self {
            date: day.date,
            calls: footer.rows,
            bytes: day.bytes,
            first_call: footer.first_start,
            last_call: footer.last_start,
            fetched_at: footer.coverage.ranges().iter().map(|range| range.fetched_at).max(),
            complete: footer.coverage.gaps(TimeRange::of_day(day.date)).is_empty(),
        }
    }
}

impl LakeStatus {
    /// Collects the status of a lake at the time `now`. `inventory` is that of the lake.
    ///
    /// # Errors
    /// [`LakeError`] if the records of the lake cannot be read.
    pub async fn new(
        lake: &Lake,
        inventory: &LakeInventory,
        daily_budget: u64,
        now: DateTime<Utc>,
    ) -> Result<Self, LakeError> {
        let spent = lake.requests().await?.get(&now.date_naive()).copied().unwrap_or(0);
        let newest_call = inventory.last_start();
        let ranges = |ranges: &[TimeRange]| ranges.iter().map(StatusRange::from).collect();
        let damaged = inventory.damaged.iter();
        Ok(Self {
            lake: lake.location().to_owned(),
            origin: lake.origin().await?,
            scope: lake.scope().await?.map(|scope| match scope.widened_from {
                None => format!("only calls with {}", scope.words),
                Some(_) => format!("being widened to {}; `voxlake rescope` continues", scope.words),
            }),
            days: inventory.days.len(),
            calls: inventory.calls(),
            bytes: inventory.bytes(),
            fetched: inventory.fetched.as_ref().map(StatusRange::from),
            unfinished_sync: inventory.unfinished.as_ref().map(StatusRange::from),
            gaps: ranges(&inventory.gaps),
            unsettled: ranges(&inventory.unsettled),
            first_call: inventory.first_start(),
            newest_call,
            newest_call_age_seconds: newest_call.map(|newest| (now - newest).num_seconds()),
            rejects: lake.rejects().await?.len(),
            requests_spent_today: spent,
            requests_left_today: daily_budget.saturating_sub(spent),
            daily_budget,
            outdated_days: inventory.days.iter().filter(|day| day.footer.layout.is_outdated()).count(),
            damaged: damaged
                .map(|(file, reason)| DamagedDay { file: file.clone(), reason: reason.clone() })
                .collect(),
            by_day: None,
        })
    }

    /// Adds the status of each day.
    #[must_use]
    pub fn with_days(mut self, inventory: &LakeInventory) -> Self {
        self.by_day = Some(inventory.days.iter().map(DayStatus::from).collect());
        self
    }
}
