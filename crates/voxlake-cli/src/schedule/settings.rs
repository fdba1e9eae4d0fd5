//! What `voxlake.toml` says of a report that makes itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::delivery::DestinationSettings;
use crate::report::alert::Alert;

/// A `[[schedule]]` table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleSettings {
    /// What names it; the report's name where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The report, by its name or its file.
    pub(crate) report: String,
    /// When it is due, such as `0 7 * * MON`.
    pub(crate) cron: String,
    /// Time zone of the cron expression and of the report; the report's own, then the configured one, where not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timezone: Option<String>,
    /// The period, where it is not the report's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) period: Option<String>,
    /// Parameters of the report, such as queues.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, Vec<String>>,
    /// Forms of the report.
    #[serde(default = "html")]
    pub(crate) formats: Vec<String>,
    /// Sync the lake before.
    #[serde(default)]
    pub(crate) sync: bool,
    /// How long after its time the report waits for its period to be settled, such as `30h`.
    #[serde(default = "no_wait")]
    pub(crate) wait: String,
    /// How many missed runs are made later, the latest ones.
    #[serde(default = "a_week")]
    pub(crate) catch_up: usize,
    /// What was due before this moment is not made; where not given, the moment at which the schedule was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<String>,
    /// Send nothing where there is nothing to report.
    #[serde(default)]
    pub(crate) skip_if_empty: bool,
    /// Send only where one of these holds.
    #[serde(default)]
    pub(crate) alert: Vec<Alert>,
    /// Where it goes.
    #[serde(default)]
    pub(crate) deliver: Vec<DestinationSettings>,
}

fn html() -> Vec<String> {
    vec!["html".to_owned()]
}

fn no_wait() -> String {
    "0s".to_owned()
}

fn a_week() -> usize {
    7
}
