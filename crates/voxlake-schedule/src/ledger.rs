//! Ledger of runs: the file `_voxlake/reports.json` of the lake. It is replaced atomically before
//! and after every step of a run.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use voxlake_lake::{Fingerprint, Lake, ReportsLock, TimeRange};

use crate::error::ScheduleError;

/// Maximum number of runs per schedule in the ledger. Older runs are removed.
const MAX_RUNS_PER_SCHEDULE: usize = 400;

/// Runs of all schedules of a lake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ledger {
    /// Time at which each schedule was first seen. Earlier runs are not due.
    #[serde(default)]
    pub since: BTreeMap<String, DateTime<Utc>>,
    /// Runs by key. A key stands for a schedule, its parameters and a period.
    #[serde(default)]
    pub runs: BTreeMap<String, Run>,
}

/// A run of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Run {
    /// Name of the schedule.
    pub schedule: String,
    /// Short name of the period.
    pub period: String,
    /// Start of the period.
    pub from: DateTime<Utc>,
    /// End of the period, not included.
    pub to: DateTime<Utc>,
    /// Time at which the run was due.
    pub due: DateTime<Utc>,
    /// State of the run.
    pub state: RunState,
    /// Reason for the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Number of attempts.
    pub tries: u32,
    /// Time of the next attempt of a failed or waiting run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try: Option<DateTime<Utc>>,
    /// Number of reruns, after a change of the figures or by request.
    #[serde(default)]
    pub revision: u32,
    /// Time at which the report was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<DateTime<Utc>>,
    /// True if the period was settled when the report was built.
    #[serde(default)]
    pub settled: bool,
    /// Fingerprint of the day files that the report was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Fingerprint>,
    /// Fingerprint of the figures of the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<Fingerprint>,
    /// Deliveries, by the ids of their destinations.
    #[serde(default)]
    pub deliveries: BTreeMap<String, Delivery>,
}

/// State of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RunState {
    /// The period is not settled yet.
    Waiting,
    /// Being built and delivered, or interrupted.
    #[serde(rename = "begun")]
    Started,
    /// Delivered to every destination.
    Done,
    /// Not delivered because there is nothing to report.
    Skipped,
    /// Not built, or not delivered to every destination.
    Failed,
}

/// Delivery of a run to one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Delivery {
    /// State of the delivery.
    pub state: DeliveryState,
    /// Time at which the delivery reached this state.
    pub at: DateTime<Utc>,
    /// Number of attempts.
    pub tries: u32,
    /// Error of the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// State of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DeliveryState {
    /// Being delivered, or interrupted.
    Delivering,
    /// Delivered.
    Delivered,
    /// Not delivered.
    Failed,
}

impl Ledger {
    /// Reads the ledger of a lake. A lake without one has an empty ledger.
    ///
    /// # Errors
    /// [`ScheduleError::Ledger`] for an invalid file. It does not count as an empty ledger, since
    /// every report would be delivered again.
    pub async fn read(lake: &Lake) -> Result<Self, ScheduleError> {
        let (text, path) = lake.report_runs().await?;
        let Some(text) = text else { return Ok(Self::default()) };
        // A derived `Deserialize` also accepts a list: `[]` would be an empty ledger.
        let object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&text);
        object
            .and_then(|object| serde_json::from_value(object.into()))
            .map_err(|source| ScheduleError::Ledger { path: path.to_string(), source })
    }

    /// Replaces the ledger of a lake.
    pub(crate) async fn write(&self, lake: &Lake, lock: &ReportsLock) -> Result<(), ScheduleError> {
        let text = serde_json::to_vec_pretty(self).map_err(ScheduleError::LedgerEncoding)?;
        Ok(lake.set_report_runs(lock, Bytes::from(text)).await?)
    }

    /// Returns the runs of a schedule, ordered by due time, then by start of the period.
    pub fn runs_of(&self, schedule: &str) -> Vec<(&String, &Run)> {
        let mut runs: Vec<_> = self.runs.iter().filter(|(_, run)| run.schedule == schedule).collect();
        runs.sort_by_key(|(_, run)| (run.due, run.from));
        runs
    }

    /// Removes the oldest runs of a schedule beyond [`MAX_RUNS_PER_SCHEDULE`].
    pub(crate) fn prune(&mut self, schedule: &str) {
        let runs = self.runs_of(schedule);
        let old = runs.iter().rev().skip(MAX_RUNS_PER_SCHEDULE);
        let old: Vec<String> = old.map(|(key, _)| (*key).clone()).collect();
        for key in old {
            self.runs.remove(&key);
        }
    }

    /// Starts a new revision of a run, which is delivered to all destinations again.
    pub(crate) fn start_revision(&mut self, key: &str) {
        if let Some(run) = self.runs.get_mut(key) {
            run.revision += 1;
            run.deliveries.clear();
        }
    }
}

impl Run {
    /// Creates a run that has not been attempted.
    pub(crate) fn new(schedule: &str, label: String, period: TimeRange, due: DateTime<Utc>) -> Self {
        Self {
            schedule: schedule.to_owned(),
            period: label,
            from: period.from,
            to: period.to,
            due,
            state: RunState::Started,
            reason: None,
            tries: 0,
            next_try: None,
            revision: 0,
            made_at: None,
            settled: false,
            data: None,
            figures: None,
            deliveries: BTreeMap::new(),
        }
    }

    /// Returns the period.
    pub fn time_range(&self) -> TimeRange {
        TimeRange { from: self.from, to: self.to }
    }

    /// Returns true if the run needs no further attempt.
    pub fn is_over(&self) -> bool {
        matches!(self.state, RunState::Done | RunState::Skipped)
    }

    /// Records the start of an attempt.
    pub(crate) fn start_attempt(&mut self) {
        self.state = RunState::Started;
        self.tries += 1;
        self.reason = None;
        self.next_try = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn invalid_ledgers_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        assert_eq!(Ledger::read(&lake).await.unwrap(), Ledger::default());
        std::fs::create_dir_all(folder.path().join("_voxlake")).unwrap();
        for text in ["", "[]", "null", "[{}, {}]", r#"{"runs": []}"#, r#"{"runs": {"a": {}}}"#] {
            std::fs::write(folder.path().join("_voxlake/reports.json"), text).unwrap();
            let error = Ledger::read(&lake).await.unwrap_err().to_string();
            assert!(error.contains("_voxlake/reports.json"), "{text}: {error}");
        }
        std::fs::write(folder.path().join("_voxlake/reports.json"), "{}").unwrap();
        assert_eq!(Ledger::read(&lake).await.unwrap(), Ledger::default());
    }

    #[test]
    fn an_interrupted_run_is_stored_as_begun() {
        assert_eq!(serde_json::to_string(&RunState::Started).unwrap(), r#""begun""#);
    }
}
