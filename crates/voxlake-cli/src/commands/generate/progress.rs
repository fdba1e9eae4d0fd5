//! How the making of calls is shown: a bar on a terminal, a line now and then elsewhere. All of it on stderr.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::progress::BETWEEN_LINES;

/// Shows how many calls are made.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    total: u64,
    /// Calls of an earlier run, and those made since this one began.
    there: AtomicU64,
    made: AtomicU64,
    said: Mutex<Instant>,
}

impl Progress {
    /// `total`: calls to be made in all.
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
            began: now,
            total,
            there: AtomicU64::new(0),
            made: AtomicU64::new(0),
            said: Mutex::new(now),
        }
    }

    /// Notes calls that an earlier run has made.
    pub(super) fn there(&self, calls: u64) {
        self.there.store(calls, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.set_position(calls);
            // What is left is reckoned by this run's own pace.
            bar.reset_eta();
        }
    }

    /// Shows calls that are made.
    pub(super) fn made(&self, calls: u64) {
        let made = self.made.fetch_add(calls, Ordering::Relaxed) + calls;
        // Whoever comes while another thread is saying something leaves it at that.
        let Ok(mut said) = self.said.try_lock() else { return };
        let between = if self.bar.is_some() { Duration::from_millis(100) } else { BETWEEN_LINES };
        if said.elapsed() < between {
            return;
        }
        *said = Instant::now();
        let done = made + self.there.load(Ordering::Relaxed);
        let pace = per_second(made, self.began.elapsed());
        let text = format!("{} calls, {} a second", HumanCount(done), HumanCount(pace));
        match &self.bar {
            Some(bar) => {
                bar.set_position(done);
                bar.set_message(text);
            }
            // Where nobody reads it, progress is not worth failing for.
            None => drop(writeln!(io::stderr(), "{} %: {text}", 100 * done / self.total.max(1))),
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Calls a second; those of an instant are those of a millisecond.
pub(super) fn per_second(calls: u64, took: Duration) -> u64 {
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    calls.saturating_mul(1000) / milliseconds
}
