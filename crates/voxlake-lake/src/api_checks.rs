//! Slices of days whose counts the API confirmed. A later comparison continues after them.
//!
//! A confirmation is valid for one version of a day file. Once the file changes, the slices of its
//! day are compared again.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::error::{LakeError, StoreContext as _};
use crate::{DayFile, Lake, WriterLock, layout};

/// Confirmed slices of each day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiChecks(BTreeMap<NaiveDate, DayChecks>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct DayChecks {
    /// Version of the compared day file: its size in bytes and its modification time.
    file: String,
    /// Names of slices with equal counts.
    equal: BTreeSet<String>,
}

impl ApiChecks {
    /// Returns whether this slice had equal counts in this version of the day file.
    #[must_use]
    pub fn is_confirmed(&self, day: &DayFile, slice: &str) -> bool {
        self.0
            .get(&day.date)
            .is_some_and(|checks| checks.file == file_version(day) && checks.equal.contains(slice))
    }

    /// Applies the confirmations of the version `before` of a day file to the version `after`,
    /// which has the same calls.
    pub(crate) fn carry_over(&mut self, before: &DayFile, after: &DayFile) {
        if let Some(checks) = self.0.get_mut(&before.date)
            && checks.file == file_version(before)
        {
            checks.file = file_version(after);
        }
    }

    /// Records that the counts of a slice are equal.
    pub fn confirm(&mut self, day: &DayFile, slice: &str) {
        let checks = self.0.entry(day.date).or_default();
        if checks.file != file_version(day) {
            *checks = DayChecks { file: file_version(day), equal: BTreeSet::new() };
        }
        checks.equal.insert(slice.to_owned());
    }
}

fn file_version(day: &DayFile) -> String {
    format!("{} {}", day.meta.size, day.meta.last_modified.to_rfc3339())
}

impl Lake {
    /// Returns the confirmed slices.
    ///
    /// # Errors
    /// If the store fails. A malformed file is logged and ignored: its slices are compared again.
    pub async fn api_checks(&self) -> Result<ApiChecks, LakeError> {
        let path = layout::api_checks();
        let Some(bytes) = self.read_file(&path).await? else { return Ok(ApiChecks::default()) };
        Ok(serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            tracing::warn!(%path, %error, "cannot read confirmed counts; comparing all slices again");
            ApiChecks::default()
        }))
    }

    /// Stores the confirmed slices.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn set_api_checks(&self, lock: &WriterLock, checks: &ApiChecks) -> Result<(), LakeError> {
        let path = layout::api_checks();
        let json = serde_json::to_vec(checks).context("encode", path.as_ref())?;
        self.replace(lock, &path, Bytes::from(json)).await
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::ConflictPolicy;
    use crate::test_calls::calls;

    #[tokio::test]
    async fn confirmations_are_per_file_version() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
        let merge = async |id: &str| {
            let one = calls(0, &[(id, 1, "missed", None)]);
            let date = "2026-11-01".parse().unwrap();
            lake.merge_day(&lock, date, vec![one], &[], ConflictPolicy::Replace).await.unwrap();
            lake.days().await.unwrap().remove(0)
        };
        let day = merge("a").await;
        let mut checks = lake.api_checks().await.unwrap();
        checks.confirm(&day, "total");
        checks.confirm(&day, "direction=inbound");
        lake.set_api_checks(&lock, &checks).await.unwrap();
        let mut checks = lake.api_checks().await.unwrap();
        assert!(checks.is_confirmed(&day, "total") && checks.is_confirmed(&day, "direction=inbound"));
        assert!(!checks.is_confirmed(&day, "direction=outbound"));
        let day = merge("b").await;
        assert!(!checks.is_confirmed(&day, "total"));
        checks.confirm(&day, "total");
        assert!(!checks.is_confirmed(&day, "direction=inbound"));
        std::fs::write(folder.path().join("_voxlake/api_checks.json"), "[").unwrap();
        assert_eq!(lake.api_checks().await.unwrap(), ApiChecks::default());
    }
}
