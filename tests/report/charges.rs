//! Charges in queries and reports: what distorts a total, or is in none, is shown with it.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{RunOutput, run, voxlake};

/// A lake of 40 charges of a cent without a rate, a large one, and others that cannot be read.
async fn lake() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let queue = json!([{"cc_queue_id": "q1", "queue_name": "Billing"}]);
    let call = |id: &str, direction: &str, charge: &str, queues: &Value| {
        json!({
            "engagement_id": id, "start_time": "2026-11-04T09:00:00Z", "direction": direction, "total_duration": 60,
            "charge_type": "per_minute", "charge": charge, "queues": queues,
        })
        .to_string()
    };
    let mut calls: Vec<String> =
        (0..40).map(|at| call(&format!("cent{at}"), "inbound", "$0.01", &queue)).collect();
    calls.push(call("huge", "outbound", "$9.6", &json!([])));
    calls.extend(["u1", "u2"].map(|id| call(id, "inbound", "<b>free</b>", &queue)));
    calls.push(call("none", "inbound", "", &queue));
    std::fs::write(folder.path().join("calls.ndjson"), calls.join("\n")).unwrap();
    run(voxlake(folder.path()).args(["import", "calls.ndjson"])).await.ok();
    folder
}

const LARGE: &str = "1 call makes up 96.0 % of the charges in USD: huge (9.60)";
const UNREADABLE: &str = "2 calls have a charge that cannot be read and is in no sum: \"<b>free</b>\" (2)";

async fn voxlake_in(folder: &TempDir, args: &[&str]) -> RunOutput {
    run(voxlake(folder.path()).args(args)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_list_what_distorts_charges() {
    let folder = lake().await;
    for summarized in [false, true] {
        if summarized {
            voxlake_in(&folder, &["summarize"]).await.ok();
        }
        let ran = voxlake_in(&folder, &["query", "charges", "-p", "by=total", "--format", "csv"]).await;
        assert!(ran.err.lines().any(|line| line == LARGE), "{ran:?}");
        assert!(ran.err.lines().any(|line| line == UNREADABLE), "{ran:?}");
        // One line: calls without a charge are no currency.
        assert_eq!(ran.out.lines().count(), 2, "{ran:?}");
        assert!(ran.out.contains("\ntotal,,,USD,44,1,2,2640,10.000000,"), "{ran:?}");
    }
    let shell = voxlake_in(&folder, &["sql", "-c", "\\run queue_charges"]).await;
    assert!(shell.err.contains(LARGE) && shell.out.contains("outbound without queue"), "{shell:?}");
    // Nothing has a rate.
    for format in ["table", "markdown", "csv", "json", "html"] {
        let out = voxlake_in(&folder, &["query", "charge_audit", "--format", format]).await.ok();
        assert_eq!(out.matches("not checked (44)").count(), 1, "{format}: {out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_list_what_distorts_charges() {
    let folder = lake().await;
    let formats = "html,xlsx,csv,json,markdown";
    voxlake_in(&folder, &["report", "run", "monthly-charges", "--month", "2026-11", "--format", formats])
        .await
        .ok();
    let read = |end: &str| {
        std::fs::read_to_string(folder.path().join(format!("monthly-charges_2026-11{end}"))).unwrap()
    };
    let page = read(".html");
    let (_, chart) = page.split_once("id=\"charges-by-queue\"").unwrap();
    let chart = chart.split_once("</svg>").unwrap().0;
    assert!(
        chart.contains("class=\"s0\"") && chart.contains("Not allocated: outbound without queue"),
        "{chart}"
    );
    for (file, unreadable) in [
        (page.as_str(), "&quot;&lt;b&gt;free&lt;&#x2f;b&gt;&quot; (2)"),
        (&read(".md"), "\"\\<b\\>free\\</b\\>\" (2)"),
        (&read("_at-a-glance.csv"), "\"\"<b>free</b>\"\" (2)"),
        (&read(".json"), "\\\"<b>free</b>\\\" (2)"),
    ] {
        for expected in ["makes up 96.0 % of the charges in USD", "huge", "not checked (44)", unreadable] {
            assert!(file.contains(expected), "{expected}: {file}");
        }
    }
    let json: Value = serde_json::from_str(&read(".json")).unwrap();
    let figures = json["sections"][0]["figures"].as_array().unwrap();
    let mismatches = figures.iter().find(|figure| figure["label"] == "Charges that are not minutes × rate");
    assert_eq!(mismatches.unwrap()["value"], Value::Null);
    let lines = json["sections"][2]["rows"].as_array().unwrap();
    // A line for the queue, one for what has no queue, and the total.
    assert_eq!(lines.len(), 3, "{lines:?}");
    let mut book = calamine::open_workbook_auto(folder.path().join("monthly-charges_2026-11.xlsx")).unwrap();
    let glance = calamine::Reader::worksheet_range(&mut book, "At a glance").unwrap();
    assert!(glance.rows().flatten().any(|cell| *cell == "not checked (44)"), "{glance:?}");
}
