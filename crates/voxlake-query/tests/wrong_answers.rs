//! Runs the register of wrong answers, `tests/wrong_answers/*.slt`, over `data/sample` under every
//! kind of settings that can change an answer.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it cannot do")]

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};
use voxlake_lake::Lake;
use voxlake_query::{
    CompletionCatalog, Diagnostic, LakeSession, QueryError, SessionOptions, StatementKind, classify,
};

/// Settings under which every file runs.
struct Variant {
    name: &'static str,
    options: SessionOptions,
    settings: &'static [&'static str],
}

fn variants() -> Vec<Variant> {
    let options = |partitions| SessionOptions::new().target_partitions(NonZeroUsize::new(partitions));
    vec![
        Variant { name: "one partition", options: options(1), settings: &[] },
        Variant { name: "four partitions", options: options(4), settings: &[] },
        Variant {
            name: "four partitions of small batches, repartitioned at any size",
            options: options(4),
            settings: &[
                "SET datafusion.execution.batch_size = 3",
                "SET datafusion.optimizer.repartition_file_min_size = 1",
            ],
        },
        Variant {
            name: "no pushdown of filters",
            options: options(4),
            settings: &[
                "SET datafusion.execution.parquet.pushdown_filters = false",
                "SET datafusion.optimizer.enable_dynamic_filter_pushdown = false",
            ],
        },
        Variant {
            name: "limited memory",
            options: SessionOptions::new().memory_limit(Some(64 << 20)),
            settings: &[],
        },
        Variant { name: "no summaries", options: options(2).no_summaries(true), settings: &[] },
    ]
}

/// A session as sqllogictest drives it.
struct Database(LakeSession);

impl Database {
    async fn open(variant: &Variant) -> Result<Self, Failure> {
        let lake = Lake::open(sample().to_str().unwrap()).await.unwrap();
        let session = LakeSession::open(&lake, variant.options.clone()).await;
        let mut database = Self(session.map_err(|error| Failure::of(&error, ""))?);
        for setting in variant.settings {
            database.run(setting).await?;
        }
        Ok(database)
    }
}

#[async_trait]
impl AsyncDB for Database {
    type Error = Failure;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failure> {
        self.answer(sql).await.map_err(|error| Failure::of(&error, sql))
    }

    async fn shutdown(&mut self) {}
}

impl Database {
    async fn answer(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, QueryError> {
        let statement = self.0.parse(sql)?;
        if !matches!(classify(&statement)?, StatementKind::Query) {
            self.0.define(&statement, sql).await?;
            return Ok(DBOutput::StatementComplete(0));
        }
        let answer = self.0.execute_statement(&statement, sql, HashMap::new()).await?;
        let types = vec![DefaultColumnType::Any; answer.schema().fields().len()];
        let rows = answer.collect().await?.iter().flat_map(rows).collect();
        Ok(DBOutput::Rows { types, rows })
    }
}

/// An error as its user reads it, with the hint.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    fn of(error: &QueryError, sql: &str) -> Self {
        let Diagnostic { message, hint, .. } = Diagnostic::new(error, sql, &CompletionCatalog::default());
        Self(hint.map_or(message.clone(), |hint| format!("{message}\nhint: {hint}")))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failure {}

/// The cells of a batch as text: `NULL` for null, `(empty)` for empty text.
fn rows(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::default().with_null("NULL");
    let columns = batch.columns().iter();
    let formatters: Vec<_> =
        columns.map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap()).collect();
    let cell = |formatter: &ArrayFormatter<'_>, row| match formatter.value(row).to_string() {
        text if text.is_empty() => "(empty)".to_owned(),
        text => text,
    };
    (0..batch.num_rows())
        .map(|row| formatters.iter().map(|formatter| cell(formatter, row)).collect())
        .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong_answers")
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sample").canonicalize().unwrap()
}

/// All files, under all settings. `SLT=NAME` runs only the files whose names contain it.
#[test]
fn right_answers_under_all_settings() {
    // As much stack as the binary gives its threads.
    let runtime = voxlake_query::query_runtime().build().unwrap();
    runtime.block_on(runtime.spawn(run_all())).unwrap();
}

async fn run_all() {
    let wanted = std::env::var("SLT").unwrap_or_default();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        file.extension().is_some_and(|end| end == "slt") && file.to_str().unwrap().contains(&wanted)
    });
    files.sort();
    assert!(!files.is_empty());
    let mut failures = Vec::new();
    for variant in variants() {
        for file in &files {
            let mut runner = Runner::new(|| Database::open(&variant));
            if let Err(error) = runner.run_file_async(file).await {
                failures.push(format!("{} with {}: {error}", file.display(), variant.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
