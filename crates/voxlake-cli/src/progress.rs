//! Progress on stderr: a bar on a terminal, otherwise a line at intervals.

use std::io::{self, IsTerminal as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use voxlake_fetch::{Event, SyncProgress};
use voxlake_shell::stderr_line;

/// Minimum time between two lines without a terminal.
pub(crate) const BETWEEN_LINES: Duration = Duration::from_secs(5);
/// Style of a share with a message.
const SHARE: &str = "{bar:30} {percent} % · {msg} · {elapsed}, {eta} left";
/// Interval at which a bar is drawn.
const TICK: Duration = Duration::from_millis(200);

/// Returns a progress bar of `length` steps in the style of a template. Hidden without a terminal.
pub(crate) fn bar(length: Option<u64>, template: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    length.map_or_else(ProgressBar::no_length, ProgressBar::new).with_style(style)
}

/// Returns a bar that counts `unit` on stderr; hidden without a terminal.
pub(crate) fn counter_bar(unit: &str) -> ProgressBar {
    bar(None, &format!("{{bar:30}} {{pos}} of {{len}} {unit} · {{elapsed}}, {{eta}} left"))
}

/// Returns a bar of a share on stderr, with a message; `None` without a terminal.
pub(crate) fn share_bar() -> Option<ProgressBar> {
    io::stderr().is_terminal().then(|| bar(None, SHARE))
}

/// Shows the events of one sync.
pub(crate) struct Progress {
    /// Hidden without a terminal.
    bar: ProgressBar,
    /// Progress, and the time of the last line.
    state: Mutex<(SyncProgress, Instant)>,
}

impl Default for Progress {
    fn default() -> Self {
        let bar = bar(None, SHARE);
        Self { bar, state: Mutex::new((SyncProgress::default(), Instant::now())) }
    }
}

impl Progress {
    /// Shows an event.
    pub(crate) fn show(&self, event: &Event<'_>) {
        let Ok(mut state) = self.state.lock() else { return };
        let (progress, line_at) = &mut *state;
        progress.add(event);
        match event {
            Event::Quarantined { path, to } => {
                self.print_line(&format!("{path} is damaged: quarantined as {to}"));
            }
            Event::Planned { .. } => {
                self.bar.set_length(progress.planned_seconds);
                if !self.bar.is_hidden() {
                    self.bar.enable_steady_tick(TICK);
                } else if let Some(line) = progress.describe_plan() {
                    self.print_line(&line);
                }
            }
            Event::PageFetched { .. } => {
                self.bar.set_message(progress.describe_calls());
                if self.bar.is_hidden() && line_at.elapsed() >= BETWEEN_LINES {
                    *line_at = Instant::now();
                    self.print_line(&progress.describe());
                }
            }
            Event::WindowFetched { .. } => self.bar.set_position(progress.fetched_seconds),
            _ => {}
        }
    }

    /// Prints a line, above the bar if there is one.
    fn print_line(&self, line: &str) {
        self.bar.suspend(|| stderr_line!("{line}"));
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
