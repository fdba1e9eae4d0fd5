//! Peak memory of runs whose calls are spread over many days.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use chrono::{SecondsFormat, TimeDelta};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::mishaps::{hostile_server, record};
use crate::support::{utc, voxlake};

/// Days of the large runs. At 2,000 days an import once took 0.12 MB per day, a window 0.07.
const MANY_DAYS: i64 = 600;
/// Memory that a large run may take above a small one, in kB: 0.03 per day.
const MAX_GROWTH_KB: u64 = 20_000;

/// Records of one call per day.
fn daily_records(days: i64) -> Vec<String> {
    (0..days)
        .map(|day| {
            let start = utc("2001-01-01T09:00:00Z") + TimeDelta::days(day);
            record(&format!("c{day}"), &start.to_rfc3339_opts(SecondsFormat::Secs, true))
        })
        .collect()
}

/// Runs the command, returns its output and the peak of its resident memory in kB.
async fn peak_memory_kb(command: &mut Command) -> (String, u64) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let status_file = format!("/proc/{}/status", child.id().unwrap());
    let mut stdout = child.stdout.take().unwrap();
    let mut exited = std::pin::pin!(async {
        let mut output = String::new();
        stdout.read_to_string(&mut output).await.unwrap();
        child.wait().await.unwrap();
        output
    });
    let mut peak = 0;
    loop {
        if let Ok(output) = timeout(Duration::from_millis(20), &mut exited).await {
            return (output, peak);
        }
        // The kernel keeps the peak. The last reading before the exit is close to it.
        let status = std::fs::read_to_string(&status_file).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kb.unwrap_or(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_memory_does_not_grow_with_days() {
    let folder = tempfile::tempdir().unwrap();
    let mut peaks = Vec::new();
    for days in [20, MANY_DAYS] {
        let file = format!("{days}.ndjson");
        std::fs::write(folder.path().join(&file), daily_records(days).join("\n")).unwrap();
        let mut import = voxlake(folder.path());
        import.args(["import", &file, "--lake", &format!("lake{days}")]).env("VOXLAKE_SUMMARIES", "false");
        let (output, peak) = peak_memory_kb(&mut import).await;
        assert!(output.contains(&format!("{days} are new")), "{output}");
        peaks.push(peak);
    }
    assert!(peaks[0] > 0 && peaks[1] < peaks[0] + MAX_GROWTH_KB, "{peaks:?} kB");
}

/// Page with one call per day, none of them in the requested window.
fn page(days: i64) -> (String, Vec<u8>, bool) {
    let mut body = String::new();
    let records = daily_records(days).join(",");
    write!(body, r#"{{"voice_calls": [{records}], "total_records": {days}, "next_page_token": ""}}"#)
        .unwrap();
    (String::new(), body.into_bytes(), false)
}

#[tokio::test(flavor = "multi_thread")]
async fn window_memory_does_not_grow_with_days() {
    let folder = tempfile::tempdir().unwrap();
    let mut peaks = Vec::new();
    for (days, answer) in [(20, (|| page(20)) as fn() -> _), (MANY_DAYS, || page(MANY_DAYS))] {
        let address = hostile_server(answer).await;
        let mut sync = voxlake(folder.path());
        sync.args(["sync", "--from", "2026-11-18", "--to", "2026-11-19", "--lake", &format!("lake{days}")])
            .args(["--api-url", &format!("http://{address}/v2"), "--oauth-url", &format!("http://{address}")])
            .envs([("ZOOM_ACCOUNT_ID", "a"), ("ZOOM_CLIENT_ID", "b"), ("ZOOM_CLIENT_SECRET", "c")])
            .env("VOXLAKE_SUMMARIES", "false");
        let (output, peak) = peak_memory_kb(&mut sync).await;
        assert!(output.contains(&format!("{days} calls are new")), "{output}");
        peaks.push(peak);
    }
    assert!(peaks[0] > 0 && peaks[1] < peaks[0] + MAX_GROWTH_KB, "{peaks:?} kB");
}
