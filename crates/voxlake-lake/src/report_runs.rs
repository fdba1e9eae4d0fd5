//! Ledger of report runs, and the lock of the process that makes reports.
//!
//! Reports change no calls. With a lock of their own they neither wait for a sync nor delay one.
//! The content of the ledger is defined by its writer.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::{Lake, LakeError, WriterLock, layout};

/// Exclusive right to make scheduled reports and to record their runs.
#[derive(Debug)]
pub struct ReportsLock(WriterLock);

impl ReportsLock {
    /// Releases the lock.
    ///
    /// # Errors
    /// As [`WriterLock::release`].
    pub async fn release(self) -> Result<(), LakeError> {
        self.0.release().await
    }
}

impl Lake {
    /// Takes the lock of scheduled reports. `since` is recorded in it.
    ///
    /// # Errors
    /// [`LakeError::Locked`], with the holder, if another process has it.
    pub async fn lock_reports(&self, since: DateTime<Utc>) -> Result<ReportsLock, LakeError> {
        Ok(ReportsLock(self.lock_at(layout::reports_lock(), since).await?))
    }

    /// Returns the ledger of report runs, if there is one, and its path within the lake.
    ///
    /// # Errors
    /// If the ledger exists and cannot be read.
    pub async fn report_runs(&self) -> Result<(Option<Bytes>, String), LakeError> {
        let path = layout::report_runs();
        Ok((self.read_file(&path).await?, path.to_string()))
    }

    /// Replaces the ledger of report runs in one step.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn set_report_runs(&self, lock: &ReportsLock, text: Bytes) -> Result<(), LakeError> {
        self.replace(&lock.0, &layout::report_runs(), text).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn reports_have_a_lock_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let now = "2026-11-01T00:00:00Z".parse().unwrap();
        let writer = lake.lock(now).await.unwrap();
        let lock = lake.lock_reports(now).await.unwrap();
        assert!(matches!(lake.lock_reports(now).await, Err(LakeError::Locked { .. })));
        assert_eq!(lake.report_runs().await.unwrap().0, None);
        lake.set_report_runs(&lock, Bytes::from_static(b"{}")).await.unwrap();
        assert_eq!(lake.report_runs().await.unwrap().0.unwrap(), "{}");
        lock.release().await.unwrap();
        lake.lock_reports(now).await.unwrap();
        drop(writer);
    }
}
