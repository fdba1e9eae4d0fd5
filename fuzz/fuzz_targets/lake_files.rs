//! Damaged or foreign files of a lake: a day file, the footer cache, ledgers, rejects.
//!
//! The first byte selects the file.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, TimeDelta};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use voxlake_lake::Lake;

const FILES: [&str; 8] = [
    "voice_calls/date=2026-11-03/calls.parquet",
    "_voxlake/footers/2026-11.json",
    "_voxlake/requests.json",
    "_voxlake/reports.json",
    "_voxlake/sync.json",
    "rejects/2026-11-03/a.ndjson",
    "_voxlake/scope.json",
    "_voxlake/api_checks.json",
];
/// Index of the footer cache, which needs a valid checksum.
const FOOTER_CACHE: usize = 1;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));

fuzz_target!(|input: &[u8]| {
    let Some((kind, bytes)) = input.split_first() else { return };
    let kind = usize::from(*kind) % FILES.len();
    let folder = FOLDER.path();
    for file in FILES {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let _ = fs::remove_file(path);
    }
    let mut file = Vec::new();
    if kind == FOOTER_CACHE {
        file.extend(Sha256::digest(bytes).iter().flat_map(|byte| format!("{byte:02x}").into_bytes()));
    }
    file.extend_from_slice(bytes);
    fs::write(folder.join(FILES[kind]), file).expect("a file");
    RUNTIME.block_on(read(folder.to_str().expect("a path")));
});

/// Reads all files of the lake and ignores errors.
async fn read(folder: &str) {
    let lake = Lake::open(folder).await.expect("a lake");
    let date = NaiveDate::from_ymd_opt(2026, 11, 3).expect("a date");
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(22_000);
    let _ = lake.inventory(now, TimeDelta::days(1)).await;
    let _ = lake.verify_day(date).await;
    let _ = lake.read_day(date).await;
    let _ = lake.requests().await;
    let _ = lake.report_runs().await;
    let _ = lake.rejects().await;
    let _ = lake.unfinished_sync().await;
    let _ = lake.api_checks().await;
    let _ = voxlake_fetch::lake_filter(&lake).await;
}
