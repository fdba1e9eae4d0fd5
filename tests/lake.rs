//! Maintenance of a lake: `status`, `verify` and `rejects`.

use serde_json::Value;
use voxlake_sim::{Anomalies, Faults};

use crate::support::{CASE_NOW, Case, run, simulated_calls, stored_calls, utc};

async fn json(case: &Case, args: &[&str]) -> Value {
    let out = run(&mut case.voxlake(args.iter().copied().chain(["--format", "json"]))).await.ok();
    serde_json::from_str(&out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn status_lists_days_gaps_and_quota() {
    let case = Case::new().await;
    let ran = run(&mut case.voxlake(["status"])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("no lake at lake"), "{ran:?}");

    run(&mut case.sync(&[])).await.ok();
    std::fs::remove_dir_all(case.lake().join("voice_calls/date=2025-03-04")).unwrap();
    let calls: usize = stored_calls(&case.lake()).values().map(Vec::len).sum();
    let spent = case.server.handle().requests_to(voxlake_sim::Endpoint::VoiceCalls);
    let status = json(&case, &["status", "--days"]).await;
    assert_eq!(status["calls"], calls);
    let gap = serde_json::json!([{"from": "2025-03-04T00:00:00Z", "to": "2025-03-05T00:00:00Z"}]);
    assert_eq!(status["gaps"], gap);
    assert_eq!(status["unsettled"][0], gap[0]);
    assert_eq!(status["unsettled"][1]["from"], "2025-03-06T00:00:00Z");
    assert_eq!(status["rejects"], 0);
    assert_eq!(status["requests_spent_today"], spent);
    assert_eq!(status["requests_left_today"], 12_000 - spent);
    assert!(status["newest_call"].as_str().unwrap().starts_with("2025-03-0"), "{status}");
    let age = utc(CASE_NOW) - utc(status["newest_call"].as_str().unwrap());
    let since = status["newest_call_age_seconds"].as_i64().unwrap() - age.num_seconds();
    assert!((0..3600).contains(&since), "{status}");
    assert_eq!(status["by_day"][0]["date"], "2025-03-03");
    assert_eq!(status["by_day"][0]["complete"], true);

    let told = run(&mut case.voxlake(["status", "--days"])).await.ok();
    for line in [
        "gaps         2025-03-04 00:00:00 to 2025-03-05 00:00:00 UTC",
        "rejects      none",
        "fetched      2025-03-03 00:00:00 to 2025-03-06 00:00:00 UTC",
        " 2025-03-05  ",
    ] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }

    std::fs::write(case.lake().join("voice_calls/date=2025-03-05/calls.parquet"), "PAR1").unwrap();
    let ran = run(&mut case.voxlake(["status"])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("DAMAGED      voice_calls/date=2025-03-05/calls.parquet"), "{ran:?}");
    assert!(ran.out.contains("sync --repair"), "{ran:?}");
}

/// Two syncs of the same calls have the same checksums.
#[tokio::test(flavor = "multi_thread")]
async fn verify_names_files_that_differ() {
    let (case, other) = (Case::new().await, Case::new().await);
    run(&mut case.sync(&[])).await.ok();
    // In other windows: day by day, newest first.
    for (from, to) in [("2025-03-05", "2025-03-06"), ("2025-03-03", "2025-03-05")] {
        run(&mut other.voxlake(["sync", "--from", from, "--to", to, "--window-pages", "2"])).await.ok();
    }
    let (whole, again) = (json(&case, &["verify"]).await, json(&other, &["verify"]).await);
    assert_eq!(whole["clean"], true);
    let of_period = |verified: &Value| verified["days"].as_array().unwrap()[..3].to_vec();
    assert_eq!(of_period(&whole), of_period(&again));
    let calls: usize = stored_calls(&case.lake()).values().map(Vec::len).sum();
    assert_eq!(whole["calls"], calls);
    let told = run(&mut case.voxlake(["verify", "--days"])).await.ok();
    assert!(told.contains(&format!("Checksum {}", whole["checksum"].as_str().unwrap())), "{told}");
    assert!(told.contains(whole["days"][1]["checksum"].as_str().unwrap()), "{told}");

    // A day file under another date, and an invalid one.
    let days = case.lake().join("voice_calls");
    std::fs::copy(days.join("date=2025-03-03/calls.parquet"), days.join("date=2025-03-04/calls.parquet"))
        .unwrap();
    std::fs::write(days.join("notes.csv"), "").unwrap();
    std::fs::write(days.join("date=2025-03-05/calls.parquet"), "PAR1").unwrap();
    let ran = run(&mut case.voxlake(["verify"])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let count = simulated_calls(&case.calls())["2025-03-03"].len();
    for fault in [
        format!("FAULT 2025-03-04: {count} calls did not start on this day"),
        "FAULT 2025-03-05: day file voice_calls/date=2025-03-05/calls.parquet is damaged".to_owned(),
        "FAULT voice_calls/notes.csv is not a day file".to_owned(),
        "3 files are invalid".to_owned(),
    ] {
        assert!(ran.out.contains(&fault), "{fault:?} is not in\n{}", ran.out);
    }
    assert!(ran.err.contains("sync --repair"), "{ran:?}");
}

/// The list holds no data of the records.
#[tokio::test(flavor = "multi_thread")]
async fn rejects_are_listed_shown_and_replayed() {
    let anomalies = Anomalies::new(3, 0.0, 0.05);
    let case = Case::with(|config| config.faults = Faults::none().with_anomalies(anomalies)).await;
    let ran = run(&mut case.sync(&[])).await.ok();
    assert!(ran.contains("cannot be stored as calls and are in the lake's rejects"), "{ran}");
    let list = run(&mut case.voxlake(["rejects", "list", "--format", "json"])).await.ok();
    case.assert_no_personal_data(&list, &case.calls());
    let list: Value = serde_json::from_str(&list).unwrap();
    let list = list.as_array().unwrap();
    assert!(list.len() > 20, "{} rejects", list.len());
    assert_eq!(json(&case, &["status"]).await["rejects"], list.len());
    // Results that may lack them have a notice.
    let ran = run(&mut case.voxlake(["query", "abandonment_rate", "--period", "2025-03-04"])).await;
    assert!(ran.err.contains("records of windows that touch this period could not be stored"), "{ran:?}");
    let counted = ["query", "-c", "SELECT count(*) AS n FROM rejects", "--format", "csv"];
    assert_eq!(run(&mut case.voxlake(counted)).await.ok(), format!("n\n{}\n", list.len()));

    // A record without an id is shown as the API sent it, and becomes a call once it has an id.
    let reason = "the record has no engagement_id";
    let lost = list.iter().find(|reject| reject["reason"] == reason).unwrap()["id"].as_str().unwrap();
    let shown = run(&mut case.voxlake(["rejects", "show", &lost[..12]])).await.ok();
    let mut record: Value = serde_json::from_str(&shown).unwrap();
    let before: usize = stored_calls(&case.lake()).values().map(Vec::len).sum();
    record["engagement_id"] = "mended".into();
    std::fs::write(case.folder.path().join("record.json"), record.to_string()).unwrap();
    let imported = run(&mut case.voxlake(["import", "record.json"])).await.ok();
    assert!(imported.contains("Read 1 call from 1 file: 1 is new"), "{imported}");
    assert_eq!(stored_calls(&case.lake()).values().map(Vec::len).sum::<usize>(), before + 1);
    run(&mut case.voxlake(["rejects", "drop", lost])).await.ok();
    assert_eq!(json(&case, &["status"]).await["rejects"], list.len() - 1);

    // A reject that this version accepts, as if an earlier one had not parsed the time.
    let line = serde_json::json!({
        "id": "00ff00ff00ff00ff", "reason": "an older version did not know this time",
        "fetched_at": "2025-03-10T12:00:00Z", "window_from": "2025-03-03T00:00:00Z",
        "window_to": "2025-03-04T00:00:00Z",
        "record": {"engagement_id": "understood", "start_time": "2025-03-03T08:00:00Z", "charge": "$0.04"},
    });
    let folder = case.lake().join("rejects/2025-03-10");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("older.ndjson"), format!("{line}\n")).unwrap();
    let replayed = run(&mut case.voxlake(["rejects", "replay"])).await.ok();
    assert!(replayed.contains(&format!("1 of {} records can now be stored", list.len())), "{replayed}");
    assert!(replayed.contains("1 call of March 2025 came late; charges +0.04 USD."), "{replayed}");
    assert!(!folder.join("older.ndjson").exists());
    let verified = json(&case, &["verify"]).await;
    assert_eq!(verified["clean"], true, "{verified}");

    let ran = run(&mut case.voxlake(["rejects", "show", "zz"])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("rejects list"), "{ran:?}");
}
