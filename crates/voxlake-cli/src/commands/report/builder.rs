//! Builder of reports with the settings of a command.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use voxlake_model::sync;
use voxlake_query::{LakeSession, QueryLibrary};
use voxlake_schedule::report::build::{BuildObserver, ReportBuilder, ReportRequest};
use voxlake_schedule::report::period::period_label;

use voxlake_shell::session_notes;

use crate::commands::query;
use crate::config::Settings;

/// Returns a builder of reports, with a progress bar on stderr.
pub(crate) fn report_builder(settings: &Settings, queries: QueryLibrary) -> anyhow::Result<ReportBuilder> {
    let mut builder = ReportBuilder::new(&settings.lake, queries);
    builder.session = query::options(settings, false)?;
    builder.settle = settings.settle;
    builder.format_command = format_command;
    builder.observer = Arc::new(QueryProgressBar::default());
    Ok(builder)
}

/// Returns the command that builds a report again.
fn format_command(request: &ReportRequest) -> String {
    let name = &request.definition.name;
    let label = period_label(request.period, request.zone);
    let period = if label.contains('_') {
        let moment = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        format!("--from {} --to {}", moment(request.period.from), moment(request.period.to))
    } else {
        format!("--period {label}")
    };
    let parameters: String = request
        .parameters
        .iter()
        .map(|(name, value)| match name.as_str() {
            "queue" => format!(" --queue {}", shell_quoted(value)),
            name => format!(" -p {}", shell_quoted(&format!("{name}={value}"))),
        })
        .collect();
    let compare =
        request.comparison.map_or_else(String::new, |comparison| format!(" --compare {comparison}"));
    format!("voxlake report run {name} {period} --timezone {}{compare}{parameters}", request.zone.name())
}

/// Quotes text as one word of a shell.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Progress bar of the queries of a report.
#[derive(Debug, Default)]
struct QueryProgressBar {
    bar: Mutex<Option<ProgressBar>>,
}

impl QueryProgressBar {
    fn replace(&self, bar: Option<ProgressBar>) {
        let mut current = sync::lock(&self.bar);
        if let Some(previous) = std::mem::replace(&mut *current, bar) {
            previous.finish_and_clear();
        }
    }
}

impl BuildObserver for QueryProgressBar {
    fn session_opened(&self, session: &LakeSession) {
        query::print_notes(&session_notes(session));
    }

    fn started(&self, queries: usize) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let style = ProgressStyle::with_template("{bar:30} {pos} of {len} queries · {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(queries as u64).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(200));
        self.replace(Some(bar));
    }

    fn query_done(&self) {
        if let Some(bar) = &*sync::lock(&self.bar) {
            bar.inc(1);
        }
    }

    fn finished(&self) {
        self.replace(None);
    }
}
