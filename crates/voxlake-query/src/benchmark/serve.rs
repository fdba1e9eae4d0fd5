//! Queries that another program requests: a name on a line of input, a line of JSON as output.
//!
//! Such a program can query several engines in turn, each in a process that stays warm. The first
//! line lists the queries, their columns and the values of their parameters, so that other engines
//! get the same.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::error::BenchmarkError;
use super::run::Run;
use super::session::Benchmark;
use crate::NamedQuery;

#[derive(Serialize)]
struct Greeting<'a> {
    version: &'static str,
    calls: u64,
    days: usize,
    bytes: u64,
    opening_seconds: f64,
    threads: usize,
    params: BTreeMap<&'static str, String>,
    questions: Vec<QueryInfo<'a>>,
}

#[derive(Serialize)]
struct QueryInfo<'a> {
    name: &'a str,
    title: &'a str,
    columns: Vec<ColumnInfo<'a>>,
}

#[derive(Serialize)]
struct ColumnInfo<'a> {
    name: &'a str,
    kind: &'static str,
}

#[derive(Serialize)]
struct Response {
    seconds: f64,
    peak_memory_bytes: Option<u64>,
    answer: Box<RawValue>,
}

#[derive(Serialize)]
struct Failure {
    error: String,
}

/// Responds to requests until the input ends. After a query that fails, further ones may succeed.
///
/// # Errors
/// [`BenchmarkError::Io`] if the input cannot be read or the output not be written.
pub async fn serve_benchmark(
    benchmark: &Benchmark,
    queries: &[&NamedQuery],
    mut input: impl BufRead,
    mut output: impl Write,
) -> Result<(), BenchmarkError> {
    write_line(&mut output, &greeting(benchmark, queries).await?)?;
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        match respond(benchmark, queries, line.trim()).await {
            Ok(response) => write_line(&mut output, &response)?,
            Err(error) => write_line(&mut output, &Failure { error: error.to_string() })?,
        }
        line.clear();
    }
    Ok(())
}

async fn greeting<'a>(
    benchmark: &Benchmark,
    queries: &[&'a NamedQuery],
) -> Result<Greeting<'a>, BenchmarkError> {
    let infos = queries.iter().map(|query| QueryInfo {
        name: &query.name,
        title: &query.title,
        columns: query
            .columns
            .iter()
            .map(|column| ColumnInfo { name: &column.name, kind: column.kind.name() })
            .collect(),
    });
    Ok(Greeting {
        version: env!("CARGO_PKG_VERSION"),
        calls: benchmark.calls().await?,
        days: benchmark.session.days().len(),
        bytes: benchmark.bytes(),
        opening_seconds: benchmark.opening.as_secs_f64(),
        threads: benchmark.threads,
        params: benchmark.subject.values().into(),
        questions: infos.collect(),
    })
}

async fn respond(
    benchmark: &Benchmark,
    queries: &[&NamedQuery],
    name: &str,
) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let Some(query) = queries.iter().find(|query| query.name == name) else {
        return Err(format!("there is no query {name:?}").into());
    };
    let run = Run::measure(benchmark, query).await?;
    Ok(Response { seconds: run.took.as_secs_f64(), peak_memory_bytes: run.peak_memory, answer: run.answer })
}

fn write_line(output: &mut impl Write, value: &impl Serialize) -> Result<(), BenchmarkError> {
    serde_json::to_writer(&mut *output, value)?;
    writeln!(output)?;
    Ok(output.flush()?)
}
