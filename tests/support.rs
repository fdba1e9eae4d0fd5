//! A temporary folder, a simulator and the binary, for each test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use aho_corasick::AhoCorasick;
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Int64Type};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;
use tokio::process::Command;
use voxlake_sim::{
    Call, Centre, CentreConfig, Clock as _, LocalServer, ManualClock, RateLimits, ServerConfig,
};

/// Time of the binary when the tests start: a Friday, two weeks after the last call of
/// `data/sample`.
pub(crate) const NOW: &str = "2026-11-20T12:00:00Z";

/// Start of the tests.
static TESTS_STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Returns the time of a run that starts now, if it was `start` at `started`. Later runs get later
/// times.
fn since(started: Instant, start: &str) -> String {
    let passed = TimeDelta::from_std(started.elapsed()).unwrap();
    (utc(start) + passed).to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Sets the clock of a run of the binary to `now`.
pub(crate) fn set_clock<'a>(command: &'a mut Command, now: &str) -> &'a mut Command {
    command.env("VOXLAKE_TEST_NOW", now)
}

/// Returns the root folder of the project.
pub(crate) fn project_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Returns the committed sample lake.
pub(crate) fn sample() -> PathBuf {
    project_root().join("data/sample")
}

/// Copies a folder with its files and folders.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Writes a file that only its owner can read, as secrets require.
pub(crate) fn write_private(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

/// Returns the binary at [`NOW`], without the developer's settings in the environment.
pub(crate) fn voxlake(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_voxlake"));
    for (name, _) in std::env::vars() {
        let prefixes = ["VOXLAKE_", "ZOOM_", "AWS_", "AZURE_", "GOOGLE_"];
        if prefixes.iter().any(|prefix| name.starts_with(prefix)) || name.to_lowercase().ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    set_clock(&mut command, &since(*TESTS_STARTED, NOW));
    command.current_dir(folder).kill_on_drop(true);
    command
}

/// Exit code and output of a run of the binary.
#[derive(Debug)]
pub(crate) struct RunOutput {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for RunOutput {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl RunOutput {
    /// Returns the output of a successful run.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }
}

pub(crate) async fn run(command: &mut Command) -> RunOutput {
    command.output().await.unwrap().into()
}

pub(crate) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A small centre, its server, and a folder for the lake.
pub(crate) struct Case {
    pub(crate) folder: TempDir,
    pub(crate) centre: Arc<Centre>,
    pub(crate) clock: ManualClock,
    pub(crate) server: LocalServer,
    started: Instant,
}

/// Time at which a [`Case`] starts, for the binary and the simulator. The simulator's clock does
/// not advance.
pub(crate) const CASE_NOW: &str = "2025-03-10T12:00:00Z";
/// Period of the cases: three days, settled at [`CASE_NOW`].
pub(crate) const FROM: &str = "2025-03-03T00:00:00Z";
pub(crate) const TO: &str = "2025-03-06T00:00:00Z";

impl Case {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn limited(limits: RateLimits) -> Self {
        Self::with(|config| config.limits = limits).await
    }

    /// Creates a case with another server configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut ServerConfig)) -> Self {
        let centre = Centre::new(CentreConfig::default().with_seed(7).with_calls_per_day(400.0));
        let centre = Arc::new(centre.unwrap());
        let clock = ManualClock::new(utc(CASE_NOW));
        let mut config = ServerConfig::new(Arc::clone(&centre)).with_clock(clock.clone());
        change(&mut config);
        let server = LocalServer::start(config).await.unwrap();
        Self { folder: tempfile::tempdir().unwrap(), centre, clock, server, started: Instant::now() }
    }

    pub(crate) fn lake(&self) -> PathBuf {
        self.folder.path().join("lake")
    }

    /// Returns `voxlake ARGS` with the lake and the server of this case in its environment.
    pub(crate) fn voxlake<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = voxlake(self.folder.path());
        let credentials = &self.server.handle().config().credentials;
        set_clock(&mut command, &since(self.started, &self.clock.now().to_rfc3339()))
            .args(args)
            .env("VOXLAKE_LAKE", "lake")
            .env("VOXLAKE_API_URL", self.server.api_url())
            .env("VOXLAKE_OAUTH_URL", self.server.oauth_url())
            .env("VOXLAKE_REQUESTS_PER_SECOND", "10000")
            .env("ZOOM_ACCOUNT_ID", &credentials.account_id)
            .env("ZOOM_CLIENT_ID", &credentials.client_id)
            .env("ZOOM_CLIENT_SECRET", &credentials.client_secret);
        command
    }

    /// Returns `voxlake sync` of the case's period, with further arguments.
    pub(crate) fn sync(&self, more: &[&str]) -> Command {
        self.voxlake(["sync", "--from", FROM, "--to", TO].into_iter().chain(more.iter().copied()))
    }

    /// Asserts that the output holds no secret, telephone number or name.
    pub(crate) fn assert_no_personal_data(&self, said: &str, calls: &[Call]) {
        let credentials = &self.server.handle().config().credentials;
        let mut unsayable = vec![credentials.client_secret.as_str(), "Bearer "];
        for call in calls {
            let numbers = [&call.consumer_number, &call.numbers.caller_number, &call.numbers.callee_number];
            unsayable.extend(numbers.into_iter().flatten().map(String::as_str).filter(|n| n.len() > 6));
            let agents = call.agents.iter().map(|part| part.agent.display_name.as_str());
            unsayable.extend(agents.chain(call.consumer_display_name.as_deref()).filter(|n| n.len() > 4));
        }
        assert!(unsayable.len() > 100);
        let found = AhoCorasick::new(&unsayable).unwrap().find(said);
        assert!(found.is_none(), "{:?} is said", found.map(|found| unsayable[found.pattern()]));
    }

    /// Returns the simulated calls of the case's period.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.centre.calls(utc(FROM), utc(TO)).collect()
    }
}

/// Data of a call that both the simulator and the day files have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallFacts {
    pub(crate) id: String,
    pub(crate) seconds: Option<i64>,
    pub(crate) micros: Option<i128>,
    pub(crate) queues: usize,
    pub(crate) legs: usize,
}

/// Returns the calls of each day in the simulator.
pub(crate) fn simulated_calls(calls: &[Call]) -> BTreeMap<String, Vec<CallFacts>> {
    let mut days: BTreeMap<String, Vec<CallFacts>> = BTreeMap::new();
    for call in calls {
        days.entry(call.start_time.date_naive().to_string()).or_default().push(CallFacts {
            id: call.engagement_id.to_string(),
            seconds: Some(call.total_duration.into()),
            micros: call.charge.amount().map(|amount| amount.0.into()),
            queues: call.queues.len(),
            legs: call.legs.len(),
        });
    }
    days.values_mut().for_each(|calls| calls.sort());
    days
}

/// Returns the calls of each day in a lake, read with the Parquet reader only.
pub(crate) fn stored_calls(lake: &Path) -> BTreeMap<String, Vec<CallFacts>> {
    let mut days = BTreeMap::new();
    for folder in std::fs::read_dir(lake.join("voice_calls")).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let mut calls: Vec<CallFacts> =
            read_parquet(&folder.path().join("calls.parquet")).iter().flat_map(call_facts).collect();
        calls.sort();
        if !calls.is_empty() {
            days.insert(name.strip_prefix("date=").unwrap().to_owned(), calls);
        }
    }
    days
}

/// Returns the record batches of a Parquet file.
pub(crate) fn read_parquet(file: &Path) -> Vec<RecordBatch> {
    let file = std::fs::File::open(file).unwrap();
    ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).collect()
}

fn call_facts(batch: &RecordBatch) -> Vec<CallFacts> {
    let ids = batch["engagement_id"].as_string::<i32>();
    let seconds = batch["total_duration"].as_primitive::<Int64Type>();
    let charges = batch["charge_amount"].as_primitive::<Decimal128Type>();
    let (queues, legs) = (batch["queues"].as_list::<i32>(), batch["voice_call_details"].as_list::<i32>());
    let length = |length: i32| usize::try_from(length).unwrap();
    (0..batch.num_rows())
        .map(|row| CallFacts {
            id: ids.value(row).to_owned(),
            seconds: seconds.iter().nth(row).unwrap(),
            micros: charges.iter().nth(row).unwrap(),
            queues: length(queues.value_length(row)),
            legs: length(legs.value_length(row)),
        })
        .collect()
}
