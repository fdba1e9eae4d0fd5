//! Progress line of a query that takes more than a second.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use voxlake_query::{QueryProgress, ScanMetrics};

/// Time after which the line appears.
const MIN_SHOWN_TIME: Duration = Duration::from_secs(1);

pub(crate) struct Progress {
    begun: Instant,
    line: Option<ProgressBar>,
    shown: bool,
}

impl Progress {
    /// Starts at this instant.
    pub(crate) fn since(begun: Instant) -> Self {
        Self { begun, line: None, shown: std::io::stderr().is_terminal() }
    }

    /// Updates the line. Without progress, the query is being planned.
    pub(crate) fn tick(&mut self, query_progress: Option<&QueryProgress>) {
        if !self.shown || self.begun.elapsed() < MIN_SHOWN_TIME {
            return;
        }
        let line = self.line.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{spinner} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new_spinner().with_style(style)
        });
        let seconds = self.begun.elapsed().as_secs();
        line.set_message(match query_progress.map(QueryProgress::metrics) {
            Some(ScanMetrics { rows_read, bytes_read, .. }) => format!(
                "{} rows, {} read, {seconds} s (Ctrl-C cancels)",
                HumanCount(rows_read as u64),
                HumanBytes(bytes_read as u64)
            ),
            None => format!("{seconds} s (Ctrl-C cancels)"),
        });
        line.tick();
    }

    /// Removes the line for good.
    pub(crate) fn end(&mut self) {
        self.shown = false;
        if let Some(line) = self.line.take() {
            line.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}
