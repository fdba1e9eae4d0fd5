//! Local clock, compared with the server's.
//!
//! Coverage states that a range was complete at a point in time. A clock that is ahead would cover
//! calls that do not exist yet, so a run uses the earlier of the two clocks.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
pub use voxlake_lake::Clock;

use crate::FetchError;
use crate::limits::{MAX_CLOCK_SKEW, REPORTED_CLOCK_SKEW};

/// Local clock, and lower bounds of its difference to the server's clock. Responses name the time
/// only in seconds and arrive late, so the exact difference is unknown.
pub(crate) struct ServerClock {
    local: Clock,
    /// True if a skew above [`MAX_CLOCK_SKEW`] is not an error.
    allows_skew: bool,
    /// Lower bound of the milliseconds by which the local clock is ahead.
    ahead_ms: AtomicI64,
    /// Lower bound of the milliseconds by which the local clock is behind.
    behind_ms: AtomicI64,
}

impl ServerClock {
    pub(crate) fn new(local: Clock, allows_skew: bool) -> Self {
        Self { local, allows_skew, ahead_ms: 0.into(), behind_ms: 0.into() }
    }

    /// Returns the local time.
    pub(crate) fn local(&self) -> DateTime<Utc> {
        (self.local)()
    }

    /// Returns the earlier of the local time and the server's.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let ahead = TimeDelta::milliseconds(self.ahead_ms.load(Ordering::Relaxed));
        let local = self.local();
        local.checked_sub_signed(ahead).unwrap_or(local)
    }

    /// Returns the time by which the server's clock is at least ahead of the local one; negative if
    /// it is behind.
    pub(crate) fn skew(&self) -> TimeDelta {
        let (ahead, behind) = (&self.ahead_ms, &self.behind_ms);
        TimeDelta::milliseconds(behind.load(Ordering::Relaxed) - ahead.load(Ordering::Relaxed))
    }

    /// Returns the clock skew if it exceeds [`REPORTED_CLOCK_SKEW`].
    pub(crate) fn reported_skew(&self) -> Option<TimeDelta> {
        Some(self.skew()).filter(|skew| skew.abs() > REPORTED_CLOCK_SKEW)
    }

    /// Compares the clocks. `date` is the server time in a response, `sent_at` the local time at
    /// which its request was sent.
    ///
    /// # Errors
    /// [`FetchError::ClockSkew`] if they differ by more than [`MAX_CLOCK_SKEW`].
    pub(crate) fn compare(
        &self,
        date: Option<DateTime<Utc>>,
        sent_at: DateTime<Utc>,
    ) -> Result<(), FetchError> {
        let Some(date) = date else { return Ok(()) };
        // `date` is in whole seconds, between `sent_at` and now.
        let ahead = sent_at - date - TimeDelta::seconds(1);
        let behind = date - self.local();
        self.ahead_ms.fetch_max(ahead.num_milliseconds(), Ordering::Relaxed);
        self.behind_ms.fetch_max(behind.num_milliseconds(), Ordering::Relaxed);
        let skew = self.skew();
        if skew.abs() > MAX_CLOCK_SKEW && !self.allows_skew {
            return Err(FetchError::ClockSkew { skew, server: date });
        }
        Ok(())
    }
}

/// Returns the end of a UTC day, at which daily limits are reset.
pub(crate) fn next_midnight(today: NaiveDate) -> DateTime<Utc> {
    today.checked_add_days(Days::new(1)).unwrap_or(today).and_time(NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn clock(local: &str, allows_skew: bool) -> ServerClock {
        let local = at(local);
        ServerClock::new(Arc::new(move || local), allows_skew)
    }

    #[test]
    fn now_is_the_earlier_clock() {
        for (date, now) in [
            // Within the response time and the precision of a second.
            ("2026-11-05T11:59:50Z", "2026-11-05T12:00:00Z"),
            ("2026-11-05T11:30:00Z", "2026-11-05T11:30:11Z"),
            ("2026-11-05T12:30:00Z", "2026-11-05T12:00:00Z"),
        ] {
            let clock = clock("2026-11-05T12:00:00Z", false);
            clock.compare(Some(at(date)), at("2026-11-05T11:59:50Z")).unwrap();
            assert_eq!(clock.now(), at(now), "{date}");
        }
        let clock = clock("2026-11-05T12:00:00Z", false);
        clock.compare(None, at("2026-11-05T11:59:50Z")).unwrap();
        assert_eq!((clock.now(), clock.skew()), (at("2026-11-05T12:00:00Z"), TimeDelta::zero()));
    }

    #[test]
    fn an_hour_of_skew_is_an_error() {
        let sent_at = at("2026-11-05T12:00:00Z");
        for date in ["2026-11-05T10:59:00Z", "2026-11-05T13:01:00Z", "2016-11-05T12:00:00Z"] {
            let refused = clock("2026-11-05T12:00:00Z", false).compare(Some(at(date)), sent_at);
            assert!(matches!(refused, Err(FetchError::ClockSkew { .. })), "{date}");
            assert!(clock("2026-11-05T12:00:00Z", true).compare(Some(at(date)), sent_at).is_ok());
        }
        assert!(
            clock("2026-11-05T12:00:00Z", false).compare(Some(at("2026-11-05T12:59:00Z")), sent_at).is_ok()
        );
    }
}
