//! Runs the register of wrong answers, `crates/voxlake-query/tests/wrong_answers/*.slt`, on a
//! cluster. Ballista plans stages with DataFusion's rules, without the corrections of this project.

#![allow(clippy::panic, clippy::unwrap_used, dead_code, unreachable_pub, reason = "tests")]

mod support;

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};
use voxlake_query::{
    CompletionCatalog, Diagnostic, LakeSession, QueryError, RemoteEngine, StatementKind, classify,
};

use crate::support::cluster::Cluster;

/// A session as sqllogictest drives it.
struct Database(LakeSession);

impl Database {
    async fn open(engine: Arc<dyn RemoteEngine>) -> Result<Self, Failure> {
        let lake = support::sample().await;
        let options = voxlake_query::SessionOptions::new().engine(Some(engine));
        let session = LakeSession::open(&lake, options).await;
        Ok(Self(session.map_err(|error| Failure::of(&error, ""))?))
    }

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

#[async_trait]
impl AsyncDB for Database {
    type Error = Failure;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failure> {
        self.answer(sql).await.map_err(|error| Failure::of(&error, sql))
    }

    async fn shutdown(&mut self) {}
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

/// All files. `SLT=NAME` runs only the files whose names contain it.
#[ignore = "not all cases pass yet"]
#[test]
fn right_answers_on_a_cluster() {
    // As much stack as the binary gives its threads.
    let runtime = voxlake_query::query_runtime().build().unwrap();
    runtime.block_on(runtime.spawn(run_all())).unwrap();
}

async fn run_all() {
    let wanted = std::env::var("SLT").unwrap_or_default();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../voxlake-query/tests/wrong_answers");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        file.extension().is_some_and(|end| end == "slt") && file.to_str().unwrap().contains(&wanted)
    });
    files.sort();
    assert!(!files.is_empty());
    let cluster = Cluster::start(2, 2).await;
    let mut failures = Vec::new();
    for partitions in [1, 4] {
        for file in &files {
            let engine = cluster.engine(&format!("partitions={partitions}&deadline=30"));
            let mut runner = Runner::new(|| Database::open(Arc::clone(&engine)));
            if let Err(error) = runner.run_file_async(file).await {
                failures.push(format!("{} with {partitions} partitions: {error}", file.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{} differ\n{}", failures.len(), failures.join("\n\n"));
}
