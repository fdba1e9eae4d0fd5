//! Clock of the program: the system clock, unless a test sets another time.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use voxlake_fetch::Clock;

use crate::exit::UsageError;

/// Variable with the time at which the clock starts, in RFC 3339. It then runs at its usual speed.
///
/// For tests only: commands store the time in the lake, such as the fetch time.
const TEST_NOW: &str = "VOXLAKE_TEST_NOW";

/// Time set by a test, and the instant at which the process read it.
static START: OnceLock<(DateTime<Utc>, Instant)> = OnceLock::new();

/// Reads the time from [`TEST_NOW`] if it is set. Must be called before the first [`now`].
///
/// # Errors
/// Returns a configuration error for a value that is not a time.
pub(crate) fn init() -> Result<(), UsageError> {
    let Some(text) = std::env::var_os(TEST_NOW) else { return Ok(()) };
    let text = text.to_string_lossy();
    let now = text.parse().map_err(|_| {
        UsageError(format!("{TEST_NOW} = {text:?} is not a time in RFC 3339, such as 2026-11-20T12:00:00Z"))
    })?;
    // `main` calls this once; further calls have no effect.
    let _ = START.set((now, Instant::now()));
    Ok(())
}

/// Returns the current time.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
pub(crate) fn now() -> DateTime<Utc> {
    let Some((start, since)) = START.get() else { return Utc::now() };
    let passed = TimeDelta::from_std(since.elapsed()).unwrap_or(TimeDelta::MAX);
    start.checked_add_signed(passed).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Returns the clock as a source for syncs.
pub(crate) fn sync_clock() -> Clock {
    Arc::new(now)
}
