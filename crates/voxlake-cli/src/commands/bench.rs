//! `voxlake bench`: times the queries of the benchmark over a lake.

use std::error::Error;
use std::io::{self, Write as _};
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::SchemaRef;
use indicatif::{HumanBytes, HumanCount};
use voxlake_lake::Lake;
use voxlake_query::benchmark::{
    Benchmark, BenchmarkError, BenchmarkReport, TimedQuery, select_queries, serve_benchmark,
};
use voxlake_query::{QueryLibrary, SessionOptions};
use voxlake_report::{Format, WriterOptions, escape_control_chars, result_writer};

use crate::args::{BenchArgs, OutputFormat};
use crate::clock;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};

pub(crate) async fn run(settings: Settings, args: BenchArgs) -> anyhow::Result<Exit> {
    let catalog = QueryLibrary::benchmark()?;
    let queries = select_queries(&catalog, &args.queries)?;
    let options = SessionOptions::new()
        .target_partitions(args.threads)
        .memory_limit(settings.memory_limit)
        .result_classes(settings.result_classes.clone())
        .currency_symbols(settings.currency_symbols.clone())
        .clock(Some(clock::now));
    let lake = Lake::open(&settings.lake).await?;
    let benchmark = match Benchmark::open(&lake, options, encode_json).await {
        Err(error @ BenchmarkError::NoCalls) => return Err(UsageError(error.to_string()).into()),
        benchmark => benchmark?,
    };
    if args.serve {
        // Not locked: a lock of standard input cannot be held across threads.
        serve_benchmark(&benchmark, &queries, io::BufReader::new(io::stdin()), io::stdout()).await?;
        return Ok(Exit::Done);
    }
    let report = benchmark.run(&queries, args.rounds.get()).await?;
    print(&report, args.format)?;
    Ok(Exit::Done)
}

fn encode_json(schema: SchemaRef, batches: &[RecordBatch]) -> Result<String, Box<dyn Error + Send + Sync>> {
    let mut json = Vec::new();
    let mut out = result_writer(Format::Json, schema, &WriterOptions::default(), &mut json)?;
    batches.iter().try_for_each(|batch| out.write(batch))?;
    out.finish()?;
    drop(out);
    Ok(String::from_utf8(json)?)
}

fn print(report: &BenchmarkReport, format: OutputFormat) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if format == OutputFormat::Json {
        writeln!(out, "{}", serde_json::to_string_pretty(report)?)?;
        return Ok(());
    }
    writeln!(
        out,
        "lake    {}: {} calls on {} days, {}; opened in {:.1} ms",
        escape_control_chars(&report.lake),
        HumanCount(report.calls),
        HumanCount(report.days as u64),
        HumanBytes(report.bytes),
        report.opening_seconds * 1000.0
    )?;
    let rounds = report.questions.first().map_or(0, |query| query.seconds.len());
    writeln!(
        out,
        "runs    {rounds} of each query after one to warm up; threads: {}; about {} and {}",
        report.threads, report.day, report.month
    )?;
    if let Some(peak) = report.peak_memory_bytes {
        writeln!(out, "memory  {} at most", HumanBytes(peak))?;
    }
    writeln!(out)?;
    drop(out);
    let table = table(&report.questions)?;
    let mut writer = result_writer(Format::Table, table.schema(), &WriterOptions::default(), io::stdout())?;
    writer.write(&table)?;
    Ok(writer.finish()?)
}

/// Returns a row for each query, with units in the column names.
fn table(queries: &[TimedQuery]) -> anyhow::Result<RecordBatch> {
    let millis = |seconds: fn(&TimedQuery) -> f64| hundredths(queries.iter().map(|q| seconds(q) * 1000.0));
    let counts = |count: fn(&TimedQuery) -> Option<u64>| {
        Arc::new(queries.iter().map(count).collect::<UInt64Array>()) as ArrayRef
    };
    let names = StringArray::from_iter_values(queries.iter().map(|q| &q.name));
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("question", Arc::new(names) as ArrayRef, false),
        ("rows", counts(|q| Some(q.rows as u64)), false),
        ("median_ms", millis(|q| q.median_seconds)?, false),
        ("min_ms", millis(|q| q.min_seconds)?, false),
        ("max_ms", millis(|q| q.max_seconds)?, false),
        ("calls_per_s", counts(TimedQuery::calls_per_second), true),
        ("day_files", counts(|q| Some(q.day_files_read as u64)), false),
        ("read_kb", counts(|q| Some(q.bytes_read as u64 / 1000)), false),
        ("peak_mb", counts(|q| q.peak_memory_bytes.map(|bytes| bytes / 1_000_000)), true),
    ])?)
}

/// Converts numbers to decimals with two digits after the point.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds that someone waited for")]
fn hundredths(numbers: impl Iterator<Item = f64>) -> anyhow::Result<ArrayRef> {
    let hundredths = numbers.map(|number| (number * 100.0).round() as i128);
    Ok(Arc::new(Decimal128Array::from_iter_values(hundredths).with_precision_and_scale(18, 2)?))
}
