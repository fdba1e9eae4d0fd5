//! What is told of a lake's runs: a table for people, or JSON with every time.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Decimal128Array, RecordBatch, StringArray, UInt64Array};
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;
use voxlake_query::NamedQuery;
use voxlake_report::{Format, Layout, visible, writer};

use super::Bench;
use super::run::Run;
use crate::args::ToldAs;
use crate::config::Settings;

/// Names of the JSON that is told.
#[derive(Serialize)]
pub(super) struct Report {
    version: &'static str,
    lake: String,
    days: usize,
    calls: u64,
    bytes: u64,
    threads: usize,
    memory_limit_bytes: Option<usize>,
    opening_seconds: f64,
    /// The day that questions about a day are asked about.
    day: String,
    month: String,
    questions: Vec<Timed>,
    /// The most resident bytes of the process while any question was answered.
    peak_memory_bytes: Option<u64>,
}

/// A question with its runs.
#[derive(Serialize)]
struct Timed {
    name: String,
    title: String,
    rows: usize,
    digest: String,
    /// Of each run, in their order; the one that warmed up is not among them.
    seconds: Vec<f64>,
    median_seconds: f64,
    min_seconds: f64,
    max_seconds: f64,
    /// Calls decoded, once for each scan; none where the answer was not made from calls.
    calls_read: usize,
    day_files_read: usize,
    bytes_read: usize,
    peak_memory_bytes: Option<u64>,
}

impl Timed {
    fn new(question: &NamedQuery, runs: &[Run]) -> Option<Self> {
        let first = runs.first()?;
        let mut sorted: Vec<Duration> = runs.iter().map(|run| run.took).collect();
        sorted.sort_unstable();
        let seconds = |took: Option<&Duration>| took.map_or(0.0, Duration::as_secs_f64);
        Some(Self {
            name: question.name.clone(),
            title: question.title.clone(),
            rows: first.rows,
            digest: first.digest.clone(),
            seconds: runs.iter().map(|run| run.took.as_secs_f64()).collect(),
            median_seconds: median(&sorted).as_secs_f64(),
            min_seconds: seconds(sorted.first()),
            max_seconds: seconds(sorted.last()),
            calls_read: first.reading.rows_read,
            day_files_read: first.reading.days_read,
            bytes_read: first.reading.bytes_read,
            peak_memory_bytes: runs.iter().filter_map(|run| run.peak_memory).max(),
        })
    }
}

/// The middle of durations in their order; of an even number the mean of the two in the middle.
fn median(sorted: &[Duration]) -> Duration {
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle), middle.checked_sub(1).and_then(|below| sorted.get(below))) {
        (0, Some(above), Some(below)) => (*above + *below) / 2,
        (_, Some(one), _) => *one,
        (_, None, _) => Duration::ZERO,
    }
}

impl Report {
    pub(super) async fn new(
        bench: &Bench,
        settings: &Settings,
        questions: &[&NamedQuery],
        runs: &[Vec<Run>],
    ) -> anyhow::Result<Self> {
        let timed: Vec<Timed> =
            questions.iter().zip(runs).filter_map(|(question, runs)| Timed::new(question, runs)).collect();
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            lake: settings.lake.clone(),
            days: bench.session.days().len(),
            calls: bench.calls().await?,
            bytes: bench.bytes(),
            threads: bench.threads,
            memory_limit_bytes: settings.memory_limit,
            opening_seconds: bench.opening.as_secs_f64(),
            day: bench.subject.day.from.format("%Y-%m-%d").to_string(),
            month: bench.subject.month.from.format("%Y-%m").to_string(),
            peak_memory_bytes: timed.iter().filter_map(|question| question.peak_memory_bytes).max(),
            questions: timed,
        })
    }

    pub(super) fn tell(&self, format: ToldAs) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        if format == ToldAs::Json {
            writeln!(out, "{}", serde_json::to_string_pretty(self)?)?;
            return Ok(());
        }
        writeln!(
            out,
            "lake    {}: {} calls on {} days, {}; opened in {:.1} ms",
            visible(&self.lake),
            HumanCount(self.calls),
            HumanCount(self.days as u64),
            HumanBytes(self.bytes),
            self.opening_seconds * 1000.0
        )?;
        let rounds = self.questions.first().map_or(0, |question| question.seconds.len());
        writeln!(
            out,
            "runs    {rounds} of each question after one to warm up; threads: {}; about {} and {}",
            self.threads, self.day, self.month
        )?;
        if let Some(peak) = self.peak_memory_bytes {
            writeln!(out, "memory  {} at most", HumanBytes(peak))?;
        }
        writeln!(out)?;
        drop(out);
        let table = self.table()?;
        let mut writer = writer(Format::Table, table.schema(), &Layout::default(), io::stdout())?;
        writer.write(&table)?;
        Ok(writer.finish()?)
    }

    /// A row for each question, units in the names.
    fn table(&self) -> anyhow::Result<RecordBatch> {
        let questions = &self.questions;
        let millis = |seconds: fn(&Timed) -> f64| hundredths(questions.iter().map(|q| seconds(q) * 1000.0));
        let counts = |count: fn(&Timed) -> Option<u64>| {
            Arc::new(questions.iter().map(count).collect::<UInt64Array>()) as ArrayRef
        };
        Ok(RecordBatch::try_from_iter_with_nullable([
            (
                "question",
                Arc::new(StringArray::from_iter_values(questions.iter().map(|q| &q.name))) as ArrayRef,
                false,
            ),
            ("rows", counts(|q| Some(q.rows as u64)), false),
            ("median_ms", millis(|q| q.median_seconds)?, false),
            ("min_ms", millis(|q| q.min_seconds)?, false),
            ("max_ms", millis(|q| q.max_seconds)?, false),
            ("calls_per_s", counts(calls_per_second), true),
            ("day_files", counts(|q| Some(q.day_files_read as u64)), false),
            ("read_kb", counts(|q| Some(q.bytes_read as u64 / 1000)), false),
            ("peak_mb", counts(|q| q.peak_memory_bytes.map(|bytes| bytes / 1_000_000)), true),
        ])?)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people to read")]
fn calls_per_second(question: &Timed) -> Option<u64> {
    (question.calls_read > 0 && question.median_seconds > 0.0)
        .then(|| (question.calls_read as f64 / question.median_seconds) as u64)
}

/// Numbers to two digits after the point.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds that someone waited for")]
fn hundredths(numbers: impl Iterator<Item = f64>) -> anyhow::Result<ArrayRef> {
    let hundredths = numbers.map(|number| (number * 100.0).round() as i128);
    Ok(Arc::new(Decimal128Array::from_iter_values(hundredths).with_precision_and_scale(18, 2)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_that_are() {
        let of = |millis: &[u64]| {
            let sorted: Vec<Duration> = millis.iter().map(|ms| Duration::from_millis(*ms)).collect();
            median(&sorted).as_millis()
        };
        assert_eq!(of(&[1, 2, 9]), 2);
        assert_eq!(of(&[1, 2, 4, 9]), 3);
        assert_eq!(of(&[7]), 7);
        assert_eq!(of(&[]), 0);
    }
}
