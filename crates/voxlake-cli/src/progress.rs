//! Progress of a sync on stderr: a bar on a terminal, otherwise a line at intervals.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use voxlake_fetch::Event;
use voxlake_lake::TimeRange;

/// Minimum time between two lines without a terminal.
pub(crate) const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// Shows the events of one sync.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

struct State {
    /// Length of the planned windows, in seconds.
    seconds: u64,
    /// Length of the fetched windows, in seconds.
    done: u64,
    records: u64,
    said: Instant,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            bar: share_bar(),
            state: Mutex::new(State { seconds: 0, done: 0, records: 0, said: Instant::now() }),
        }
    }

    /// Shows an event.
    pub(crate) fn on(&self, event: &Event<'_>) {
        let Ok(mut state) = self.state.lock() else { return };
        match event {
            Event::Quarantined { path, to } => self.say(&format!("{path} is damaged: quarantined as {to}")),
            Event::Planned { windows, .. } => {
                state.seconds = windows.iter().copied().map(seconds).sum();
                match &self.bar {
                    Some(bar) => {
                        bar.set_length(state.seconds);
                        bar.enable_steady_tick(Duration::from_millis(200));
                    }
                    None if windows.is_empty() => {}
                    None => self.say(&format!("{} to fetch", length(state.seconds))),
                }
            }
            Event::PageFetched { records, .. } => {
                state.records += records;
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("{} calls", HumanCount(state.records)));
                }
                self.print_at_intervals(&mut state);
            }
            Event::WindowFetched { window } => {
                state.done += seconds(*window);
                if let Some(bar) = &self.bar {
                    bar.set_position(state.done);
                }
            }
            Event::WindowSplit { window, total, pieces } => {
                let (length, total) = (length(seconds(*window)), HumanCount(*total));
                tracing::info!("{length} from {} hold {total} calls: in {pieces} pieces", window.from);
            }
            // Commits and failures are listed at the end.
            Event::WindowRequeued { .. } | Event::Committed { .. } | Event::WindowFailed(_) => {}
        }
    }

    /// Prints a line at intervals if there is no bar.
    fn print_at_intervals(&self, state: &mut State) {
        if self.bar.is_none() && state.said.elapsed() >= BETWEEN_LINES {
            state.said = Instant::now();
            let percent = 100 * state.done / state.seconds.max(1);
            self.say(&format!("{percent} % of the period, {} calls", HumanCount(state.records)));
        }
    }

    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            // Errors of a closed stderr are ignored.
            None => drop(writeln!(std::io::stderr(), "{line}")),
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Returns a bar that counts `unit` on stderr; hidden without a terminal.
pub(crate) fn counter_bar(unit: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = format!("{{bar:30}} {{pos}} of {{len}} {unit} · {{elapsed}}, {{eta}} left");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::no_length().with_style(style)
}

/// Returns a bar of a share on stderr, with a message; `None` without a terminal.
pub(crate) fn share_bar() -> Option<ProgressBar> {
    std::io::stderr().is_terminal().then(|| {
        let style = ProgressStyle::with_template("{bar:30} {percent} % · {msg} · {elapsed}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::no_length().with_style(style)
    })
}

fn seconds(window: TimeRange) -> u64 {
    u64::try_from((window.to - window.from).num_seconds()).unwrap_or(0)
}

/// Formats a duration, such as "30 days" or "5 hours".
fn length(seconds: u64) -> String {
    let (n, unit) = match seconds {
        0..7_200 => (seconds / 60, "minutes"),
        7_200..172_800 => (seconds / 3600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{n} {unit}")
}
