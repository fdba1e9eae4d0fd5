//! Publication at intervals, while a sync runs.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use voxlake_lake::{Lake, WriterLock};

use crate::{PublishError, PublishOptions, PublishReport, publish};

/// Minimum time between two publications during a sync. Each replaced version takes space for the
/// time that it is kept, so not every commit is published.
const PUBLISH_INTERVAL: TimeDelta = TimeDelta::minutes(10);

/// Publishes a lake during a long sync, if it was published before.
#[derive(Debug)]
pub struct PeriodicPublisher {
    lake: Lake,
    options: PublishOptions,
    /// Start of the sync, or time of the last publication.
    last: Mutex<DateTime<Utc>>,
}

impl PeriodicPublisher {
    /// Creates a publisher for a sync that starts at the time `now`.
    #[must_use]
    pub fn new(lake: Lake, options: PublishOptions, now: DateTime<Utc>) -> Self {
        Self { lake, options, last: Mutex::new(now) }
    }

    /// Publishes the lake if the last publication was ten minutes ago. `None` if nothing was done.
    ///
    /// # Errors
    /// As [`publish`].
    pub async fn publish_if_due(
        &self,
        lock: &WriterLock,
        now: DateTime<Utc>,
    ) -> Result<Option<PublishReport>, PublishError> {
        if !self.is_due(now) || !self.lake.published_table().has_log().await? {
            return Ok(None);
        }
        publish(&self.lake, lock, self.options, now, &|_| {}).await.map(Some)
    }

    /// Returns whether a publication is due, and sets the time of the next one.
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let Ok(mut last) = self.last.lock() else { return false };
        let is_due = now - *last >= PUBLISH_INTERVAL;
        if is_due {
            *last = now;
        }
        is_due
    }
}
