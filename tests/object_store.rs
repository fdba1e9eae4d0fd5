//! Lakes in an object store: every command, over a stand-in for Amazon S3.

pub(crate) mod moto;

use std::collections::BTreeSet;

use arrow::array::AsArray as _;
use serde_json::{Value, json};
use tokio::process::Command;
use voxlake_lake::{ConflictPolicy, Lake, LakeLocation};
use voxlake_model::decode_records;

use crate::how_to::HowTo;
use crate::migrate::make_former;
use crate::support::{CASE_NOW, Case, FROM, TO, run, simulated_calls, utc, write_private};
use moto::Moto;

/// Attempts of each of two racing writers.
const RACE_ROUNDS: usize = 100;

/// A contact centre, and a lake in a bucket.
struct Bucket {
    case: Case,
    moto: Moto,
}

impl Bucket {
    /// Returns `None` if the server is not installed.
    async fn new() -> Option<Self> {
        Some(Self { moto: Moto::start().await?, case: Case::new().await })
    }

    fn voxlake<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.case.voxlake(args);
        self.moto.set_variables(&mut command).env("VOXLAKE_LAKE", "s3://calls/lake");
        command
    }

    /// Runs a command that succeeds, and checks that it warned of nothing and released its lock.
    async fn ok(&self, args: &[&str]) -> String {
        let ran = run(&mut self.voxlake(args.iter().copied())).await;
        assert!(!ran.err.contains("WARN"), "{ran:?}");
        self.assert_unlocked(args).await;
        ran.ok()
    }

    /// Checks that a command released all locks.
    async fn assert_unlocked(&self, args: &[&str]) {
        let keys = self.moto.keys("lake/_voxlake/").await;
        let locks: Vec<_> = keys.iter().filter(|key| key.contains("lock")).collect();
        assert!(locks.is_empty(), "{args:?} left {locks:?}");
    }

    async fn sync(&self) -> String {
        self.ok(&["sync", "--from", FROM, "--to", TO]).await
    }

    async fn json(&self, args: &[&str]) -> Value {
        let out = run(&mut self.voxlake(args.iter().copied().chain(["--format", "json"]))).await;
        let parsed = serde_json::from_str(&out.out);
        assert!(parsed.is_ok(), "{out:?}");
        parsed.unwrap()
    }
}

/// A lake in a bucket has the calls and the answers of a local one.
#[tokio::test(flavor = "multi_thread")]
async fn a_synced_bucket_equals_a_local_lake() {
    let Some(bucket) = Bucket::new().await else { return };
    let ran = run(&mut bucket.voxlake(["status"])).await;
    assert!(ran.code == 1 && ran.err.contains("there is no lake at s3://calls/lake"), "{ran:?}");
    let out = bucket.sync().await;
    assert!(bucket.sync().await.starts_with("Nothing to fetch"), "{out}");

    let local = Case::new().await;
    run(&mut local.sync(&[])).await.ok();
    let local_json = async |args: &[&str]| -> Value {
        let out = run(&mut local.voxlake(args.iter().copied().chain(["--format", "json"]))).await.ok();
        serde_json::from_str(&out).unwrap()
    };
    let verified = bucket.json(&["verify"]).await;
    assert_eq!(verified["days"], local_json(&["verify"]).await["days"]);
    let calls: usize = simulated_calls(&bucket.case.calls()).values().map(Vec::len).sum();
    assert_eq!(verified["calls"], calls);
    assert_eq!(bucket.json(&["status"]).await["calls"], calls);

    for query in ["abandonment_rate", "traffic", "duration_percentiles", "data_quality"] {
        let args = ["query", query, "--from", "2025-03-03", "--to", "2025-03-06"];
        let expected = local_json(&args).await;
        assert_eq!(bucket.json(&args).await, expected, "{query}");
        let scanned = [&args[..], &["--no-summaries"]].concat();
        assert_eq!(bucket.json(&scanned).await, expected, "{query}");
    }
    let sql = "SELECT count(*) AS calls, min(start_time) AS first FROM voice_calls WHERE date = '2025-03-04'";
    assert_eq!(bucket.json(&["sql", "-c", sql]).await, local_json(&["sql", "-c", sql]).await);
    let out = bucket.ok(&["summarize", "--rebuild"]).await;
    assert!(!out.is_empty(), "{out}");
    let named = run(&mut bucket.voxlake(["bench", "--rounds", "1", "--questions", "q1"])).await;
    assert_eq!(named.code, 0, "{named:?}");
}

/// The published table is in the bucket, and follows each sync.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_published() {
    let Some(bucket) = Bucket::new().await else { return };
    bucket.ok(&["sync", "--from", FROM, "--to", "2025-03-04T12:00:00Z"]).await;
    let out = bucket.ok(&["publish"]).await;
    assert!(out.contains("published version 0: 2 days added"), "{out}");
    assert!(out.contains("Delta table: s3://calls/lake/published/delta/voice_calls"), "{out}");
    bucket.sync().await;
    let status = bucket.json(&["status"]).await;
    assert_eq!(
        (&status["published"]["version"], &status["published"]["changed_days"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(status["published"]["calls"], status["calls"]);
    let keys = bucket.moto.keys("lake/published/").await;
    let days = keys.iter().filter(|key| key.contains("/date=")).count();
    assert_eq!((days, keys.len()), (4, 6), "{keys:?}");

    let out = bucket.ok(&["publish", "--keep", "0s"]).await;
    assert!(out.contains("published version 2"), "{out}");
    let keys = bucket.moto.keys("lake/published/").await;
    assert_eq!(keys.iter().filter(|key| key.contains("/date=")).count(), 3, "{keys:?}");
    bucket.ok(&["publish", "--drop"]).await;
    assert_eq!(bucket.moto.keys("lake/published/").await.len(), 0);
}

/// Commands that write to a lake, other than syncs.
#[tokio::test(flavor = "multi_thread")]
async fn writing_commands_work_in_a_bucket() {
    let Some(bucket) = Bucket::new().await else { return };
    let folder = bucket.case.folder.path();
    let page = json!({"voice_calls": [
        {"engagement_id": "a", "start_time": "2025-02-20T10:00:00Z"},
        {"engagement_id": "b"},
    ]});
    std::fs::write(folder.join("page.json"), page.to_string()).unwrap();
    let out = bucket.ok(&["import", "page.json"]).await;
    assert!(out.contains("1 is new"), "{out}");
    let rejects = bucket.json(&["rejects", "list"]).await;
    let id = rejects[0]["id"].as_str().unwrap();
    bucket.ok(&["rejects", "show", &id[..12]]).await;
    bucket.ok(&["rejects", "replay"]).await;
    bucket.ok(&["rejects", "drop", id]).await;
    bucket.sync().await;

    let out = bucket.ok(&["lookup", "--direction", "inbound", "--last", "7d", "--save"]).await;
    assert!(!out.is_empty());
    let out = bucket.ok(&["verify", "--api"]).await;
    assert!(!out.is_empty());
    let out = bucket.ok(&["doctor"]).await;
    assert!(out.contains("s3://calls/lake has "), "{out}");

    bucket.ok(&["generate", "--lake", "s3://calls/generated", "--calls", "500", "--days", "2"]).await;
    bucket.ok(&["demo", "--lake", "s3://calls/demo", "--days", "2", "--calls-per-day", "50"]).await;
    for lake in ["generated", "demo"] {
        let days = bucket.moto.keys(&format!("{lake}/voice_calls/")).await;
        assert!(days.len() >= 2, "{lake}: {days:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_and_schedules_work_in_a_bucket() {
    let Some(bucket) = Bucket::new().await else { return };
    bucket.sync().await;
    bucket.ok(&["report", "run", "daily-operations", "--period", "2025-03-04", "-o", "out"]).await;
    let folder = bucket.case.folder.path();
    let page = std::fs::read_to_string(folder.join("out/daily-operations_2025-03-04.html")).unwrap();
    assert!(page.contains("</html>"));
    std::fs::write(
        folder.join("voxlake.toml"),
        "[[schedule]]\nname = 'daily'\nreport = 'daily-operations'\ncron = '0 6 * * *'\nformats = ['html']\n\
         since = '2025-03-10'\n\
         [[schedule.deliver]]\nstore = 's3://calls/reports'\n",
    )
    .unwrap();
    let out = bucket.ok(&["schedule", "due"]).await;
    assert!(out.contains("delivered"), "{out}");
    assert_eq!(bucket.moto.keys("reports/").await.len(), 1);
    assert_eq!(bucket.ok(&["schedule", "due"]).await, "Nothing is due.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_objects_are_repaired() {
    let Some(bucket) = Bucket::new().await else { return };
    bucket.sync().await;
    let whole = bucket.json(&["verify"]).await;
    let key = "lake/voice_calls/date=2025-03-04/calls.parquet";
    let mut bytes = bucket.moto.get(key).await;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bucket.moto.put(key, &bytes).await;
    let ran = run(&mut bucket.voxlake(["verify"])).await;
    assert!(ran.code == 1 && ran.out.contains("date=2025-03-04"), "{ran:?}");
    bucket.ok(&["sync", "--from", FROM, "--to", TO, "--repair"]).await;
    assert_eq!(bucket.json(&["verify"]).await["days"], whole["days"]);
    assert_eq!(bucket.moto.keys("lake/_voxlake/damaged/").await.len(), 1);
}

/// A day of an earlier version is migrated, and its summaries stay valid.
#[tokio::test(flavor = "multi_thread")]
async fn former_files_in_a_bucket_are_migrated() {
    let Some(bucket) = Bucket::new().await else { return };
    bucket.sync().await;
    let whole = bucket.json(&["verify"]).await;
    let key = "lake/voice_calls/date=2025-03-04/calls.parquet";
    let file = bucket.case.folder.path().join("calls.parquet");
    std::fs::write(&file, bucket.moto.get(key).await).unwrap();
    make_former(&file);
    bucket.moto.put(key, &std::fs::read(&file).unwrap()).await;
    assert_eq!(bucket.json(&["verify"]).await["outdated_days"], 1);
    bucket.ok(&["summarize"]).await;
    assert_eq!(bucket.ok(&["migrate"]).await, "rewrote 1 of 3 days; 2 were current\n");
    let now = bucket.json(&["verify"]).await;
    assert_eq!((&now["days"], &now["outdated_days"]), (&whole["days"], &json!(0)));
    let told = run(&mut bucket.voxlake(["query", "abandonment_rate", "-p", "by=queue"])).await;
    assert!(told.err.contains("0 of 3 day files read"), "{told:?}");
    assert_eq!(bucket.ok(&["migrate"]).await, "nothing to rewrite: 3 days are current\n");
}

/// Two writers try to lock the lake and to add a call, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn racing_writers_lose_no_committed_call() {
    let Some(moto) = Moto::start().await else { return };
    let location = LakeLocation::from("s3://calls/race").with_options(moto.options());
    let write = |writer: &'static str| {
        let location = location.clone();
        tokio::spawn(async move {
            let (lake, mut committed) = (Lake::create(location).await.unwrap(), BTreeSet::new());
            for round in 0..RACE_ROUNDS {
                let Ok(lock) = lake.lock(utc(CASE_NOW)).await else { continue };
                let id = format!("{writer}{round}");
                let record = json!({"engagement_id": id, "start_time": "2025-03-04T10:00:00Z"}).to_string();
                let (calls, _) = decode_records([record.as_str()], utc(CASE_NOW)).unwrap();
                let date = "2025-03-04".parse().unwrap();
                let merged = lake.merge_day(&lock, date, vec![calls], &[], ConflictPolicy::Replace).await;
                if merged.is_ok() {
                    committed.insert(id);
                }
                lock.release().await.unwrap();
            }
            committed
        })
    };
    let (one, other) = tokio::join!(write("a"), write("b"));
    let committed: BTreeSet<String> = one.unwrap().into_iter().chain(other.unwrap()).collect();
    assert!(committed.len() > 10, "{committed:?}");
    let lake = Lake::open(location).await.unwrap();
    let day = lake.read_day("2025-03-04".parse().unwrap()).await.unwrap();
    let stored = day.calls.column_by_name("engagement_id").unwrap().as_string::<i32>();
    let stored: BTreeSet<String> = stored.iter().flatten().map(str::to_owned).collect();
    assert!(stored.is_superset(&committed), "{committed:?} {stored:?}");
}

/// A second writer is refused, and neither loses a day.
#[tokio::test(flavor = "multi_thread")]
async fn two_syncs_of_a_bucket_lose_nothing() {
    let Some(bucket) = Bucket::new().await else { return };
    let args = ["sync", "--from", FROM, "--to", TO];
    let (mut one, mut two) = (bucket.voxlake(args), bucket.voxlake(args));
    let (one, two) = tokio::join!(run(&mut one), run(&mut two));
    let refused = [&one, &two].into_iter().filter(|ran| ran.code != 0).collect::<Vec<_>>();
    assert!(refused.len() < 2, "{one:?} {two:?}");
    for ran in refused {
        assert!(ran.err.contains("another voxlake is writing to this lake"), "{ran:?}");
    }
    bucket.assert_unlocked(&args).await;
    let calls: usize = simulated_calls(&bucket.case.calls()).values().map(Vec::len).sum();
    assert_eq!(bucket.json(&["verify"]).await["calls"], calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_table_has_endpoint_and_credentials() {
    let Some(bucket) = Bucket::new().await else { return };
    bucket.sync().await;
    let folder = bucket.case.folder.path();
    write_private(
        &folder.join("store.toml"),
        "aws_access_key_id = \"test-id\"\naws_secret_access_key = \"test-secret\"\n",
    );
    let table = |endpoint: &str| {
        format!("lake = 's3://calls/lake'\n[store]\nendpoint = '{endpoint}'\ncredentials = 'store.toml'\n")
    };
    let status = async |more: &[&str]| {
        let mut command = bucket.case.voxlake(["status"].into_iter().chain(more.iter().copied()));
        run(command.env_remove("VOXLAKE_LAKE")).await
    };
    std::fs::write(folder.join("voxlake.toml"), table(&bucket.moto.endpoint())).unwrap();
    assert!(status(&[]).await.ok().contains("calls"));

    // Only a file in the working folder names the recipient of the credentials.
    std::fs::write(folder.join("voxlake.toml"), table("https://store.example")).unwrap();
    let ran = status(&[]).await;
    assert!(ran.code == 2 && ran.err.contains("store.endpoint"), "{ran:?}");
    assert!(!ran.err.contains("test-secret"), "{ran:?}");
    std::fs::write(folder.join("voxlake.toml"), table("http://store.example")).unwrap();
    let ran = status(&["--config", "voxlake.toml"]).await;
    assert!(ran.code != 0 && ran.err.contains("is not encrypted"), "{ran:?}");
}

#[tokio::test]
async fn missing_credentials_have_a_remedy() {
    let case = Case::new().await;
    let mut command = case.voxlake(["status", "--lake", "s3://calls/lake"]);
    // A port of this machine on which nothing listens.
    let ran = run(command.env("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")).await;
    assert!(ran.code != 0 && ran.err.contains("there are no credentials for s3://calls/lake"), "{ran:?}");
    assert!(ran.err.contains("hint: set AWS_ACCESS_KEY_ID"), "{ran:?}");
    for lake in ["ftp://host/calls", "s3://id:secret@bucket/calls"] {
        let ran = run(&mut case.voxlake(["status", "--lake", lake])).await;
        assert!(ran.code != 0 && ran.err.contains("is not the location of a lake"), "{ran:?}");
    }
}

/// Runs the commands of `docs/how-to/object-store.md` in their order.
#[tokio::test(flavor = "multi_thread")]
async fn the_how_to_works_as_written() {
    let Some(program) = moto::program() else { return };
    let mut page = HowTo::new("object-store").with_programs(program.parent().unwrap());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    page.replace("5000", &port.to_string());
    let ran = run(&mut page.shell("")).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    for text in ["lake         s3://calls/demo", "abandonment_rate", "inbound", "Checksum "] {
        assert!(ran.out.contains(text), "{text:?} is not in {ran:?}");
    }
}
