//! Driver of the register of wrong answers, `tests/wrong_answers/*.slt`.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType};
use voxlake_lake::Lake;
use voxlake_query::{
    CompletionCatalog, Diagnostic, LakeSession, QueryError, SessionOptions, StatementKind, classify,
};

/// Files of the register. `SLT=NAME` selects the files whose names contain it.
pub fn files() -> Vec<PathBuf> {
    let wanted = std::env::var("SLT").unwrap_or_default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../voxlake-query/tests/wrong_answers");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        file.extension().is_some_and(|end| end == "slt")
            && file.file_stem().unwrap().to_string_lossy().contains(&wanted)
    });
    files.sort();
    assert!(!files.is_empty(), "no file is selected");
    files
}

/// Runs `task` on threads with as much stack as the binary gives its own.
pub fn run(task: impl Future<Output = ()> + Send + 'static) {
    let runtime = voxlake_query::query_runtime().build().unwrap();
    runtime.block_on(runtime.spawn(task)).unwrap();
}

/// A session over `data/sample` as sqllogictest drives it.
pub struct Database(pub LakeSession);

impl Database {
    /// Opens a session and changes its settings.
    pub async fn open(options: SessionOptions, settings: &[&str]) -> Result<Self, Failure> {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/sample");
        let lake = Lake::open(sample).await.unwrap();
        let session = LakeSession::open(&lake, options).await;
        let mut database = Self(session.map_err(|error| Failure::of(&error, ""))?);
        for setting in settings {
            database.run(setting).await?;
        }
        Ok(database)
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
pub struct Failure(pub String);

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
