//! What time it is: the machine's, or whatever a test says.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Tells the server the time. Calls become visible, tokens expire and limits refill by it alone.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;

    /// Hears of each request, before anything else is done about it.
    fn request(&self) {}
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the simulator's default clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is moved. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Shows `now` from here on, earlier or later.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves on; stays where it is at the end of the calendar.
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add_signed(by).unwrap_or(*now);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clock that moves on by a step with every request and stands still between them: calls end
/// between two pages, tokens expire, midnight passes, in the same place every time. Clones show the
/// same time.
#[derive(Debug, Clone)]
pub struct TickingClock {
    clock: ManualClock,
    step: TimeDelta,
}

impl TickingClock {
    /// A clock that shows `start` until the first request and `start + step` during it.
    #[must_use]
    pub fn new(start: DateTime<Utc>, step: TimeDelta) -> Self {
        Self { clock: ManualClock::at(start), step }
    }

    /// Shows `now` from here on and goes on from there.
    pub fn set(&self, now: DateTime<Utc>) {
        self.clock.set(now);
    }

    /// Moves on besides.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }
}

impl Clock for TickingClock {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn request(&self) {
        self.clock.advance(self.step);
    }
}
