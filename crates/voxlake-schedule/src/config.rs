//! Configuration of scheduled reports.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::delivery::DestinationConfig;
use crate::report::alert::Alert;

/// Missed runs that are caught up by default: a week of daily reports.
const DEFAULT_CATCH_UP: usize = 7;

/// A `[[schedule]]` table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ScheduleConfig {
    /// Name of the schedule. Default: the name of the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Name or file of the report.
    pub report: String,
    /// Cron expression, such as `0 7 * * MON`.
    pub cron: String,
    /// Time zone of the cron expression and of the report. Default: that of the report, then the
    /// configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Period of the report. Default: that of its definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// Comparison of the report with another period: `previous`, `same-weekdays`, `previous-year`
    /// or `none`. Default: that of its definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<String>,
    /// Parameters of the report, such as queues.
    #[serde(default)]
    pub parameters: BTreeMap<String, Vec<String>>,
    /// Formats of the report. Default: `html`.
    #[serde(default = "default_formats")]
    pub formats: Vec<String>,
    /// True if the lake is synced first.
    #[serde(default)]
    pub sync: bool,
    /// Maximum time for which a due report waits for its period to be settled, such as `30h`.
    #[serde(default = "default_wait")]
    pub wait: String,
    /// Maximum number of missed runs that are caught up, the latest ones. Default: 7.
    #[serde(default = "default_catch_up")]
    pub catch_up: usize,
    /// Time from which runs are due. Default: the time at which the schedule was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// True if a report without rows is not delivered.
    #[serde(default)]
    pub skip_if_empty: bool,
    /// Alerts. If there are any, the report is delivered only if one of them holds.
    #[serde(default)]
    pub alert: Vec<Alert>,
    /// Destinations.
    #[serde(default)]
    pub deliver: Vec<DestinationConfig>,
}

fn default_formats() -> Vec<String> {
    vec!["html".to_owned()]
}

fn default_wait() -> String {
    "0s".to_owned()
}

fn default_catch_up() -> usize {
    DEFAULT_CATCH_UP
}
