//! `voxlake bench`: times the queries of the benchmark over a lake.

use std::error::Error;
use std::io::{self, Write as _};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use voxlake_lake::Lake;
use voxlake_query::benchmark::{Benchmark, BenchmarkError, BenchmarkReport, select_queries, serve_benchmark};
use voxlake_query::{QueryLibrary, SessionOptions};
use voxlake_report::{Format, write_batches};

use super::sync_report::print_lines;
use crate::args::{BenchArgs, OutputFormat};
use crate::clock;
use crate::commands::engine::engine;
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
        .clock(Some(clock::now))
        .engine(engine(&settings)?);
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
    write_batches(Format::Json, schema, batches, &mut json)?;
    Ok(String::from_utf8(json)?)
}

fn print(report: &BenchmarkReport, format: OutputFormat) -> anyhow::Result<()> {
    let mut out = io::stdout();
    if format == OutputFormat::Json {
        writeln!(out, "{}", serde_json::to_string_pretty(report)?)?;
        return Ok(());
    }
    print_lines(&report.describe(), &mut out)?;
    writeln!(out)?;
    let queries = report.query_table()?;
    Ok(write_batches(Format::Table, queries.schema(), &[queries], out)?)
}
