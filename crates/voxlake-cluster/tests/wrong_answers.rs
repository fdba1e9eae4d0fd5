//! Runs the register of wrong answers, `crates/voxlake-query/tests/wrong_answers/*.slt`, on a
//! cluster. Ballista plans stages with DataFusion's rules, without the corrections of this project.

#![allow(clippy::panic, clippy::unwrap_used, dead_code, unreachable_pub, reason = "tests")]

#[path = "../../voxlake-query/tests/register/mod.rs"]
mod register;
mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::{StreamExt as _, stream};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};
use voxlake_query::{RemoteEngine, SessionOptions};

use crate::register::{Database, Failure};
use crate::support::cluster::Cluster;

/// Statements that a cluster refuses: file, part of the statement, and part of the error.
const REFUSED: [(&str, &str, &str); 5] = [
    ("ignored_clauses", "lag(x) IGNORE NULLS OVER", "IGNORE NULLS is not sent"),
    ("ignored_clauses", "first_value(x IGNORE NULLS) OVER", "IGNORE NULLS is not sent"),
    ("ignored_clauses", "FILTER (WHERE x > 1) OVER", "FILTER of a window is not sent"),
    ("lead_ignoring_nulls", "SELECT n, lead(v, 2) IGNORE NULLS", "IGNORE NULLS is not sent"),
    ("lead_ignoring_nulls", "QUALIFY lead(v, 2) IGNORE NULLS", "IGNORE NULLS is not sent"),
];

/// Files that run at the same time.
const FILES_AT_ONCE: usize = 4;

/// All files. `SLT=NAME` runs only the files whose names contain it, `PARTITIONS=1,4` with other
/// numbers of partitions than 4.
#[test]
fn right_answers_on_a_cluster() {
    register::run(run_all());
}

/// A session of a cluster, and one without for the statements that a cluster refuses.
struct Session {
    file: String,
    remote: Database,
    local: Database,
    /// Places in `REFUSED` of the statements that were refused.
    refused: Arc<Mutex<BTreeSet<usize>>>,
}

impl Session {
    async fn open(
        file: &Path,
        engine: Arc<dyn RemoteEngine>,
        refused: Arc<Mutex<BTreeSet<usize>>>,
    ) -> Result<Self, Failure> {
        let file = file.file_stem().unwrap().to_string_lossy().into_owned();
        let remote = Database::open(SessionOptions::new().engine(Some(engine)), &[]).await?;
        let local = Database::open(SessionOptions::new(), &[]).await?;
        Ok(Self { file, remote, local, refused })
    }

    /// Place in `REFUSED` of a statement with this error.
    fn refusal(&self, sql: &str, error: &Failure) -> Option<usize> {
        REFUSED.iter().position(|(file, statement, reason)| {
            *file == self.file && sql.contains(statement) && error.0.contains(reason)
        })
    }
}

#[async_trait]
impl AsyncDB for Session {
    type Error = Failure;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failure> {
        match self.remote.run(sql).await {
            Ok(DBOutput::StatementComplete(_)) => self.local.run(sql).await,
            Err(error) => match self.refusal(sql, &error) {
                Some(place) => {
                    self.refused.lock().unwrap().insert(place);
                    self.local.run(sql).await
                }
                None => Err(error),
            },
            answer => answer,
        }
    }

    async fn shutdown(&mut self) {}
}

/// Runs a file and returns its failures.
async fn run_file(
    file: PathBuf,
    engine: Arc<dyn RemoteEngine>,
    refused: Arc<Mutex<BTreeSet<usize>>>,
) -> Vec<String> {
    let open = || Session::open(&file, Arc::clone(&engine), Arc::clone(&refused));
    let (mut runner, mut failures) = (Runner::new(open), Vec::new());
    for record in sqllogictest::parse_file(&file).unwrap() {
        if let Err(error) = runner.run_async(record).await {
            failures.push(error.to_string());
        }
    }
    failures
}

async fn run_all() {
    let cluster = Cluster::start(2, 2).await;
    let partitions = std::env::var("PARTITIONS").unwrap_or_else(|_| "4".to_owned());
    let (files, refused) = (register::files(), Arc::<Mutex<_>>::default());
    let mut failures = Vec::new();
    for partitions in partitions.split(',') {
        let runs = stream::iter(files.clone()).map(|file| {
            let engine = cluster.engine(&format!("partitions={partitions}&deadline=60"));
            tokio::spawn(run_file(file, engine, Arc::clone(&refused)))
        });
        let found: Vec<_> = runs.buffered(FILES_AT_ONCE).collect().await;
        failures.extend(found.into_iter().flat_map(Result::unwrap));
    }
    assert!(failures.is_empty(), "{} differ\n{}", failures.len(), failures.join("\n\n"));
    let chosen = |name: &str| files.iter().any(|file| file.file_stem().unwrap() == name);
    let expected = (0..REFUSED.len()).filter(|place| chosen(REFUSED[*place].0)).collect::<BTreeSet<_>>();
    assert_eq!(*refused.lock().unwrap(), expected, "not all of these are refused any more");
}
