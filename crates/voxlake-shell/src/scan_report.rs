//! Cost of a query: files, rows and time, and the plan with its metrics.

use std::collections::BTreeSet;
use std::io::Write;
use std::mem::discriminant;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use indicatif::{HumanBytes, HumanCount};
use voxlake_lake::SummaryPeriod;
use voxlake_query::{QueryResult, ScanMetrics};
use voxlake_report::escape_control_chars;

/// Runs a query to its end and reports what that took. Its rows are dropped.
///
/// # Errors
/// The error of the query, or of `out`.
pub async fn explain(mut answer: QueryResult, begun: Instant, out: &mut impl Write) -> anyhow::Result<()> {
    let mut rows = 0;
    while let Some(batch) = answer.next().await {
        rows += batch?.num_rows();
    }
    let took = begun.elapsed();
    let metrics = answer.metrics();
    let ScanMetrics { days_read, days, row_groups_read, row_groups, rows_read, bytes_read, .. } = metrics;
    for (name, spans) in answer.summaries() {
        writeln!(out, "summaries:  {name} of {}", of_spans(&spans))?;
    }
    let others = match summarized(&metrics) {
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
    for line in answer.plan_text().lines() {
        writeln!(out, "{}", escape_control_chars(line))?;
    }
    Ok(())
}

/// Summarizes a scan: `3 of 30 day files read, in 0.21 s`, preceded by the summaries that were
/// used.
#[must_use]
pub fn summarize_scan(metrics: &ScanMetrics, took: Duration) -> String {
    let summaries = summarized(metrics).map(|spans| format!("summaries of {spans}, ")).unwrap_or_default();
    format!("{summaries}{} of {} day files read, in {}", metrics.days_read, metrics.days, in_seconds(took))
}

/// Periods of summaries: `2026-01 to 2026-10, 2026-11-01`.
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

/// `2 years, 10 months and 2 days`; `None` without summaries.
fn summarized(metrics: &ScanMetrics) -> Option<String> {
    let counted = |count: usize, unit: &str| match count {
        0 => None,
        1 => Some(format!("1 {unit}")),
        count => Some(format!("{count} {unit}s")),
    };
    let parts = [
        counted(metrics.years_summarized, "year"),
        counted(metrics.months_summarized, "month"),
        counted(metrics.days_summarized, "day"),
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
