//! Progress of `voxlake generate` on stderr: a bar on a terminal, else a line every few seconds.

use std::io::{self, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar};
use voxlake_generate::GenerateProgress;

use crate::progress::{BETWEEN_LINES, share_bar};

/// Display of the progress of generated calls.
pub(super) struct ProgressDisplay {
    bar: Option<ProgressBar>,
    total: u64,
    last_update: Mutex<Instant>,
}

impl ProgressDisplay {
    /// Creates a display of the progress of `total` calls.
    pub(super) fn new(total: u64) -> Self {
        let bar = share_bar();
        if let Some(bar) = &bar {
            bar.set_length(total);
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar, total, last_update: Mutex::new(Instant::now()) }
    }

    /// Shows a progress.
    pub(super) fn show(&self, progress: GenerateProgress) {
        if progress.generated_calls == 0 {
            if let Some(bar) = &self.bar {
                bar.set_position(progress.existing_calls);
                // The remaining time depends on the speed of this run only.
                bar.reset_eta();
            }
            return;
        }
        // Another thread is updating the display: nothing to do.
        let Ok(mut last_update) = self.last_update.try_lock() else { return };
        let between = if self.bar.is_some() { Duration::from_millis(100) } else { BETWEEN_LINES };
        if last_update.elapsed() < between {
            return;
        }
        *last_update = Instant::now();
        let (done, speed) = (progress.calls(), HumanCount(progress.calls_per_second()));
        let text = format!("{} calls, {speed} a second", HumanCount(done));
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
