//! Operator mistakes and machine failures: no data is lost, and the messages are correct.

use std::fs;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use voxlake_sim::Faults;

use crate::support::{Case, run, stored_calls, utc, voxlake};

/// Answers token requests with a token and other requests by `answer`, until the client closes.
pub(crate) async fn hostile_server(answer: fn() -> (String, Vec<u8>, bool)) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).await.unwrap_or(0);
                let (headers, body, again) = if request[..read].starts_with(b"POST") {
                    (String::new(), br#"{"access_token": "t", "expires_in": 3600}"#.to_vec(), false)
                } else {
                    answer()
                };
                let length = if again { 1_000_000_000_000 } else { body.len() };
                let head = format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
                );
                let mut sent = stream.write_all(head.as_bytes()).await;
                sent = sent.and(stream.write_all(&body).await);
                while again && sent.is_ok() {
                    sent = stream.write_all(&body).await;
                }
            });
        }
    });
    address
}

/// Returns the binary with an address space of 2 GB.
#[cfg(target_os = "linux")]
fn limited(folder: &std::path::Path, args: &[&str]) -> tokio::process::Command {
    let usual = voxlake(folder);
    let mut command = tokio::process::Command::new("sh");
    command
        .arg("-c")
        .arg("ulimit -v 2097152; exec \"$0\" \"$@\"")
        .arg(usual.as_std().get_program())
        .args(args);
    for (name, value) in usual.as_std().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
        .current_dir(folder)
        .env("ZOOM_ACCOUNT_ID", "a")
        .env("ZOOM_CLIENT_ID", "b")
        .env("ZOOM_CLIENT_SECRET", "c");
    command
}

fn spaces() -> (String, Vec<u8>, bool) {
    (String::new(), vec![b' '; 1 << 20], true)
}

fn unpacking() -> (String, Vec<u8>, bool) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..256 {
        std::io::Write::write_all(&mut encoder, &[b' '; 1 << 20]).unwrap();
    }
    ("Content-Encoding: gzip\r\n".to_owned(), encoder.finish().unwrap(), false)
}

fn uncountable() -> (String, Vec<u8>, bool) {
    (String::new(), br#"{"voice_calls": [], "total_records": 1000000000000000}"#.to_vec(), false)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn oversized_responses_fail_in_bounded_memory() {
    for (answer, told) in [
        (spaces as fn() -> _, "has more than 64 MiB"),
        (unpacking, "has more than 64 MiB"),
        (uncountable, "counts 1000000000000000 records"),
    ] {
        let address = hostile_server(answer).await;
        let folder = tempfile::tempdir().unwrap();
        let (api, oauth) = (format!("http://{address}/v2"), format!("http://{address}"));
        for command in [&["sync", "--from", "2026-11-19"][..], &["sync", "--dry-run"], &["doctor"]] {
            let args = [command, &["--lake", "lake", "--api-url", &api, "--oauth-url", &oauth]].concat();
            let ran = run(&mut limited(folder.path(), &args)).await;
            let said = format!("{}{}", ran.out, ran.err);
            assert!(ran.code == 1 && said.contains(told), "{command:?} {ran:?}");
        }
    }
}

/// Valid calls of the files are kept.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn oversized_files_fail_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let good = record("good", "2026-11-10T09:00:00Z");
    let queues = vec![r#"{"cc_queue_id": "q"}"#; 300_000].join(",");
    let long_list = good.replace("\"good\"", &format!("\"long\", \"queues\": [{queues}]"));
    fs::write(folder.path().join("list.ndjson"), format!("{good}\n{long_list}\n")).unwrap();
    let ran = run(&mut limited(folder.path(), &["import", "list.ndjson", "--lake", "lake"])).await;
    assert!(
        ran.code == 0
            && ran.out.contains("1 is new")
            && ran.out.contains("1 record cannot be stored as a call"),
        "{ran:?}"
    );

    let ran = run(&mut limited(folder.path(), &["sql", "--lake", "lake", "-f", "/dev/zero"])).await;
    assert!(ran.code == 2 && ran.err.contains("more than 16 MiB"), "{ran:?}");
}

pub(crate) fn record(id: &str, start: &str) -> String {
    format!(r#"{{"engagement_id": "{id}", "start_time": "{start}", "charge": "$1.00"}}"#)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_stderr_changes_nothing() {
    let case = Case::new().await;
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut sync = case.sync(&["-vvv"]);
    let ended = sync.stderr(Stdio::from(full)).stdout(Stdio::null()).status().await.unwrap();
    assert_eq!(ended.code(), Some(0));

    let mut wrong = case.voxlake(["query", "no_such_query"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = wrong.stderr(Stdio::from(writer)).stdout(Stdio::null()).status().await.unwrap();
    assert_eq!(ended.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_counts_every_call() {
    let folder = tempfile::tempdir().unwrap();
    let calls = ["a", "b", "c"].map(|id| record(id, "2026-11-10T09:00:00Z"));
    fs::write(folder.path().join("six.ndjson"), [calls.join("\n"), calls.join("\n")].join("\n")).unwrap();
    let import = || {
        let mut command = voxlake(folder.path());
        command.args(["import", "six.ndjson", "--lake", "lake"]);
        command
    };
    let out = run(&mut import()).await.ok();
    assert!(
        out.contains("Read 6 calls from 1 file: 3 are new, 0 were there already, 3 came more than once."),
        "{out}"
    );
    let out = run(&mut import()).await.ok();
    assert!(out.contains("0 are new, 3 were there already, 3 came more than once."), "{out}");
}

/// The named query `data_quality` reports the engagement, too.
#[tokio::test(flavor = "multi_thread")]
async fn import_and_verify_report_two_start_times() {
    let folder = tempfile::tempdir().unwrap();
    for (file, start) in [("a.json", "2026-11-10T23:59:59Z"), ("b.json", "2026-11-11T00:00:00Z")] {
        fs::write(folder.path().join(file), record("moved", start)).unwrap();
    }
    let told = "1 engagement has several start times";
    let named = "moved: 2026-11-10 23:59:59, 2026-11-11 00:00:00 UTC";
    let import = |file: &'static str| {
        let mut command = voxlake(folder.path());
        command.args(["import", file, "--lake", "lake"]);
        command
    };
    let out = run(&mut import("a.json")).await.ok();
    assert!(!out.contains("several start times"), "{out}");
    let out = run(&mut import("b.json")).await.ok();
    assert!(out.contains(told) && out.contains(named), "{out}");
    let out = run(voxlake(folder.path()).args(["verify", "--lake", "lake"])).await.ok();
    assert!(out.contains(told) && out.contains(named), "{out}");
    let out = run(voxlake(folder.path()).args(["verify", "--lake", "lake", "--format", "json"])).await.ok();
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["engagements_under_several_starts"], 1);
    assert_eq!(json["several_starts"][0]["engagement_id"], "moved");
    let quality = ["query", "data_quality", "--from", "2026-11-10", "--to", "2026-11-12", "--lake", "lake"];
    let out = run(voxlake(folder.path()).args(quality).args(["--format", "csv"])).await.ok();
    let line = out.lines().find(|line| line.contains("engagement_id under several start times")).unwrap();
    assert!(line.contains(",2,"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_and_replay_report_two_start_times() {
    let told = "1 engagement has several start times";
    let twice = || {
        let calls = ["2026-11-19T09:00:00Z", "2026-11-19T10:00:00Z"].map(|start| record("twice", start));
        let body = format!(r#"{{"voice_calls": [{}], "total_records": 2}}"#, calls.join(","));
        (String::new(), body.into_bytes(), false)
    };
    let address = hostile_server(twice).await;
    let folder = tempfile::tempdir().unwrap();
    let mut sync = voxlake(folder.path());
    sync.args(["sync", "--lake", "lake", "--from", "2026-11-19", "--to", "2026-11-19 11:00"])
        .args(["--api-url", &format!("http://{address}/v2"), "--oauth-url", &format!("http://{address}")])
        .envs([("ZOOM_ACCOUNT_ID", "a"), ("ZOOM_CLIENT_ID", "b"), ("ZOOM_CLIENT_SECRET", "c")]);
    let out = run(&mut sync).await.ok();
    assert!(out.contains(told), "{out}");

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json"), record("twice", "2026-11-10T09:00:00Z")).unwrap();
    run(voxlake(folder.path()).args(["import", "a.json", "--lake", "lake"])).await.ok();
    // An earlier version may have rejected it.
    let line = format!(
        r#"{{"id": "00ff", "reason": "r", "fetched_at": "2026-11-12T00:00:00Z", "record": {}}}"#,
        record("twice", "2026-11-10T12:00:00+01:00")
    );
    let rejects = folder.path().join("lake/rejects/2026-11-12");
    fs::create_dir_all(&rejects).unwrap();
    fs::write(rejects.join("a.ndjson"), line).unwrap();
    let out = run(voxlake(folder.path()).args(["rejects", "replay", "--lake", "lake"])).await.ok();
    assert!(out.contains("1 of 1 record can now be stored") && out.contains(told), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_metadata_files_are_skipped() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    fs::write(case.lake().join("_voxlake/requests.json"), "{").unwrap();
    fs::create_dir_all(case.lake().join("rejects/2025-03-10")).unwrap();
    fs::write(case.lake().join("rejects/2025-03-10/a.ndjson"), "no reject\n").unwrap();
    let ran = run(&mut case.voxlake(["status"])).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    for file in ["_voxlake/requests.json", "rejects/2025-03-10/a.ndjson"] {
        assert!(ran.err.contains(file), "{file} is not in {ran:?}");
    }
}

/// The simulator's clock is ten days behind the machine's.
#[tokio::test(flavor = "multi_thread")]
async fn clock_skew_stops_a_sync() {
    let case = Case::new().await;
    let late = "2025-03-20T12:00:00Z";
    let ran = run(crate::support::set_clock(&mut case.sync(&[]), late)).await;
    assert!(ran.code == 1 && ran.err.contains("--allow-clock-skew"), "{ran:?}");
    assert!(stored_calls(&case.lake()).is_empty());
    let out = run(crate::support::set_clock(&mut case.sync(&["--allow-clock-skew"]), late)).await.ok();
    assert!(out.contains("s ahead of the API's; the earlier of the two is used"), "{out}");
    let quick = "2025-03-10T12:00:30Z";
    let case = Case::new().await;
    let out = run(crate::support::set_clock(&mut case.sync(&[]), quick)).await.ok();
    assert!(!out.contains("the API's; the earlier of the two is used"), "{out}");
}

/// A crash writes no core file, which would hold the credentials.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_sync_dumps_no_core() {
    use std::os::unix::process::ExitStatusExt as _;
    let case = Case::new().await;
    case.server.handle().set_faults(Faults::choose(|asked| {
        asked.from.map(|_| voxlake_sim::Fault::Slow(std::time::Duration::from_secs(600)))
    }));
    let usual = case.sync(&[]);
    let usual = usual.as_std();
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\""]);
    command.arg(usual.get_program()).args(usual.get_args()).current_dir(case.folder.path());
    command.envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let note = case.lake().join("_voxlake/sync.json");
    while !note.exists() {
        assert!(running.try_wait().unwrap().is_none(), "it ended early");
        tokio::task::yield_now().await;
    }
    let pid = running.id().unwrap().to_string();
    std::process::Command::new("kill").args(["-ABRT", &pid]).status().unwrap();
    let ended = running.wait().await.unwrap();
    assert!(ended.signal() == Some(6) && !ended.core_dumped(), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_reports_an_unfinished_sync() {
    let case = Case::new().await;
    // Requests for the second day fail permanently.
    case.server.handle().set_faults(Faults::choose(|asked| {
        (asked.from? >= utc("2025-03-04T00:00:00Z")).then(|| voxlake_sim::Fault::status(503))
    }));
    let ran = run(&mut case.sync(&["--max-attempts", "1", "--window-pages", "1"])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let out = run(&mut case.voxlake(["status"])).await.ok();
    let expected =
        "last sync    did not fetch all of 2025-03-03 00:00:00 to 2025-03-06 00:00:00 UTC; run it again";
    assert!(out.contains(expected), "{out}");
    assert!(out.contains("to 2025-03-06 00:00:00 UTC") && !out.contains("nothing to fetch"), "{out}");
    case.server.handle().set_faults(Faults::none());
    run(&mut case.sync(&[])).await.ok();
    let out = run(&mut case.voxlake(["status"])).await.ok();
    assert!(!out.contains("last sync"), "{out}");

    // A first run that is killed before the lake has any day.
    let case = Case::new().await;
    case.server.handle().set_faults(Faults::choose(|asked| {
        asked.from.map(|_| voxlake_sim::Fault::Slow(std::time::Duration::from_secs(600)))
    }));
    let mut sync = case.sync(&[]);
    let mut running = sync.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let note = case.lake().join("_voxlake/sync.json");
    while !note.exists() {
        assert!(running.try_wait().unwrap().is_none(), "it ended early");
        tokio::task::yield_now().await;
    }
    running.kill().await.unwrap();
    let out = run(&mut case.voxlake(["status"])).await.ok();
    assert!(out.contains(expected) && !out.contains("nothing to fetch"), "{out}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_sync_lists_missing_ranges() {
    let case = Case::new().await;
    case.server.handle().set_faults(Faults::choose(|asked| {
        let later = asked.from? >= utc("2025-03-04T00:00:00Z");
        later.then(|| voxlake_sim::Fault::Slow(std::time::Duration::from_secs(600)))
    }));
    let mut sync = case.sync(&["--window-pages", "1", "--concurrency", "1", "--commit-calls", "1"]);
    let mut running = sync.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let first_day = case.lake().join("voice_calls/date=2025-03-03/calls.parquet");
    while !first_day.exists() {
        assert!(running.try_wait().unwrap().is_none(), "it ended early");
        tokio::task::yield_now().await;
    }
    let pid = i32::try_from(running.id().unwrap()).unwrap();
    std::process::Command::new("kill").arg(pid.to_string()).status().unwrap();
    let ended = running.wait_with_output().await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert_eq!(ended.status.code(), Some(130), "{out}{err}");
    assert!(
        out.contains("Stopped early: ") && out.contains(" of 2025-03-03") && out.contains("are not fetched"),
        "{out}"
    );
    assert!(err.contains("not reached: "), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_with_unknown_columns_fails() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    let queries = case.folder.path().join("queries");
    fs::create_dir_all(&queries).unwrap();
    let header = "-- title: t\n-- description:\n--   d\n-- column: n integer (calls)\n--   n\n-- column: remark text (note)\n--   r\n";
    fs::write(queries.join("mine.sql"), format!("{header}SELECT count(*) AS n FROM calls\n")).unwrap();
    let ran = run(&mut case.voxlake(["query", "mine", "--queries", "queries"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("does not return the column remark"), "{ran:?}");
}
