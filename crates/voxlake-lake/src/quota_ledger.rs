//! The ledger of requests: how many each UTC day has spent, so that runs together keep to one
//! budget.
//!
//! One small file, replaced as a whole. The data can be read without it; lost, the day's count
//! begins again, and the API's own limit is what is left to stop at.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{Days, NaiveDate};

use crate::error::{LakeError, StoreContext as _};
use crate::{Lake, WriterLock, layout};

/// Days that the ledger remembers, for whoever asks how the quota was spent.
const DAYS_KEPT: u64 = 35;

impl Lake {
    /// Requests spent on the API, by UTC day.
    ///
    /// # Errors
    /// Where the ledger is there and cannot be read.
    pub async fn requests(&self) -> Result<BTreeMap<NaiveDate, u64>, LakeError> {
        let path = layout::requests();
        let Some(bytes) = self.read_file(&path).await? else { return Ok(BTreeMap::new()) };
        Ok(serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            tracing::warn!(%path, %error, "cannot read the quota ledger; starting an empty one");
            BTreeMap::new()
        }))
    }

    /// Notes how many requests `date` has spent in all. Days long past are forgotten.
    ///
    /// # Errors
    /// Where the ledger cannot be written.
    pub async fn record_requests(
        &self,
        _lock: &WriterLock,
        date: NaiveDate,
        requests: u64,
    ) -> Result<(), LakeError> {
        let path = layout::requests();
        let mut ledger = self.requests().await?;
        ledger.insert(date, requests);
        let oldest = date.checked_sub_days(Days::new(DAYS_KEPT)).unwrap_or(NaiveDate::MIN);
        ledger.retain(|day, _| *day >= oldest);
        let json = serde_json::to_vec_pretty(&ledger).context("encode", path.as_ref())?;
        self.replace(&path, Bytes::from(json)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn a_day_s_requests_are_remembered_for_a_month_and_a_spoilt_ledger_begins_anew() {
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
