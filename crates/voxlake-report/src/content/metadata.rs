//! Period, origin and freshness of a report.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// Period and origin of a report.
#[derive(Clone, Debug)]
pub struct ReportMetadata {
    /// Start of the period, inclusive.
    pub from: DateTime<Utc>,
    /// End of the period, exclusive.
    pub to: DateTime<Utc>,
    /// IANA name of the time zone.
    pub timezone: String,
    /// Short name of the period for file names: `2026-W47`.
    pub period: String,
    /// Name of the period for readers.
    pub period_text: String,
    /// Period that the report is compared with; `None`: it is not compared.
    pub comparison: Option<ComparedPeriod>,
    /// Names and values of the parameters that restrict the report, such as queues.
    pub parameters: Vec<(String, String)>,
    /// Time at which the report was made.
    pub made_at: DateTime<Utc>,
    /// Total run time of the queries.
    pub query_time: Duration,
    /// Version of the program that made the report.
    pub version: String,
    /// Command that runs the report again.
    pub command: String,
    /// State of the data of the period.
    pub freshness: DataFreshness,
    /// Alerts whose condition holds, as sentences.
    pub alerts: Vec<String>,
}

/// Period that a report is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedPeriod {
    /// Start, inclusive.
    pub from: DateTime<Utc>,
    /// End, exclusive.
    pub to: DateTime<Utc>,
    /// Short name: `2026-W46`.
    pub period: String,
    /// Name for readers.
    pub text: String,
    /// Numbers of local days, if the report's period and this one have different numbers. Counts
    /// and amounts are compared per day then.
    pub days: Option<DayCounts>,
    /// Reason for which no changes are shown, as a clause; `None` if the periods are compared.
    pub obstacle: Option<String>,
}

/// Numbers of local days of two periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCounts {
    /// Days of the period of the report.
    pub period: u32,
    /// Days of the compared period.
    pub compared: u32,
}

impl ComparedPeriod {
    /// Returns a sentence for readers about the compared period, and whether it is compared per
    /// day or not at all.
    pub(crate) fn sentence(&self) -> String {
        match (&self.obstacle, self.days) {
            (Some(obstacle), _) => format!("Changes against {} are not shown: {obstacle}.", self.text),
            (None, None) => format!("Changes are against {}.", self.text),
            (None, Some(days)) => format!(
                "Changes are against {}. Counts and amounts are compared per day, {} and {} days; rates \
                 and percentiles directly.",
                self.text, days.period, days.compared
            ),
        }
    }

    /// Returns true if changes are shown.
    pub(crate) fn is_compared(&self) -> bool {
        self.obstacle.is_none()
    }
}

/// State of the data of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataFreshness {
    /// True if all of the period is settled: its data is final and is not fetched again.
    pub settled: bool,
    /// Sentences about missing data and data that may still change.
    pub remarks: Vec<String>,
    /// True if the lake lacks a part of the period.
    pub has_gaps: bool,
    /// Start of the newest call of the lake.
    pub newest_call: Option<DateTime<Utc>>,
    /// Time of the last fetch of the period's data.
    pub fetched_at: Option<DateTime<Utc>>,
}
