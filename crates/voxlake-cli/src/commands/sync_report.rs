//! Output of the outcome of a sync, or of its plan.

use std::io::{self, Write};

use voxlake_fetch::{FetchError, SyncPlan, SyncReport};
use voxlake_lake::format_range;
use voxlake_report::{error_chain, escape_control_chars};

use crate::config::Settings;

/// Maximum ranges that are listed; the rest is counted.
const MAX_LISTED_RANGES: usize = 20;

/// Prints lines of text with control characters escaped.
pub(crate) fn print_lines(lines: &[String], out: &mut impl Write) -> io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "{}", escape_control_chars(line)))
}

/// Prints the outcome of a sync.
pub(crate) fn print_report(report: &SyncReport, settings: &Settings, out: &mut impl Write) -> io::Result<()> {
    print_lines(&report.describe(settings.daily_budget), out)
}

/// Prints missing ranges to stderr, with the errors.
pub(crate) fn print_missing(report: &SyncReport) {
    let mut err = io::stderr().lock();
    // Errors of a closed stderr are ignored: the exit code shows that ranges are missing.
    for failed in &report.failed {
        let reason = escape_control_chars(&error_chain(&failed.error));
        let _ = writeln!(err, "missing: {}: {reason}", format_range(failed.window));
    }
    for unreached in report.unreached.iter().take(MAX_LISTED_RANGES) {
        let _ = writeln!(err, "not reached: {}", format_range(*unreached));
    }
    if let Some(more) = report.unreached.len().checked_sub(MAX_LISTED_RANGES).filter(|more| *more > 0) {
        let _ = writeln!(err, "not reached: {more} more");
    }
    if let Some(FetchError::Incomplete { .. }) = report.failed.first().map(|failed| &failed.error) {
        let _ = writeln!(err, "the received records are kept");
    }
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
