//! Progress of a sync, by its events.

use voxlake_lake::{TimeRange, group_digits};

use crate::Event;

/// Progress of one sync.
///
/// ```
/// use voxlake_fetch::{Event, SyncProgress};
///
/// let mut progress = SyncProgress::default();
/// progress.add(&Event::PageFetched { records: 100 });
/// assert_eq!(progress.describe(), "0 % of the period, 100 calls");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncProgress {
    /// Length of the planned windows, in seconds.
    pub planned_seconds: u64,
    /// Length of the fetched windows, in seconds.
    pub fetched_seconds: u64,
    /// Number of fetched records.
    pub records: u64,
}

impl SyncProgress {
    /// Adds an event.
    pub fn add(&mut self, event: &Event<'_>) {
        match event {
            Event::Planned { windows, .. } => {
                self.planned_seconds = windows.iter().copied().map(seconds).sum();
            }
            Event::PageFetched { records } => self.records += records,
            Event::WindowFetched { window } => self.fetched_seconds += seconds(*window),
            Event::WindowSplit { window, total, pieces } => {
                let (length, total) = (format_length(seconds(*window)), group_digits(*total));
                tracing::info!("{length} from {} hold {total} calls: in {pieces} pieces", window.from);
            }
            // Commits and failures are in the report.
            Event::Quarantined { .. }
            | Event::WindowRequeued { .. }
            | Event::Committed { .. }
            | Event::WindowFailed(_) => {}
        }
    }

    /// Describes the length of the planned windows, such as "30 days to fetch"; `None` if there are
    /// none.
    #[must_use]
    pub fn describe_plan(&self) -> Option<String> {
        (self.planned_seconds > 0).then(|| format!("{} to fetch", format_length(self.planned_seconds)))
    }

    /// Describes the share of the period that is fetched, and the number of calls.
    #[must_use]
    pub fn describe(&self) -> String {
        let percent = 100 * self.fetched_seconds / self.planned_seconds.max(1);
        format!("{percent} % of the period, {}", self.describe_calls())
    }

    /// Describes the number of calls.
    #[must_use]
    pub fn describe_calls(&self) -> String {
        format!("{} calls", group_digits(self.records))
    }
}

fn seconds(window: TimeRange) -> u64 {
    u64::try_from((window.to - window.from).num_seconds()).unwrap_or(0)
}

/// Formats a duration, such as "30 days" or "5 hours".
fn format_length(seconds: u64) -> String {
    let (n, unit) = match seconds {
        0..7_200 => (seconds / 60, "minutes"),
        7_200..172_800 => (seconds / 3600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{n} {unit}")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn fetched_windows_advance_the_share() {
        let hours = |from: i64, to: i64| {
            let at = |hour: i64| DateTime::from_timestamp(3_600 * hour, 0).unwrap();
            TimeRange { from: at(from), to: at(to) }
        };
        let mut progress = SyncProgress::default();
        assert_eq!(progress.describe_plan(), None);
        progress.add(&Event::Planned { period: hours(0, 8), windows: &[hours(0, 1), hours(5, 8)] });
        assert_eq!(progress.describe_plan().as_deref(), Some("4 hours to fetch"));
        progress.add(&Event::PageFetched { records: 1_200 });
        progress.add(&Event::WindowFetched { window: hours(0, 1) });
        assert_eq!(progress.describe(), "25 % of the period, 1,200 calls");
    }
}
