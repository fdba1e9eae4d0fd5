//! Queries on a scheduler and executors in processes of their own.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::support::{run, sample, voxlake};

/// Time after which a test gives up.
const PATIENCE: Duration = Duration::from_secs(120);
/// Executors that are killed while a query runs. `VOXLAKE_KILLS` sets another number.
const KILLS: usize = 5;
/// A query with several stages.
const GROUPED: &str = "SELECT a.result, b.direction, count(*), sum(a.total_duration) FROM voice_calls a JOIN voice_calls b ON a.consumer_number = b.consumer_number GROUP BY 1, 2 ORDER BY 1, 2";
/// A query that takes hours.
const ENDLESS: &str = "SELECT sum(a.total_duration * b.total_duration + c.total_duration) FROM voice_calls a, voice_calls b, voice_calls c";

/// A scheduler and its executors.
struct Cluster {
    folder: TempDir,
    engine: String,
    scheduler: Child,
    executors: Vec<Child>,
}

impl Cluster {
    async fn start(executors: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut scheduler = voxlake(folder.path())
            .args(["cluster", "scheduler", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(scheduler.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
        let engine = line.split_whitespace().find(|word| word.starts_with("ballista://")).unwrap();
        let engine = engine.trim_end_matches(';').to_owned();
        let mut cluster = Self { folder, engine, scheduler, executors: Vec::new() };
        for _ in 0..executors {
            cluster.add_executor();
        }
        cluster
    }

    fn add_executor(&mut self) {
        let executor = self.executor(two_free_ports()).spawn().unwrap();
        self.executors.push(executor);
    }

    fn executor(&self, port: u16) -> Command {
        let work = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
        let mut command = voxlake(self.folder.path());
        let scheduler = self.engine.trim_start_matches("ballista://");
        command
            .args(["cluster", "executor", "--tasks", "2", "--grace", "1s", "--scheduler", scheduler])
            .args(["--port", &port.to_string(), "--work-folder"])
            .arg(work);
        command
    }

    /// Returns `voxlake query` of the sample on the cluster.
    fn query(&self, sql: &str, options: &str) -> Command {
        let mut command = local(self.folder.path(), sql);
        command.args(["--engine", &format!("{}?min_bytes=0&deadline=60&{options}", self.engine)]);
        command
    }
}

/// Returns `voxlake query` of the sample.
fn local(folder: &Path, sql: &str) -> Command {
    let mut command = voxlake(folder);
    command.args(["query", "--no-summaries", "--format", "csv", "--lake"]).arg(sample()).args(["-c", sql]);
    command
}

/// A port that is free, and so is the next one.
fn two_free_ports() -> u16 {
    loop {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)).is_ok() {
            return port;
        }
    }
}

#[cfg(unix)]
fn terminate(child: &Child) {
    let id = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_answer_like_one() {
    let cluster = Cluster::start(2).await;
    let folder = tempfile::tempdir().unwrap();
    for sql in
        [GROUPED, "SELECT count(*) FROM days", "SELECT * FROM calls ORDER BY start_time, engagement_id"]
    {
        let expected = run(&mut local(folder.path(), sql)).await.ok();
        for partitions in [1, 4, 16] {
            let found = run(&mut cluster.query(sql, &format!("partitions={partitions}"))).await.ok();
            assert_eq!(found, expected, "{sql}, {partitions} partitions");
        }
    }
    let plan = run(&mut cluster.query(&format!("EXPLAIN {GROUPED}"), "")).await.ok();
    assert!(plan.contains("ClusterExec"), "{plan}");
}

/// `engine =` of the configuration file, and `--engine local` over it.
#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_names_the_engine() {
    let cluster = Cluster::start(1).await;
    let folder = tempfile::tempdir().unwrap();
    let config = format!("engine = \"{}?min_bytes=0&deadline=60\"\n", cluster.engine);
    std::fs::write(folder.path().join("voxlake.toml"), config).unwrap();
    let explain = format!("EXPLAIN {GROUPED}");
    let plan = run(&mut local(folder.path(), &explain)).await.ok();
    assert!(plan.contains("ClusterExec"), "{plan}");
    let plan = run(local(folder.path(), &explain).args(["--engine", "local"])).await.ok();
    assert!(!plan.contains("ClusterExec"), "{plan}");
    let wrong = run(local(folder.path(), &explain).args(["--engine", "http://127.0.0.1:1"])).await;
    assert!(wrong.code == 2 && wrong.err.contains("ballista://HOST:PORT"), "{wrong:?}");
}

/// Every query returns the right rows or an error.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn killed_executors_change_no_answer() {
    let mut cluster = Cluster::start(2).await;
    let folder = tempfile::tempdir().unwrap();
    let expected = run(&mut local(folder.path(), GROUPED)).await.ok();
    assert_eq!(run(&mut cluster.query(GROUPED, "partitions=8")).await.ok(), expected);
    let kills = std::env::var("VOXLAKE_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut answered = 0;
    for kill in 0..kills {
        let query =
            cluster.query(GROUPED, "partitions=8").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        // Falls on planning, on each stage and on the fetching of results.
        tokio::time::sleep(Duration::from_millis(100 + 60 * (kill as u64 % 10))).await;
        let mut executor = cluster.executors.remove(0);
        executor.kill().await.unwrap();
        let output = timeout(PATIENCE, query.unwrap().wait_with_output()).await.unwrap().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.success() {
            assert_eq!(out, expected);
            answered += 1;
        } else {
            assert!(out.is_empty() && err.contains("error"), "{out}{err}");
        }
        cluster.add_executor();
    }
    assert_eq!(run(&mut cluster.query(GROUPED, "partitions=8")).await.ok(), expected);
    assert!(answered > 0, "{answered} of {kills} queries were answered");
}

/// Ctrl-C of a client ends its job: the only executor takes the next query.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn signals_end_clients_and_busy_executors() {
    let mut cluster = Cluster::start(1).await;
    let short = "SELECT count(consumer_number) FROM voice_calls";
    let expected = run(&mut cluster.query(short, "partitions=2")).await.ok();
    for kill in [false, true] {
        let mut client = cluster.query(ENDLESS, "partitions=2").stdout(Stdio::null()).spawn().unwrap();
        let ended = timeout(Duration::from_secs(2), client.wait()).await;
        assert!(ended.is_err(), "the query takes hours: {ended:?}");
        if kill {
            client.kill().await.unwrap();
        } else {
            terminate(&client);
            assert_eq!(timeout(PATIENCE, client.wait()).await.unwrap().unwrap().code(), Some(130));
        }
        let found = timeout(PATIENCE, run(&mut cluster.query(short, "partitions=2"))).await.unwrap().ok();
        assert_eq!(found, expected);
    }
    let mut client =
        cluster.query(ENDLESS, "partitions=2").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let ended = timeout(Duration::from_secs(2), client.wait()).await;
    assert!(ended.is_err(), "{ended:?}");
    terminate(&cluster.executors[0]);
    let status = timeout(PATIENCE, cluster.executors[0].wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    client.kill().await.unwrap();
    terminate(&cluster.scheduler);
    assert!(timeout(PATIENCE, cluster.scheduler.wait()).await.unwrap().unwrap().success());
}

#[tokio::test]
async fn addresses_of_other_machines_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for args in [["scheduler", "--listen", "0.0.0.0:50050"], ["executor", "--listen", "0.0.0.0"]] {
        let ran = run(voxlake(folder.path()).arg("cluster").args(args)).await;
        assert!(ran.code != 0 && ran.err.contains("only loopback addresses"), "{ran:?}");
    }
}
