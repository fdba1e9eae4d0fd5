//! Comparison of reports with other periods: the compared period, totals per day, rows by key.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{RunOutput, run, utc, voxlake};

/// A folder with a lake that covers 1 September to 10 November 2026.
struct ComparedLake(TempDir);

impl ComparedLake {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut calls = Vec::new();
        // Date, queue, calls, abandoned calls. 3 and 10 November are Tuesdays.
        for (date, queue, count, abandoned) in [
            ("2026-09-05", "Billing", 30, 3),
            ("2026-10-05", "Billing", 31, 3),
            ("2026-11-03", "Billing", 10, 1),
            ("2026-11-03", "Sales", 5, 0),
            ("2026-11-09", "Billing", 2, 0),
            ("2026-11-10", "Billing", 10, 2),
            ("2026-11-10", "Chat", 4, 1),
        ] {
            for number in 0..count {
                let result = if number < abandoned { "long_abandoned" } else { "completed" };
                let call = json!({
                    "engagement_id": format!("{date}-{queue}-{number}"), "start_time": format!("{date}T09:00:00Z"),
                    "direction": "inbound", "total_duration": 60, "distributions": ["acd"], "result": result,
                    "charge": "$1.00", "queues": [{"queue_id": queue, "cc_queue_id": queue, "queue_name": queue}],
                });
                calls.push(call.to_string());
            }
        }
        let path = folder.path().join("calls.ndjson");
        std::fs::write(&path, calls.join("\n")).unwrap();
        // The import uses the modification time as the time of the fetch.
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(utc("2026-11-19T12:00:00Z").into()).unwrap();
        let import = ["import", "calls.ndjson", "--lake", "lake", "--covers", "2026-09-01/2026-11-11"];
        run(voxlake(folder.path()).args(import)).await.ok();
        Self(folder)
    }

    async fn report(&self, args: &[&str]) -> RunOutput {
        let mut command = voxlake(self.0.path());
        run(command.args(["report", "run"]).args(args).args(["--lake", "lake", "--timezone", "UTC"])).await
    }

    /// Returns the JSON of the daily report with these arguments.
    async fn daily(&self, args: &[&str]) -> Value {
        let common = ["daily-operations", "--period", "2026-11-10", "--format", "json"];
        self.report(&[&common, args].concat()).await.ok();
        serde_json::from_str(&self.read("daily-operations_2026-11-10.json")).unwrap()
    }

    /// Returns the text of a file; escaped colons of Markdown are plain.
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap().replace("\\:", ":")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_compared_with_their_weekday() {
    let lake = ComparedLake::new().await;
    let summary = |report: &Value| {
        let offered = &report["sections"][0]["figures"][0];
        let comparison = &report["comparison"];
        (comparison["name"].clone(), comparison["compared"].clone(), offered["before"].clone())
    };
    let report = lake.daily(&[]).await;
    assert_eq!(report["sections"][0]["figures"][0]["value"], 14);
    assert_eq!(summary(&report), (json!("2026-11-03"), json!(true), json!(15)));
    assert_eq!(
        summary(&lake.daily(&["--compare", "previous"]).await),
        (json!("2026-11-09"), json!(true), json!(2))
    );
    let none = lake.daily(&["--compare", "none"]).await;
    assert_eq!(summary(&none), (Value::Null, Value::Null, Value::Null));
    let year = lake.daily(&["--compare", "previous-year"]).await;
    assert_eq!(summary(&year), (json!("2025-11-10"), json!(false), Value::Null));
    let remark = "Changes against Monday, 10 November 2025 are not shown: the lake does not hold all of it.";
    assert_eq!(year["comparison"]["remark"], remark);
    let ran = lake.report(&["daily-operations", "--compare", "last-year"]).await;
    let values = "[possible values: previous, same-weekdays, previous-year, none]";
    assert!(ran.code == 2 && ran.err.contains(values), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_have_the_values_of_the_compared_day() {
    let lake = ComparedLake::new().await;
    let report = lake.daily(&[]).await;
    let section = report["sections"].as_array().unwrap().iter();
    let section = section.clone().find(|section| section["id"] == "abandonment-by-queue").unwrap();
    let rows = section["rows"].as_array().unwrap().iter();
    let found: Vec<_> = rows
        .map(|row| {
            let text = |column: &str| row[column].to_string();
            (text("group_name"), text("abandonment_rate"), text("abandonment_rate_before"), text("compared"))
        })
        .collect();
    let row = |name: &str, rate: &str, before: &str, compared: &str| {
        (format!("\"{name}\""), rate.to_owned(), before.to_owned(), format!("\"{compared}\""))
    };
    for expected in [
        row("Billing", "0.200000", "0.100000", "both"),
        row("Chat", "0.250000", "null", "new"),
        row("Sales", "null", "0.000000", "gone"),
    ] {
        assert!(found.contains(&expected), "{expected:?} is not in {found:?}");
    }
    let rate = &report["sections"][0]["figures"][3];
    assert_eq!((&rate["numerator"], &rate["denominator"]), (&json!(3), &json!(14)));
    let args = ["daily-operations", "--period", "2026-11-10", "--format", "markdown,html"];
    lake.report(&args).await.ok();
    let markdown = lake.read("daily-operations_2026-11-10.md");
    assert!(markdown.contains("Only in the compared period: Sales (0"), "{markdown}");
    assert!(markdown.contains("(2 of 10) † | +10.0 points |"), "{markdown}");
    assert!(markdown.contains("† Small group: a rate of fewer than 30"), "{markdown}");
    let page = lake.read("daily-operations_2026-11-10.html");
    assert!(page.contains("Changes are against Tuesday, 3 November 2026."), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn months_are_compared_per_day() {
    let lake = ComparedLake::new().await;
    let args = ["monthly-charges", "--period", "2026-10", "--format", "markdown,json"];
    lake.report(&args).await.ok();
    let markdown = lake.read("monthly-charges_2026-10.md");
    // A call and a dollar per day in both months.
    assert!(markdown.contains("- Charges: **31.00 USD (unchanged per day)**"), "{markdown}");
    assert!(markdown.contains("compared per day, 31 and 30 days"), "{markdown}");
    let json: Value = serde_json::from_str(&lake.read("monthly-charges_2026-10.json")).unwrap();
    assert_eq!(json["comparison"]["per_day"], json!([31, 30]));
}

#[tokio::test(flavor = "multi_thread")]
async fn report_files_choose_the_comparison() {
    let lake = ComparedLake::new().await;
    let source = ["report", "describe", "daily-operations", "--source"];
    let source = run(voxlake(lake.0.path()).args(source)).await.ok();
    let with = |value: &str| {
        let line = format!("compare = \"{value}\"");
        let text = source.replacen("# compare = \"previous-year\"", &line, 1);
        std::fs::write(lake.0.path().join("own.toml"), text).unwrap();
    };
    with("previous");
    lake.report(&["own.toml", "--period", "2026-11-10", "--format", "json"]).await.ok();
    let json: Value = serde_json::from_str(&lake.read("own_2026-11-10.json")).unwrap();
    assert_eq!(json["comparison"]["name"], "2026-11-09");
    with("weekly");
    let ran = run(voxlake(lake.0.path()).args(["report", "check", "own.toml"])).await;
    let error =
        "compare \"weekly\" is not a comparison: write previous, same-weekdays, previous-year or none";
    assert!(ran.code == 2 && ran.err.contains(error), "{ran:?}");
}
