//! Output of runs.

use std::io::Write as _;

use voxlake_report::escape_control_chars;
use voxlake_schedule::RunSummary;

/// Prints the outcome of runs.
pub(super) fn print_summary(summary: &RunSummary) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in &summary.lines {
        writeln!(out, "{}", escape_control_chars(line))?;
    }
    out.flush()
}
