//! Which scheduled reports were made and delivered, and the lock of whoever makes them.
//!
//! A lock of its own: reports change no calls, and must not wait for a sync nor keep one waiting.
//! What the text says is up to those who write it.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::{Lake, LakeError, WriterLock, layout};

/// The right to make a lake's scheduled reports and to note that they were made.
#[derive(Debug)]
pub struct ReportsLock(WriterLock);

impl ReportsLock {
    /// Gives the lock back.
    ///
    /// # Errors
    /// As [`WriterLock::release`].
    pub async fn release(self) -> Result<(), LakeError> {
        self.0.release().await
    }
}

impl Lake {
    /// Takes the lock of scheduled reports.
    ///
    /// # Errors
    /// [`LakeError::Locked`], with the holder, where another has it.
    pub async fn lock_reports(&self, since: DateTime<Utc>) -> Result<ReportsLock, LakeError> {
        Ok(ReportsLock(self.lock_at(layout::reports_lock(), since).await?))
    }

    /// The note of which reports were made, and its path within the lake; no text where there is no
    /// note.
    ///
    /// # Errors
    /// Where the note is there and cannot be read.
    pub async fn report_runs(&self) -> Result<(Option<Bytes>, String), LakeError> {
        let path = layout::report_runs();
        Ok((self.read_file(&path).await?, path.to_string()))
    }

    /// Replaces the note of which reports were made, in one step.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn set_report_runs(&self, _lock: &ReportsLock, text: Bytes) -> Result<(), LakeError> {
        self.replace(&layout::report_runs(), text).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_note_is_kept_and_its_lock_is_not_the_writers() {
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
