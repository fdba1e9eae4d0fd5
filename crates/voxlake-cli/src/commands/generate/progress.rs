//! Progress of `voxlake generate` on stderr: a bar on a terminal, else a line every few seconds.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::progress::BETWEEN_LINES;

/// Progress of the generated calls.
pub(super) struct GenerateProgress {
    bar: Option<ProgressBar>,
    start: Instant,
    total: u64,
    /// Calls of earlier runs.
    existing: AtomicU64,
    /// Calls of this run.
    generated: AtomicU64,
    last_update: Mutex<Instant>,
}

impl GenerateProgress {
    /// Creates a progress of `total` calls.
    pub(super) fn new(total: u64) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{bar:30} {percent} % · {msg} · {elapsed}, {eta} left")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new(total).with_style(style);
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let now = Instant::now();
        Self {
            bar,
            start: now,
            total,
            existing: AtomicU64::new(0),
            generated: AtomicU64::new(0),
            last_update: Mutex::new(now),
        }
    }

    /// Sets the number of calls of earlier runs.
    pub(super) fn set_existing(&self, calls: u64) {
        self.existing.store(calls, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.set_position(calls);
            // The remaining time depends on the speed of this run only.
            bar.reset_eta();
        }
    }

    /// Adds generated calls and updates the display.
    pub(super) fn add_generated(&self, calls: u64) {
        let generated = self.generated.fetch_add(calls, Ordering::Relaxed) + calls;
        // Another thread is updating the display: nothing to do.
        let Ok(mut last_update) = self.last_update.try_lock() else { return };
        let between = if self.bar.is_some() { Duration::from_millis(100) } else { BETWEEN_LINES };
        if last_update.elapsed() < between {
            return;
        }
        *last_update = Instant::now();
        let done = generated + self.existing.load(Ordering::Relaxed);
        let speed = per_second(generated, self.start.elapsed());
        let text = format!("{} calls, {} a second", HumanCount(done), HumanCount(speed));
        match &self.bar {
            Some(bar) => {
                bar.set_position(done);
                bar.set_message(text);
            }
            // A failed write to stderr does not fail the run.
            None => drop(writeln!(io::stderr(), "{} %: {text}", 100 * done / self.total.max(1))),
        }
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Returns calls per second. Durations below a millisecond count as one.
pub(super) fn per_second(calls: u64, elapsed: Duration) -> u64 {
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    calls.saturating_mul(1000) / milliseconds
}
