//! How a sync is shown: a bar on a terminal, a line now and then elsewhere. All of it on stderr.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use voxlake_fetch::Event;

/// Elsewhere than on a terminal, the shortest time between two lines.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// Shows the events of one sync.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

struct State {
    windows: u64,
    done: u64,
    records: u64,
    said: Instant,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template("{bar:30} {pos}/{len} days · {msg} · {elapsed}, {eta} left")
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::no_length().with_style(style)
        });
        Self { bar, state: Mutex::new(State { windows: 0, done: 0, records: 0, said: Instant::now() }) }
    }

    /// Shows an event.
    pub(crate) fn on(&self, event: &Event<'_>) {
        let Ok(mut state) = self.state.lock() else { return };
        match event {
            Event::SetAside { path, to } => self.say(&format!("{path} is damaged: set aside as {to}")),
            Event::Planned { windows, .. } => {
                state.windows = windows.len() as u64;
                match &self.bar {
                    Some(bar) => {
                        bar.set_length(state.windows);
                        bar.enable_steady_tick(Duration::from_millis(200));
                    }
                    None if windows.is_empty() => {}
                    None => self.say(&format!("{} days to fetch", state.windows)),
                }
            }
            Event::Page { records, .. } => {
                state.records += records;
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("{} calls", HumanCount(state.records)));
                }
            }
            // What failed is listed at the end, with its reason.
            Event::Committed { .. } | Event::Failed(_) => self.window_done(&mut state),
        }
    }

    fn window_done(&self, state: &mut State) {
        state.done += 1;
        match &self.bar {
            Some(bar) => bar.set_position(state.done),
            None if state.said.elapsed() >= BETWEEN_LINES => {
                state.said = Instant::now();
                self.say(&format!(
                    "{} of {} days, {} calls",
                    state.done,
                    state.windows,
                    HumanCount(state.records)
                ));
            }
            None => {}
        }
    }

    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            // Where nobody reads it, progress is not worth failing for.
            None => drop(writeln!(std::io::stderr(), "{line}")),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
