//! `voxlake import`: files of another extractor give the same lake as a sync.

use std::io::Write as _;
use std::path::Path;

use chrono::FixedOffset;
use serde_json::{Value, json};
use voxlake_sim::{Call, View};

use crate::support::{CASE_NOW, Case, run, simulated_calls, stored_calls, utc, voxlake};

fn record(call: &Call) -> Value {
    call.to_json(View::Detail, FixedOffset::east_opt(0).unwrap())
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let mut file = std::fs::File::create(folder.join(name)).unwrap();
    file.write_all(bytes.as_ref()).unwrap();
    // An import uses the modification time of a file as the time of the fetch.
    file.set_modified(utc(CASE_NOW).into()).unwrap();
}

/// Pages and lines, plain and compressed, give the lake of a sync.
#[tokio::test(flavor = "multi_thread")]
async fn imported_files_equal_a_sync() {
    let case = Case::new().await;
    let calls = case.calls();
    let (first, rest) = calls.split_at(calls.len() / 3);
    let (second, third) = rest.split_at(rest.len() / 2);
    let folder = case.folder.path();
    let page =
        json!({"voice_calls": first.iter().map(record).collect::<Vec<_>>(), "total_records": first.len()});
    write(folder, "pages.json", serde_json::to_string_pretty(&page).unwrap());
    let lines = |calls: &[Call]| calls.iter().map(|call| record(call).to_string() + "\n").collect::<String>();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines(second).as_bytes()).unwrap();
    write(folder, "lines.ndjson.gz", gzip.finish().unwrap());
    // The last file has a truncated line, and a call that another file has, too.
    let third = format!("{}{{\"engagement_id\": \"cut\n{}", lines(third), record(&first[0]));
    write(folder, "lines.zst", zstd::encode_all(third.as_bytes(), 1).unwrap());

    let import =
        ["import", "pages.json", "lines.ndjson.gz", "lines.zst", "--covers", "2025-03-03/2025-03-06"];
    let ran = run(&mut case.voxlake(import.into_iter().chain(["--commit-calls", "100"]))).await;
    assert_eq!(ran.code, 2, "an import has no such flag: {ran:?}");
    let out = run(case.voxlake(import).env("VOXLAKE_COMMIT_CALLS", "100")).await.ok();
    let told = "Read 1,407 calls from 3 files: 1,406 are new, 1 was there already.";
    assert_eq!(calls.len(), 1406);
    assert!(out.contains(told), "{out}");
    assert!(out.contains("1 record cannot be stored as a call"), "{out}");
    assert_eq!(stored_calls(&case.lake()), simulated_calls(&calls));

    // The import covers the period, so that a sync sends no request; the calls equal those of a
    // sync.
    let out = run(&mut case.sync(&[])).await.ok();
    assert!(out.starts_with("Nothing to fetch"), "{out}");
    let synced = Case::new().await;
    run(&mut synced.sync(&[])).await.ok();
    let days = |out: String| {
        let verified: Value = serde_json::from_str(&out).unwrap();
        verified["days"].as_array().unwrap()[..3].to_vec()
    };
    let imported = days(run(&mut case.voxlake(["verify", "--format", "json"])).await.ok());
    assert_eq!(imported, days(run(&mut synced.voxlake(["verify", "--format", "json"])).await.ok()));
}

/// The sync fetches the period and finds the calls unchanged.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_without_coverage_is_synced() {
    let case = Case::new().await;
    let calls = case.calls();
    let lines: String = calls.iter().take(50).map(|call| record(call).to_string() + "\n").collect();
    write(case.folder.path(), "some.ndjson", &lines);
    run(&mut case.voxlake(["import", "some.ndjson"])).await.ok();
    let out = run(&mut case.sync(&[])).await.ok();
    assert!(out.contains("50 unchanged"), "{out}");
    let mut found = stored_calls(&case.lake());
    found.retain(|day, _| day.as_str() < "2025-03-06");
    assert_eq!(found, simulated_calls(&calls));
}

/// The file is named, and the calls read before it are added.
#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_file_keeps_earlier_calls() {
    let case = Case::new().await;
    let folder = case.folder.path();
    let call = record(&case.calls()[0]).to_string();
    write(folder, "good.ndjson", format!("{call}\n"));
    let ran = run(&mut case.voxlake(["import", "good.ndjson", "none.ndjson"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("none.ndjson"), "{ran:?}");
    assert!(!case.lake().exists(), "nothing was begun");

    write(folder, "calls.csv", "engagement_id,start_time\n1,2025-03-03\n");
    write(folder, "cut.json", format!("[{call}, {{\"engagement_id\": \"x"));
    let import = ["import", "calls.csv", "cut.json", "--covers", "2025-03-03/2025-03-06"];
    let ran = run(&mut case.voxlake(import)).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("error: calls.csv: it is neither JSON nor lines of JSON"), "{ran:?}");
    assert!(ran.err.contains("error: cut.json: ") && ran.err.contains("the 1 call before that"), "{ran:?}");
    assert!(ran.err.contains("not marked as fetched"), "{ran:?}");
    assert!(ran.out.contains("1 is new"), "{ran:?}");
    case.assert_no_personal_data(&format!("{}{}", ran.out, ran.err), &case.calls());

    for covers in ["2025-03-03", "2025-03-06/2025-03-03", "then/now"] {
        let ran = run(&mut case.voxlake(["import", "good.ndjson", "--covers", covers])).await;
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("--covers"), "{ran:?}");
    }
    let ran = run(&mut case.voxlake(["import", "."])).await;
    assert!(ran.err.contains("it is a folder"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_months_refuse_changes_by_import() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    let before = stored_calls(&case.lake());
    let late = json!({"engagement_id": "late", "start_time": "2025-03-03T10:00:00Z", "charge": "$4.12"});
    write(case.folder.path(), "late.json", late.to_string());
    write(case.folder.path(), "voxlake.toml", "freeze_before = '2025-03-04'\n");
    let out = run(&mut case.voxlake(["import", "late.json"])).await.ok();
    assert!(out.contains("1 change to frozen days was refused"), "{out}");
    assert!(out.contains("late of 2025-03-03 10:00:00 UTC: came late, charges +4.12 USD"), "{out}");
    assert_eq!(stored_calls(&case.lake()), before);
}

/// `[charges]` maps symbols to currencies, in charges and rates.
#[tokio::test]
async fn symbols_have_the_configured_currency() {
    let folder = tempfile::tempdir().unwrap();
    let call = json!({
        "engagement_id": "a", "start_time": "2026-11-02T08:00:00Z", "total_duration": 60,
        "charge": "kr 12", "rates": ["kr 12"], "charge_type": "per_minute",
    });
    write(folder.path(), "calls.ndjson", call.to_string());
    write(folder.path(), "voxlake.toml", "[charges]\nkr = 'SEK'\n");
    run(voxlake(folder.path()).args(["import", "calls.ndjson"])).await.ok();
    let audit = ["query", "charge_audit", "--period", "2026-11-02", "--format", "csv"];
    let csv = run(voxlake(folder.path()).args(audit)).await.ok();
    assert!(csv.contains("total,,,,SEK,,60,1,,12.000000,12.000000,0.000000,1,0,0"), "{csv}");

    write(folder.path(), "voxlake.toml", "[charges]\nkr = 'kroner'\n");
    let ran = run(voxlake(folder.path()).args(audit)).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("[charges] cannot be used: \"kroner\" is not an ISO 4217 code"), "{ran:?}");
}
