//! What an answer took: files, rows and time, and the plan with what each of its steps measured.

use std::io::Write;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use indicatif::{HumanBytes, HumanCount};
use voxlake_query::{Answer, Reading};
use voxlake_report::visible;

/// Runs an answer to its end and says what that took. Its rows go nowhere.
pub(crate) async fn explain(mut answer: Answer, begun: Instant, out: &mut impl Write) -> anyhow::Result<()> {
    let mut rows = 0;
    while let Some(batch) = answer.next().await {
        rows += batch?.num_rows();
    }
    let took = begun.elapsed();
    let Reading { days_read, days, row_groups_read, row_groups, rows_read, bytes_read } = answer.reading();
    writeln!(out, "day files:  {days_read} of {days} read, the others ruled out by their dates")?;
    writeln!(
        out,
        "row groups: {row_groups_read} of {row_groups} read, the others ruled out by their statistics"
    )?;
    writeln!(
        out,
        "rows:       {} read, {} in the answer",
        HumanCount(rows_read as u64),
        HumanCount(rows as u64)
    )?;
    writeln!(out, "bytes:      {} read", HumanBytes(bytes_read as u64))?;
    writeln!(out, "time:       {}", in_seconds(took))?;
    writeln!(out)?;
    for line in answer.explained().lines() {
        writeln!(out, "{}", visible(line))?;
    }
    Ok(())
}

/// `3 of 30 day files read, in 0.21 s`
pub(crate) fn in_short(reading: &Reading, took: Duration) -> String {
    format!("{} of {} day files read, in {}", reading.days_read, reading.days, in_seconds(took))
}

fn in_seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}
