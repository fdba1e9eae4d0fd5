//! Times of all runs of a benchmark.

use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{ArrayRef, Decimal128Array, RecordBatch, StringArray, UInt64Array};
use datafusion::arrow::error::ArrowError;
use serde::Serialize;
use voxlake_lake::{counted, format_bytes};

use super::error::BenchmarkError;
use super::run::Run;
use super::session::Benchmark;
use crate::NamedQuery;

/// Times of all runs, with the lake and the machine. Its JSON has the same names.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct BenchmarkReport {
    /// Version of Voxlake.
    pub version: &'static str,
    /// Location of the lake.
    pub lake: String,
    /// Days of the lake.
    pub days: usize,
    /// Calls of the lake.
    pub calls: u64,
    /// Size of the day files.
    pub bytes: u64,
    /// Threads that share the work of one query.
    pub threads: usize,
    /// Memory limit of queries.
    pub memory_limit_bytes: Option<usize>,
    /// Time that opening the session took.
    pub opening_seconds: f64,
    /// Day that queries about a day are about.
    pub day: String,
    /// Month that queries about a month are about.
    pub month: String,
    /// Times of each query.
    pub questions: Vec<TimedQuery>,
    /// Peak of the resident memory of the process during any query.
    pub peak_memory_bytes: Option<u64>,
}

/// A query with its runs.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TimedQuery {
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Number of rows.
    pub rows: usize,
    /// Digest of the rows.
    pub digest: String,
    /// Time of each run in order, without the one that warmed up.
    pub seconds: Vec<f64>,
    /// Median of the times.
    pub median_seconds: f64,
    /// Shortest time.
    pub min_seconds: f64,
    /// Longest time.
    pub max_seconds: f64,
    /// Calls decoded, counted for each scan; 0 for answers from summaries alone.
    pub calls_read: usize,
    /// Day files read.
    pub day_files_read: usize,
    /// Bytes read.
    pub bytes_read: usize,
    /// Peak of the resident memory during any run.
    pub peak_memory_bytes: Option<u64>,
}

impl TimedQuery {
    fn new(query: &NamedQuery, runs: &[Run]) -> Option<Self> {
        let first = runs.first()?;
        let mut sorted: Vec<Duration> = runs.iter().map(|run| run.took).collect();
        sorted.sort_unstable();
        let seconds = |took: Option<&Duration>| took.map_or(0.0, Duration::as_secs_f64);
        Some(Self {
            name: query.name.clone(),
            title: query.title.clone(),
            rows: first.rows,
            digest: first.digest.clone(),
            seconds: runs.iter().map(|run| run.took.as_secs_f64()).collect(),
            median_seconds: median(&sorted).as_secs_f64(),
            min_seconds: seconds(sorted.first()),
            max_seconds: seconds(sorted.last()),
            calls_read: first.metrics.rows_read,
            day_files_read: first.metrics.days_read,
            bytes_read: first.metrics.bytes_read,
            peak_memory_bytes: runs.iter().filter_map(|run| run.peak_memory).max(),
        })
    }

    /// Returns the calls read per second of the median, if calls were read.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people to read")]
    pub fn calls_per_second(&self) -> Option<u64> {
        (self.calls_read > 0 && self.median_seconds > 0.0)
            .then(|| (self.calls_read as f64 / self.median_seconds) as u64)
    }
}

/// Returns the median of sorted durations; for an even number, the mean of the two in the middle.
fn median(sorted: &[Duration]) -> Duration {
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle), middle.checked_sub(1).and_then(|below| sorted.get(below))) {
        (0, Some(above), Some(below)) => (*above + *below) / 2,
        (_, Some(one), _) => *one,
        (_, None, _) => Duration::ZERO,
    }
}

impl BenchmarkReport {
    pub(super) async fn new(
        benchmark: &Benchmark,
        queries: &[&NamedQuery],
        runs: &[Vec<Run>],
    ) -> Result<Self, BenchmarkError> {
        let timed: Vec<TimedQuery> =
            queries.iter().zip(runs).filter_map(|(query, runs)| TimedQuery::new(query, runs)).collect();
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            lake: benchmark.lake.clone(),
            days: benchmark.session.days().len(),
            calls: benchmark.calls().await?,
            bytes: benchmark.bytes(),
            threads: benchmark.threads,
            memory_limit_bytes: benchmark.memory_limit,
            opening_seconds: benchmark.opening.as_secs_f64(),
            day: benchmark.subject.day.from.format("%Y-%m-%d").to_string(),
            month: benchmark.subject.month.from.format("%Y-%m").to_string(),
            peak_memory_bytes: timed.iter().filter_map(|query| query.peak_memory_bytes).max(),
            questions: timed,
        })
    }
}

impl BenchmarkReport {
    /// Describes the lake, the runs and the memory.
    ///
    /// The lines contain the location of the lake. Callers escape control characters before
    /// printing them.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let rounds = self.questions.first().map_or(0, |query| query.seconds.len());
        let mut lines = vec![
            format!(
                "lake    {}: {} on {}, {}; opened in {:.1} ms",
                self.lake,
                counted(self.calls, "call", "calls"),
                counted(self.days as u64, "day", "days"),
                format_bytes(self.bytes),
                self.opening_seconds * 1000.0
            ),
            format!(
                "runs    {rounds} of each query after one to warm up; threads: {}; about {} and {}",
                self.threads, self.day, self.month
            ),
        ];
        if let Some(peak) = self.peak_memory_bytes {
            lines.push(format!("memory  {} at most", format_bytes(peak)));
        }
        lines
    }

    /// Returns a row for each query, with units in the column names.
    ///
    /// # Errors
    /// [`ArrowError`] if a time is out of the range of its column.
    pub fn query_table(&self) -> Result<RecordBatch, ArrowError> {
        let queries = &self.questions;
        let millis =
            |seconds: fn(&TimedQuery) -> f64| hundredths(queries.iter().map(|q| seconds(q) * 1000.0));
        let counts = |count: fn(&TimedQuery) -> Option<u64>| {
            Arc::new(queries.iter().map(count).collect::<UInt64Array>()) as ArrayRef
        };
        let names = StringArray::from_iter_values(queries.iter().map(|q| &q.name));
        RecordBatch::try_from_iter_with_nullable([
            ("question", Arc::new(names) as ArrayRef, false),
            ("rows", counts(|q| Some(q.rows as u64)), false),
            ("median_ms", millis(|q| q.median_seconds)?, false),
            ("min_ms", millis(|q| q.min_seconds)?, false),
            ("max_ms", millis(|q| q.max_seconds)?, false),
            ("calls_per_s", counts(TimedQuery::calls_per_second), true),
            ("day_files", counts(|q| Some(q.day_files_read as u64)), false),
            ("read_kb", counts(|q| Some(q.bytes_read as u64 / 1000)), false),
            ("peak_mb", counts(|q| q.peak_memory_bytes.map(|bytes| bytes / 1_000_000)), true),
        ])
    }
}

/// Converts numbers to decimals with two digits after the point.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds that someone waited for")]
fn hundredths(numbers: impl Iterator<Item = f64>) -> Result<ArrayRef, ArrowError> {
    let hundredths = numbers.map(|number| (number * 100.0).round() as i128);
    Ok(Arc::new(Decimal128Array::from_iter_values(hundredths).with_precision_and_scale(18, 2)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_numbers() {
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
