//! Scheduler, executors and clients, each in a process of its own.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::support::{RunOutput, run, sample, voxlake};

/// Time after which a test gives up.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// Line of the scheduler's log for each job.
pub(super) const SUBMITTED: &str = "Submitting execution graph";

/// Output of a process so far.
#[derive(Clone)]
pub(super) struct Log(watch::Receiver<String>);

impl Log {
    fn of(output: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let (sender, receiver) = watch::channel(String::new());
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                sender.send_modify(|text| text.extend([line.as_str(), "\n"]));
            }
        });
        Self(receiver)
    }

    /// Waits until the output has `text` at least `times` times, and returns it.
    pub(super) async fn wait_for(&self, text: &str, times: usize) -> String {
        let mut receiver = self.0.clone();
        let found = timeout(PATIENCE, receiver.wait_for(|log| log.matches(text).count() >= times)).await;
        assert!(matches!(found, Ok(Ok(_))), "{text:?} is not in {}", self.text());
        drop(found);
        self.text()
    }

    pub(super) fn text(&self) -> String {
        self.0.borrow().clone()
    }

    /// Number of jobs that a scheduler started.
    pub(super) fn jobs(&self) -> usize {
        self.text().matches(SUBMITTED).count()
    }
}

/// Executor process and its output.
pub(super) struct Executor {
    pub(super) child: Child,
    pub(super) log: Log,
}

impl Executor {
    pub(super) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Log::of(child.stderr.take().unwrap());
        Self { child, log }
    }

    /// Waits until the executor has ended. Returns its exit code.
    pub(super) async fn code(&mut self) -> Option<i32> {
        timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap().code()
    }
}

/// A scheduler, its executors, and a folder for clients.
pub(super) struct Cluster {
    pub(super) folder: TempDir,
    pub(super) engine: String,
    pub(super) scheduler: Child,
    pub(super) log: Log,
    pub(super) executors: Vec<Executor>,
    /// Location of the lake.
    lake: String,
    /// Environment of executors and clients.
    environment: Vec<(String, String)>,
}

impl Cluster {
    /// Starts processes for the sample.
    pub(super) async fn start(executors: usize) -> Self {
        Self::over(&sample().to_string_lossy(), &[], executors).await
    }

    /// Starts processes for another lake. Executors and clients get `environment`.
    pub(super) async fn over(lake: &str, environment: &[(&str, &str)], executors: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut scheduler = voxlake(folder.path())
            .args(["cluster", "scheduler", "--listen", "127.0.0.1:0"])
            .env("VOXLAKE_LOG", "info")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(scheduler.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
        let engine = line.split_whitespace().find(|word| word.starts_with("ballista://")).unwrap();
        let log = Log::of(scheduler.stderr.take().unwrap());
        let environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut cluster = Self {
            folder,
            engine: engine.trim_end_matches(';').to_owned(),
            scheduler,
            log,
            executors: Vec::new(),
            lake: lake.to_owned(),
            environment,
        };
        for _ in 0..executors {
            cluster.add_executor();
        }
        cluster
    }

    pub(super) fn add_executor(&mut self) {
        let executor = Executor::spawn(&mut self.executor(two_free_ports()));
        self.executors.push(executor);
    }

    /// Returns `voxlake cluster executor` with two tasks.
    pub(super) fn executor(&self, port: u16) -> Command {
        let work = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
        let mut command = voxlake(self.folder.path());
        let scheduler = self.engine.trim_start_matches("ballista://");
        command
            .args(["cluster", "executor", "--tasks", "2", "--grace", "1s", "--scheduler", scheduler])
            .args(["--port", &port.to_string(), "--work-folder"])
            .arg(work)
            .envs(self.environment.iter().cloned());
        command
    }

    /// URL of this cluster, also for small queries.
    pub(super) fn url(&self, options: &str) -> String {
        format!("{}?min_bytes=0&{options}", self.engine)
    }

    /// Returns `voxlake` over the lake.
    pub(super) fn voxlake<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = voxlake(self.folder.path());
        command.args(args).env("VOXLAKE_LAKE", &self.lake).envs(self.environment.iter().cloned());
        command
    }

    /// Returns `voxlake query` in its own process.
    pub(super) fn local(&self, sql: &str) -> Command {
        self.voxlake(["query", "--no-summaries", "--format", "csv", "-c", sql])
    }

    /// Returns `voxlake query` on the cluster.
    pub(super) fn query(&self, sql: &str, options: &str) -> Command {
        let mut command = self.local(sql);
        command.args(["--engine", &self.url(options)]);
        command
    }

    /// Runs a query on the cluster.
    pub(super) async fn answer(&self, sql: &str, options: &str) -> RunOutput {
        timeout(PATIENCE, run(&mut self.query(sql, options))).await.unwrap()
    }

    /// Starts a query on the cluster, and waits until its job has started.
    pub(super) async fn start_query(&self, sql: &str, options: &str) -> Child {
        let jobs = self.log.jobs();
        let mut query = self.query(sql, options);
        let child = query.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.log.wait_for(SUBMITTED, jobs + 1).await;
        child
    }
}

/// Waits until a client has ended.
pub(super) async fn finish(client: Child) -> RunOutput {
    timeout(PATIENCE, client.wait_with_output()).await.unwrap().unwrap().into()
}

/// A port that is free, and so is the next one.
pub(super) fn two_free_ports() -> u16 {
    loop {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX - 1 && TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)).is_ok() {
            return port;
        }
    }
}

/// Sends a signal, such as `TERM`.
pub(super) fn signal(child: &Child, name: &str) {
    let id = child.id().unwrap().to_string();
    let sent = std::process::Command::new("kill").args([&format!("-{name}"), &id]).status();
    assert!(sent.unwrap().success());
}
