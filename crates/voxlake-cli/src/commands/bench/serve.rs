//! Questions as another program asks them: a name on standard input, a line of JSON on standard output.
//!
//! That program can then ask several engines in turn, and each of them in a process that stays warm. The first line says
//! what can be asked, what the answers' columns are, and the values of the parameters, for the others to be asked the
//! same.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use serde::Serialize;
use serde_json::value::RawValue;
use voxlake_query::NamedQuery;

use super::Bench;
use super::run::Run;

#[derive(Serialize)]
struct Greeting<'a> {
    version: &'static str,
    calls: u64,
    days: usize,
    bytes: u64,
    opening_seconds: f64,
    threads: usize,
    params: BTreeMap<&'static str, String>,
    questions: Vec<Asked<'a>>,
}

#[derive(Serialize)]
struct Asked<'a> {
    name: &'a str,
    title: &'a str,
    columns: Vec<Column<'a>>,
}

#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    kind: &'static str,
}

#[derive(Serialize)]
struct Answered {
    seconds: f64,
    peak_memory_bytes: Option<u64>,
    answer: Box<RawValue>,
}

#[derive(Serialize)]
struct Failed {
    error: String,
}

/// Answers until standard input ends. A question that fails is told so in its place; the next may be answered.
pub(super) async fn serve(bench: &Bench, questions: &[&NamedQuery]) -> anyhow::Result<()> {
    say(&greeting(bench, questions).await?)?;
    let mut line = String::new();
    while io::stdin().read_line(&mut line)? > 0 {
        match answer(bench, questions, line.trim()).await {
            Ok(answered) => say(&answered)?,
            Err(error) => say(&Failed { error: voxlake_report::error_chain(error.as_ref()) })?,
        }
        line.clear();
    }
    Ok(())
}

async fn greeting<'a>(bench: &Bench, questions: &[&'a NamedQuery]) -> anyhow::Result<Greeting<'a>> {
    let asked = questions.iter().map(|question| Asked {
        name: &question.name,
        title: &question.title,
        columns: question
            .columns
            .iter()
            .map(|column| Column { name: &column.name, kind: column.kind.name() })
            .collect(),
    });
    Ok(Greeting {
        version: env!("CARGO_PKG_VERSION"),
        calls: bench.calls().await?,
        days: bench.session.days().len(),
        bytes: bench.bytes(),
        opening_seconds: bench.opening.as_secs_f64(),
        threads: bench.threads,
        params: bench.subject.values().into(),
        questions: asked.collect(),
    })
}

async fn answer(bench: &Bench, questions: &[&NamedQuery], name: &str) -> anyhow::Result<Answered> {
    let Some(question) = questions.iter().find(|question| question.name == name) else {
        anyhow::bail!("there is no question {name:?}");
    };
    let run = Run::of(bench, question).await?;
    Ok(Answered { seconds: run.took.as_secs_f64(), peak_memory_bytes: run.peak_memory, answer: run.answer })
}

fn say(what: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, what)?;
    writeln!(out)?;
    Ok(out.flush()?)
}
