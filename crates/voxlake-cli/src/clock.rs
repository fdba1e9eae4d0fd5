//! The clock of the binary: the machine's, unless a test sets another one.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use voxlake_fetch::Clock;

use crate::exit::UsageError;

/// Variable with the time at which the clock starts, in RFC 3339. It then runs at its usual speed.
///
/// For tests only: commands store what the clock shows in the lake, as the time of a fetch for example.
const TEST_NOW: &str = "VOXLAKE_TEST_NOW";

/// The time that a test gave, and when the process took it.
static START: OnceLock<(DateTime<Utc>, Instant)> = OnceLock::new();

/// Takes the time from [`TEST_NOW`] if that is set. To be called before the first [`now`].
///
/// # Errors
/// A value that is not a time, as a fault of the configuration.
pub(crate) fn init() -> Result<(), UsageError> {
    let Some(text) = std::env::var_os(TEST_NOW) else { return Ok(()) };
    let text = text.to_string_lossy();
    let now = text.parse().map_err(|_| {
        UsageError(format!("{TEST_NOW} = {text:?} is not a time in RFC 3339, such as 2026-11-20T12:00:00Z"))
    })?;
    // `main` calls this once; a second call would find the clock running.
    let _ = START.set((now, Instant::now()));
    Ok(())
}

/// The current time.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
pub(crate) fn now() -> DateTime<Utc> {
    let Some((start, since)) = START.get() else { return Utc::now() };
    let passed = TimeDelta::from_std(since.elapsed()).unwrap_or(TimeDelta::MAX);
    start.checked_add_signed(passed).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The same clock, as a sync takes it.
pub(crate) fn sync_clock() -> Clock {
    Arc::new(now)
}

/// The same clock, as the simulator takes it.
#[derive(Debug)]
pub(crate) struct SimulatorClock;

impl voxlake_sim::Clock for SimulatorClock {
    fn now(&self) -> DateTime<Utc> {
        now()
    }
}
