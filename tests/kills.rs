//! A sync that is killed repeatedly loses no call and repeats no committed window.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use chrono::{DateTime, Utc};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::process::{Child, Command};
use voxlake_sim::{Faults, RequestLogEntry};

use crate::support::{Case, run, simulated_calls, stored_calls, utc};

const FROM: &str = "2025-02-04T00:00:00Z";
const TO: &str = "2025-03-06T00:00:00Z";
const KILLS: usize = 100;
/// Maximum requests of a run before it is killed: a fifth of those that the period takes.
const MAX_REQUESTS: usize = 30;
/// Maximum time from the last of these requests to the kill, so that it falls anywhere between two
/// requests.
const MAX_DELAY: Duration = Duration::from_millis(30);

/// A sync under faults that is killed 100 times gets every call and repeats no committed window.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_sync_keeps_its_progress() {
    let mut rng = ChaCha8Rng::seed_from_u64(2026);
    let case = Case::with(|config| config.faults = Faults::seeded(11, 0.05)).await;
    // The covered ranges, and the number of requests before they were read.
    let mut covered = (0, Vec::new());
    let mut kills = 0;
    while kills < KILLS {
        let mut child = sync(&case).spawn().unwrap();
        let requests = rng.random_range(0..MAX_REQUESTS);
        let delay = MAX_DELAY.mul_f64(rng.random());
        if let Some(status) = exit_before(&mut child, &case, requests, delay).await {
            assert!(status.success());
            assert_complete(&case);
            // Start again with an empty lake, so that every kill interrupts a sync.
            std::fs::remove_dir_all(case.lake()).unwrap();
            covered = (0, Vec::new());
            continue;
        }
        child.kill().await.unwrap();
        kills += 1;
        let log = case.server.handle().log();
        assert_not_repeated(&log[covered.0..], &covered.1);
        if case.lake().join("voice_calls").exists() {
            covered = (log.len(), coverage(&case.lake()));
            run(&mut case.voxlake(["verify"])).await.ok();
        }
    }
    let status = sync(&case).status().await.unwrap();
    assert!(status.success(), "{status}");
    assert_not_repeated(&case.server.handle().log()[covered.0..], &covered.1);
    assert_complete(&case);
    let calls: Vec<_> = case.centre.calls(utc(FROM), utc(TO)).collect();
    case.assert_no_personal_data(&std::fs::read_to_string(said(&case)).unwrap(), &calls);
}

/// Waits until a run has sent this many requests, then for `delay`. Returns its status if it ends
/// before.
async fn exit_before(life: &mut Child, case: &Case, requests: usize, delay: Duration) -> Option<ExitStatus> {
    let server = case.server.handle();
    let wanted = server.log().len() + requests;
    let made = async {
        server.wait_for_requests(wanted).await;
        tokio::time::sleep(delay).await;
    };
    tokio::select! {
        status = life.wait() => Some(status.unwrap()),
        () = made => None,
    }
}

/// Returns the output of the runs at trace level.
fn said(case: &Case) -> PathBuf {
    case.folder.path().join("said")
}

fn sync(case: &Case) -> Command {
    let mut command = case.voxlake([
        "sync",
        "--from",
        FROM,
        "--to",
        TO,
        "-vvv",
        "--commit-calls",
        "300",
        "--window-pages",
        "4",
        "--retry-delay",
        "5ms",
    ]);
    let said = || File::options().create(true).append(true).open(said(case)).unwrap();
    command.stdout(said()).stderr(said());
    command
}

fn assert_complete(case: &Case) {
    let calls: Vec<_> = case.centre.calls(utc(FROM), utc(TO)).collect();
    let expected = simulated_calls(&calls);
    let mut found = stored_calls(&case.lake());
    found.retain(|day, _| day.as_str() < "2025-03-06");
    let count = |days: &BTreeMap<String, Vec<_>>| days.values().map(Vec::len).sum::<usize>();
    assert!(found == expected, "{} of {} calls", count(&found), count(&expected));
}

type Range = (DateTime<Utc>, DateTime<Utc>);

/// Returns the ranges that the day files cover, with touching ranges joined.
fn coverage(lake: &Path) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for folder in std::fs::read_dir(lake.join("voice_calls")).unwrap() {
        let file = folder.unwrap().path().join("calls.parquet");
        let Ok(file) = std::fs::File::open(file) else { continue };
        let reader = SerializedFileReader::new(file).unwrap();
        let pairs = reader.metadata().file_metadata().key_value_metadata().unwrap();
        let json = pairs.iter().find(|pair| pair.key == "voxlake.coverage").unwrap().value.clone().unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let moment = |range: &serde_json::Value, name: &str| utc(range[name].as_str().unwrap());
        let fetched = json["ranges"].as_array().unwrap().iter();
        ranges.extend(fetched.map(|range| (moment(range, "from"), moment(range, "to"))));
    }
    ranges
}

/// Asserts that no request overlaps a covered range by more than a boundary second.
fn assert_not_repeated(log: &[RequestLogEntry], covered: &[Range]) {
    for request in log.iter().map(|entry| &entry.request) {
        let (Some(asked_from), Some(asked_to)) = (request.from, request.to) else { continue };
        for (from, to) in covered {
            assert!(
                asked_to <= *from || *to <= asked_from,
                "{asked_from} to {asked_to} is asked for, and {from} to {to} was committed"
            );
        }
    }
}
