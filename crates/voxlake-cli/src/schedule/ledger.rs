//! What became of each run: a file in the lake, replaced as a whole before and after every step.

use std::collections::BTreeMap;

use anyhow::Context as _;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use voxlake_lake::{Fingerprint, Lake, ReportsLock};

/// Runs of one schedule that are remembered, the latest ones.
const KEPT: usize = 400;

/// Every run that was begun, by its key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// When each schedule was first seen: what was due before was nobody's to make.
    #[serde(default)]
    pub(crate) since: BTreeMap<String, DateTime<Utc>>,
    #[serde(default)]
    pub(crate) runs: BTreeMap<String, Run>,
}

/// A run of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) schedule: String,
    pub(crate) period: String,
    pub(crate) from: DateTime<Utc>,
    pub(crate) to: DateTime<Utc>,
    /// When it was due.
    pub(crate) due: DateTime<Utc>,
    pub(crate) state: State,
    /// Why it is in this state, where that needs to be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// How often it was begun.
    pub(crate) tries: u32,
    /// When it is tried again, where it failed or waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_try: Option<DateTime<Utc>>,
    /// How often it was made again because its figures had changed, or because somebody asked for it.
    #[serde(default)]
    pub(crate) revision: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) made_at: Option<DateTime<Utc>>,
    /// Whether its period was settled then.
    #[serde(default)]
    pub(crate) settled: bool,
    /// What tells the data that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<Fingerprint>,
    /// What tells its figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) figures: Option<Fingerprint>,
    /// What became of it at each destination.
    #[serde(default)]
    pub(crate) deliveries: BTreeMap<String, Delivery>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Its period is not settled yet.
    Waiting,
    /// It is being made and delivered, or was when the program ended.
    Begun,
    /// It is at every destination.
    Done,
    /// There was a reason not to send it.
    Skipped,
    /// It could not be made, or not be delivered everywhere.
    Failed,
}

/// What became of a run at one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) state: DeliveryState,
    pub(crate) at: DateTime<Utc>,
    pub(crate) tries: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryState {
    /// It is on its way, or was when the program ended.
    Delivering,
    Delivered,
    Failed,
}

impl Ledger {
    /// The lake's ledger.
    pub(crate) async fn read(lake: &Lake) -> anyhow::Result<Self> {
        let (text, path) = lake.report_runs().await?;
        let Some(text) = text else { return Ok(Self::default()) };
        // An empty ledger instead would send every report again. Serde would read a list as an object without fields.
        let object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&text);
        object.and_then(|object| serde_json::from_value(object.into())).with_context(|| {
            format!(
                "{path} in the lake says which reports were sent and cannot be read; put a copy of it back, or take \
                 it away to begin anew"
            )
        })
    }

    pub(crate) async fn write(&self, lake: &Lake, lock: &ReportsLock) -> anyhow::Result<()> {
        Ok(lake.set_report_runs(lock, Bytes::from(serde_json::to_vec_pretty(self)?)).await?)
    }

    /// The runs of a schedule, the latest last.
    pub(crate) fn runs_of(&self, schedule: &str) -> Vec<(&String, &Run)> {
        let mut runs: Vec<_> = self.runs.iter().filter(|(_, run)| run.schedule == schedule).collect();
        runs.sort_by_key(|(_, run)| (run.due, run.from));
        runs
    }

    /// Forgets the oldest runs.
    pub(crate) fn forget(&mut self, schedule: &str) {
        let old: Vec<String> =
            self.runs_of(schedule).iter().rev().skip(KEPT).map(|(key, _)| (*key).clone()).collect();
        old.iter().for_each(|key| drop(self.runs.remove(key)));
    }
}

impl Run {
    /// Whether nothing is left to do for it.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state, State::Done | State::Skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ledger_that_is_none_is_an_error_and_not_an_empty_one() {
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
}
