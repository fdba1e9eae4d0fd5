//! Output of the outcome of a sync, or of its plan.

use std::io::{self, Write};

use voxlake_fetch::{SyncOutcome, SyncPlan, SyncReport};
use voxlake_lake::counted;
use voxlake_report::{error_chain, escape_control_chars};

use crate::config::Settings;
use crate::exit::{Exit, hint};

/// Prints lines of text with control characters escaped.
pub(crate) fn print_lines(lines: &[String], out: &mut impl Write) -> io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "{}", escape_control_chars(line)))
}

/// Prints the outcome of a sync.
pub(crate) fn print_report(report: &SyncReport, settings: &Settings, out: &mut impl Write) -> io::Result<()> {
    print_lines(&report.describe(settings.daily_budget), out)
}

/// Prints the plan of a sync.
pub(crate) fn print_plan(plan: &SyncPlan, settings: &Settings, out: &mut impl Write) -> io::Result<()> {
    let (rate, budget) = (u64::from(settings.requests_per_second.get()), settings.daily_budget);
    print_lines(&plan.describe(rate, budget), out)?;
    if plan.requests_needed() > budget.saturating_sub(plan.requests_today) {
        writeln!(out, "`voxlake sync --wait` fetches all of it in one run.")?;
    }
    Ok(())
}

/// Prints what is missing to stderr, and returns the exit code.
pub(crate) fn exit_of(report: &SyncReport) -> Exit {
    let mut lines = report.describe_missing(error_chain);
    let outcome = report.outcome();
    let stopped = report.stopped.as_ref();
    match (outcome, stopped) {
        (SyncOutcome::Interrupted, _) => lines.push(
            "interrupted before all was fetched; complete windows are kept, run again to continue".to_owned(),
        ),
        (SyncOutcome::TryLater, Some(error)) => {
            lines.push(format!("stopped: {error}; complete windows are kept, run again then or use --wait"));
        }
        (_, Some(error)) => lines.push(format!("error: {}", error_chain(error))),
        (SyncOutcome::Incomplete, None) => {
            let failed = report.failed.len();
            let them = if failed == 1 { "it" } else { "them" };
            let windows = counted(failed as u64, "window is", "windows are");
            lines.push(format!("error: {windows} missing; run again to fetch {them}"));
        }
        (_, None) => {}
    }
    lines.extend(stopped.and_then(hint).map(|hint| format!("hint: {hint}")));
    // Errors of a closed stderr are ignored: the exit code shows that ranges are missing.
    let _ = print_lines(&lines, &mut io::stderr().lock());
    outcome.into()
}
