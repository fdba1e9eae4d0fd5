//! Clocks: the system clock and clocks that tests control.

use std::fmt;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};

use crate::sync;

/// Time source of the server: the only one for visible calls, token expiry and rate limits.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the current time.
    fn now(&self) -> DateTime<Utc>;

    /// Called for each request before it is processed.
    fn on_request(&self) {}
}

/// The system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the simulator's default clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A function that returns the time.
impl Clock for fn() -> DateTime<Utc> {
    fn now(&self) -> DateTime<Utc> {
        self()
    }
}

/// A clock that changes only when it is set. Clones share the time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// Creates a clock that shows `now`.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Sets the time, earlier or later.
    pub fn set(&self, now: DateTime<Utc>) {
        *sync::lock(&self.0) = now;
    }

    /// Advances the time. Has no effect beyond the range of `DateTime`.
    pub fn advance(&self, by: TimeDelta) {
        let mut now = sync::lock(&self.0);
        *now = now.checked_add_signed(by).unwrap_or(*now);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *sync::lock(&self.0)
    }
}

/// A clock that advances by a step with every request.
///
/// Calls end, tokens expire and midnight passes between the same two requests in every run. Clones
/// share the time.
#[derive(Debug, Clone)]
pub struct TickingClock {
    clock: ManualClock,
    step: TimeDelta,
}

impl TickingClock {
    /// Creates a clock that shows `start` until the first request and `start + step` during it.
    #[must_use]
    pub fn new(start: DateTime<Utc>, step: TimeDelta) -> Self {
        Self { clock: ManualClock::new(start), step }
    }

    /// Sets the time, from which further requests advance it.
    pub fn set(&self, now: DateTime<Utc>) {
        self.clock.set(now);
    }

    /// Advances the time without a request.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }
}

impl Clock for TickingClock {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn on_request(&self) {
        self.clock.advance(self.step);
    }
}
