//! Files, rows and time of a query, and its plan with the metrics of each operator.

use std::collections::BTreeSet;
use std::io::Write;
use std::mem::discriminant;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use indicatif::{HumanBytes, HumanCount};
use voxlake_lake::SummaryPeriod;
use voxlake_query::{Answer, Reading};
use voxlake_report::escape_control_chars;

/// Runs a query to its end, discards its rows, and prints its metrics.
pub(crate) async fn explain(mut answer: Answer, begun: Instant, out: &mut impl Write) -> anyhow::Result<()> {
    let mut rows = 0;
    while let Some(batch) = answer.next().await {
        rows += batch?.num_rows();
    }
    let took = begun.elapsed();
    let reading = answer.reading();
    let Reading { days_read, days, row_groups_read, row_groups, rows_read, bytes_read, .. } = reading;
    for (name, spans) in answer.summaries() {
        writeln!(out, "summaries:  {name} of {}", of_spans(&spans))?;
    }
    let others = match summarized(&reading) {
        None => "ruled out by their dates",
        Some(_) => "summarized, or ruled out by their dates",
    };
    writeln!(out, "day files:  {days_read} of {days} read, the others {others}")?;
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
        writeln!(out, "{}", escape_control_chars(line))?;
    }
    Ok(())
}

/// Formats as `3 of 30 day files read, in 0.21 s`, after the summaries used.
pub(crate) fn in_short(reading: &Reading, took: Duration) -> String {
    let summaries = summarized(reading).map(|spans| format!("summaries of {spans}, ")).unwrap_or_default();
    format!("{summaries}{} of {} day files read, in {}", reading.days_read, reading.days, in_seconds(took))
}

/// Formats the periods of summaries: `2026-01 to 2026-10, 2026-11-01`.
fn of_spans(spans: &BTreeSet<SummaryPeriod>) -> String {
    let mut spans: Vec<&SummaryPeriod> = spans.iter().collect();
    spans.sort_by_key(|span| span.range().from);
    let next = |a: &SummaryPeriod, b: &SummaryPeriod| {
        discriminant(a) == discriminant(b) && a.range().to == b.range().from
    };
    let runs = spans.chunk_by(|a, b| next(a, b)).map(|run| match run {
        [first, .., last] => format!("{first} to {last}"),
        run => run.iter().map(ToString::to_string).collect(),
    });
    runs.collect::<Vec<_>>().join(", ")
}

/// Formats as `2 years, 10 months and 2 days`; `None` if no summary was used.
fn summarized(reading: &Reading) -> Option<String> {
    let counted = |count: usize, unit: &str| match count {
        0 => None,
        1 => Some(format!("1 {unit}")),
        count => Some(format!("{count} {unit}s")),
    };
    let parts = [
        counted(reading.years_summarized, "year"),
        counted(reading.months_summarized, "month"),
        counted(reading.days_summarized, "day"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    match &parts[..] {
        [] => None,
        [one] => Some(one.clone()),
        [others @ .., last] => Some(format!("{} and {last}", others.join(", "))),
    }
}

fn in_seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}
