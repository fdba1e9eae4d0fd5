//! Quota ledger: requests spent per UTC day, so that all runs of a day share one budget.
//!
//! The ledger is one small file, replaced as a whole. Reading the data does not need it. If it is
//! lost, the count of the day restarts, and only the API's own limit remains.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{Days, NaiveDate};

use crate::error::{LakeError, StoreContext as _};
use crate::{Lake, WriterLock, layout};

/// Days kept in the ledger, for a view of the quota's use.
const DAYS_KEPT: u64 = 35;

impl Lake {
    /// Requests spent on the API by UTC day.
    ///
    /// # Errors
    /// If the ledger exists and cannot be read. A malformed one is logged and counts as empty.
    pub async fn requests(&self) -> Result<BTreeMap<NaiveDate, u64>, LakeError> {
        let path = layout::quota_ledger();
        let Some(bytes) = self.read_file(&path).await? else { return Ok(BTreeMap::new()) };
        Ok(serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            tracing::warn!(%path, %error, "cannot read the quota ledger; starting an empty one");
            BTreeMap::new()
        }))
    }

    /// Records the total number of requests of `date`. Entries older than 35 days are removed.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub async fn record_requests(
        &self,
        lock: &WriterLock,
        date: NaiveDate,
        requests: u64,
    ) -> Result<(), LakeError> {
        let path = layout::quota_ledger();
        let mut ledger = self.requests().await?;
        ledger.insert(date, requests);
        let oldest = date.checked_sub_days(Days::new(DAYS_KEPT)).unwrap_or(NaiveDate::MIN);
        ledger.retain(|day, _| *day >= oldest);
        let json = serde_json::to_vec_pretty(&ledger).context("encode", path.as_ref())?;
        self.replace(lock, &path, Bytes::from(json)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn keeps_a_month_and_tolerates_damage() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock("2026-11-01T00:00:00Z".parse().unwrap()).await.unwrap();
        assert_eq!(lake.requests().await.unwrap(), BTreeMap::new());
        lake.record_requests(&lock, date("2026-09-01"), 7).await.unwrap();
        lake.record_requests(&lock, date("2026-10-31"), 5).await.unwrap();
        lake.record_requests(&lock, date("2026-11-01"), 1).await.unwrap();
        lake.record_requests(&lock, date("2026-11-01"), 12).await.unwrap();
        let expected = BTreeMap::from([(date("2026-10-31"), 5), (date("2026-11-01"), 12)]);
        assert_eq!(lake.requests().await.unwrap(), expected);

        std::fs::write(folder.path().join("_voxlake/requests.json"), "{").unwrap();
        assert_eq!(lake.requests().await.unwrap(), BTreeMap::new());
    }
}
