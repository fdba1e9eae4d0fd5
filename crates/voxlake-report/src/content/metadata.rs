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
    /// Name of the period that figures are compared with, for readers.
    pub previous_period_text: String,
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
