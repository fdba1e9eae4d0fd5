//! This machine's clock, compared with the server's.
//!
//! Coverage is a promise: this range was complete at that moment. A clock that is ahead would make
//! it for calls that are yet to come. So a run takes the earlier of the two clocks for now.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::FetchError;
use crate::limits::{MAX_CLOCK_SKEW, REPORTED_CLOCK_SKEW};

/// Tells the time; tests bring their own.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// This machine's clock and what answers told of the server's.
pub(crate) struct ServerClock {
    local: Clock,
    /// Whether a run goes on with any difference.
    allows_skew: bool,
    /// Milliseconds that this machine's clock is ahead at least.
    ahead_ms: AtomicI64,
    /// Milliseconds that it is behind at least.
    behind_ms: AtomicI64,
}

impl ServerClock {
    pub(crate) fn new(local: Clock, allows_skew: bool) -> Self {
        Self { local, allows_skew, ahead_ms: 0.into(), behind_ms: 0.into() }
    }

    /// The time of this machine.
    pub(crate) fn local(&self) -> DateTime<Utc> {
        (self.local)()
    }

    /// The earlier of this machine's time and the server's.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let ahead = TimeDelta::milliseconds(self.ahead_ms.load(Ordering::Relaxed));
        let local = self.local();
        local.checked_sub_signed(ahead).unwrap_or(local)
    }

    /// By how much the server's clock is ahead of this machine's, at least; negative if it is
    /// behind.
    pub(crate) fn skew(&self) -> TimeDelta {
        let (ahead, behind) = (&self.ahead_ms, &self.behind_ms);
        TimeDelta::milliseconds(behind.load(Ordering::Relaxed) - ahead.load(Ordering::Relaxed))
    }

    /// The difference if it is so large that it should be reported.
    pub(crate) fn reported_skew(&self) -> Option<TimeDelta> {
        Some(self.skew()).filter(|skew| skew.abs() > REPORTED_CLOCK_SKEW)
    }

    /// Compares the clocks by an answer with the time `date` to a request that left at `left_at` of
    /// this machine.
    ///
    /// # Errors
    /// [`FetchError::ClockSkew`] if they differ so much that no run should go on.
    pub(crate) fn compare(
        &self,
        date: Option<DateTime<Utc>>,
        left_at: DateTime<Utc>,
    ) -> Result<(), FetchError> {
        let Some(date) = date else { return Ok(()) };
        // The server wrote its time, in whole seconds, between the request's leaving and now.
        let ahead = left_at - date - TimeDelta::seconds(1);
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

/// The end of a UTC day, when its limits lift.
pub(crate) fn next_midnight(today: NaiveDate) -> DateTime<Utc> {
    today.checked_add_days(Days::new(1)).unwrap_or(today).and_time(NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn clock(local: &str, allows_skew: bool) -> ServerClock {
        let local = at(local);
        ServerClock::new(Arc::new(move || local), allows_skew)
    }

    #[test]
    fn now_is_the_earlier_of_the_two_clocks() {
        for (date, now) in [
            // A whole second, and the time that the answer took.
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
    fn a_difference_of_more_than_an_hour_stops_a_run_unless_it_is_allowed() {
        let left_at = at("2026-11-05T12:00:00Z");
        for date in ["2026-11-05T10:59:00Z", "2026-11-05T13:01:00Z", "2016-11-05T12:00:00Z"] {
            let refused = clock("2026-11-05T12:00:00Z", false).compare(Some(at(date)), left_at);
            assert!(matches!(refused, Err(FetchError::ClockSkew { .. })), "{date}");
            assert!(clock("2026-11-05T12:00:00Z", true).compare(Some(at(date)), left_at).is_ok());
        }
        assert!(
            clock("2026-11-05T12:00:00Z", false).compare(Some(at("2026-11-05T12:59:00Z")), left_at).is_ok()
        );
    }
}
