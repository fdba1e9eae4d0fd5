//! Results from summaries, compared with scans.

mod build;
mod changes;

use std::collections::BTreeSet;

use chrono::DateTime;
use datafusion::arrow::array::RecordBatch;
use serde_json::{Value, json};
use voxlake_lake::SummaryPeriod;

use super::definition::{DEFINITIONS, NAME_SUMMARY};
use super::{SummaryStats, summarize};
use crate::test_lake::{TestLake, call, decoded, queue, rendered};
use crate::{LakeSession, Params, QueryLibrary, SessionOptions};

/// Named queries and parameters that use all summaries, and none.
const QUERIES: [(&str, &[(&str, &str)]); 21] = [
    ("abandonment_rate", &[("by", "queue")]),
    ("abandonment_rate", &[("by", "country")]),
    ("abandonment_rate", &[("by", "hour"), ("timezone", "Asia/Kathmandu")]),
    ("abandonment_rate", &[("by", "hour"), ("timezone", "Australia/Lord_Howe")]),
    ("abandonment_rate", &[("by", "weekday"), ("timezone", "Europe/Berlin")]),
    ("abandonment_rate", &[("by", "team")]),
    ("abandonment_rate", &[("by", "queue"), ("queue", "Care")]),
    ("transfers", &[("per", "day")]),
    ("agent_activity", &[]),
    ("charges", &[("by", "agent")]),
    ("duration_percentiles", &[("by", "queue")]),
    ("duration_percentiles", &[("by", "class")]),
    ("duration_percentiles", &[("by", "day")]),
    ("queue_charges", &[("attribution", "auto"), ("per", "month"), ("timezone", "Pacific/Auckland")]),
    ("queue_charges", &[("attribution", "legs"), ("per", "week")]),
    ("queue_charges", &[("attribution", "first"), ("per", "day"), ("queue", "Care")]),
    ("queue_charges", &[("attribution", "last")]),
    ("charges", &[("by", "country")]),
    ("charges", &[("by", "day"), ("timezone", "America/St_Johns")]),
    ("call_volume", &[("by", "day_hour"), ("direction", "all"), ("timezone", "America/Sao_Paulo")]),
    ("result_mix", &[("per", "week"), ("timezone", "Europe/Berlin")]),
];

async fn make(lake: &TestLake, rebuild: bool) -> SummaryStats {
    let lake = lake.lake().await;
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    summarize(&lake, &lock, rebuild, &|_| {}).await.unwrap()
}

/// Number of summaries stored per day.
fn summaries_per_day() -> usize {
    DEFINITIONS.iter().filter(|definition| definition.coarser_than.is_none()).count()
}

async fn session(lake: &TestLake, no_summaries: bool) -> LakeSession {
    lake.open(SessionOptions { no_summaries, ..SessionOptions::default() }).await.unwrap()
}

/// A session that decodes summaries as it reads them.
async fn session_without_cache(lake: &TestLake) -> LakeSession {
    lake.open(SessionOptions { max_cached_summary_bytes: Some(0), ..SessionOptions::default() })
        .await
        .unwrap()
}

/// Runs a named query. Returns its rows, and whether it used summaries of calls.
async fn run_query(
    session: &LakeSession,
    name: &str,
    params: &[(&str, &str)],
    period: [&str; 2],
) -> (String, bool) {
    let params = params.iter().copied().collect::<Params>().with("from", period[0]).with("to", period[1]);
    let catalog = QueryLibrary::shipped().unwrap();
    let answer = session.run(catalog.get(name).unwrap(), &params).await.unwrap();
    let summarized = answer.summaries().keys().any(|name| *name != NAME_SUMMARY);
    (rendered(&answer.collect().await.unwrap()), summarized)
}

/// Date by number: a day of October 2026; 24 is a day of another year.
fn date(day: u32) -> String {
    if day == 24 { "2025-12-31".to_owned() } else { format!("2026-10-{day:02}") }
}

/// A call of a random start and kind.
fn random_call(id: usize, (day, second, kind): (u32, u32, u32)) -> Value {
    let [hour, minute] = [second / 3600, second / 60 % 60];
    let start = format!("{}T{hour:02}:{minute:02}:{:02}Z", date(day), second % 60);
    let queues = match kind % 4 {
        0 => json!([]),
        1 => json!([queue("Sales")]),
        2 => json!([{"cc_queue_id": "sales", "queue_name": "Sales and more"}, {"queue_name": "Care"}]),
        _ => json!([queue("Care")]),
    };
    let result =
        ["completed", "long_abandoned", "short_abandoned", "contained", "new_one"][(kind % 5) as usize];
    let charge = [json!("$0.019"), json!("€1.5"), json!(""), json!("much"), json!("$-0.000001")]
        [(kind % 5) as usize]
        .clone();
    let mut more = json!({
        "queues": queues, "result": result, "charge": charge, "country_name": (if kind % 2 == 0 { "DE" } else { "US" }),
        "direction": (if kind % 7 == 0 { "outbound" } else { "inbound" }),
        "agents": [{"user_id": "a", "display_name": format!("Ann {}", kind % 3), "team_ids": ["t"], "team_names": ["T"]}],
        "callee_number_type": "toll_free_number", "charge_type": "per_minute",
    });
    if kind % 6 != 0 {
        more["total_duration"] = json!(kind % 50);
    }
    if kind % 3 == 1 {
        more["voice_call_details"] = json!([
            {"queue": {"cc_queue_id": "care", "queue_name": "Care"}, "result": "completed", "charge": "$0.01"},
            {"charge": "$0.002", "result": "long_abandoned"},
        ]);
    }
    call(&format!("{id}"), &start, more)
}

fn write(lake: &TestLake, day: u32, calls: &[(u32, u32)]) {
    let calls: Vec<_> =
        calls.iter().enumerate().map(|(id, (second, kind))| random_call(id, (day, *second, *kind))).collect();
    lake.write(&date(day), &decoded(&calls));
}

fn summary_files(lake: &TestLake) -> Vec<std::path::PathBuf> {
    let mut folders = vec![lake.path("2026-10-28").ancestors().nth(3).unwrap().join("summaries")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// Seven days in one month.
fn week() -> TestLake {
    let lake = TestLake::empty();
    for day in 25..=31 {
        write(&lake, day, &[(60, day), (43_200, day + 1), (43_300, day * 2), (86_399, 7)]);
    }
    lake
}

#[tokio::test]
async fn named_queries_equal_scans() {
    let lake = week();
    make(&lake, false).await;
    let (kept, scanned) = (session(&lake, false).await, session(&lake, true).await);
    let decoding = session_without_cache(&lake).await;
    for (name, params) in QUERIES {
        let period = ["2026-10-26", "2026-11-01"];
        let scanned = run_query(&scanned, name, params, period).await;
        let chosen = params.iter().any(|(parameter, _)| *parameter == "queue");
        for session in [&kept, &kept, &kept, &decoding] {
            let (answer, summarized) = run_query(session, name, params, period).await;
            assert_eq!((answer, false), scanned, "{name} {params:?}");
            let reads_calls = chosen || ["transfers", "agent_activity"].contains(&name);
            assert_eq!(summarized, !reads_calls, "{name} {params:?}");
        }
    }
}

#[tokio::test]
async fn results_report_their_summaries() {
    let lake = week();
    make(&lake, false).await;
    let kept = session(&lake, false).await;
    let params = [("from", "2026-10-26T12:00:00Z"), ("to", "2026-10-29")].into_iter().collect::<Params>();
    let catalog = QueryLibrary::shipped().unwrap();
    let query = catalog.get("queue_charges").unwrap();
    let answer = kept.run(query, &params).await.unwrap();
    let days = ["2026-10-27", "2026-10-28"].map(|day| SummaryPeriod::Day(day.parse().unwrap()));
    assert_eq!(answer.summaries()["queue_summary"].iter().copied().collect::<Vec<_>>(), days);
    let files: Vec<_> = answer.files().iter().map(ToString::to_string).collect();
    assert_eq!(files, ["voice_calls/date=2026-10-26/calls.parquet"]);
    let whole = [("from", "2026-10-01"), ("to", "2026-11-01")].into_iter().collect::<Params>();
    let answer = kept.run(query, &whole).await.unwrap();
    assert_eq!(answer.summaries()["queue_summary"].len(), 1);
    assert!(answer.files().is_empty());
}

#[tokio::test]
async fn coarsest_sufficient_summaries_are_used() {
    let lake = week();
    write(&lake, 24, &[(60, 1), (43_200, 2)]);
    assert_eq!(make(&lake, false).await.years, DEFINITIONS.len() - 2);
    // The latest year has no summary.
    assert_eq!(
        make(&lake, false).await,
        SummaryStats {
            current: 8 * summaries_per_day() + 3 * DEFINITIONS.len() - 2,
            ..SummaryStats::default()
        }
    );
    let (kept, scanned) = (session(&lake, false).await, session(&lake, true).await);
    let catalog = QueryLibrary::shipped().unwrap();
    let period = [("from", "2025-12-31"), ("to", "2026-11-01")];
    for (by, used) in [
        ("queue", "call_totals: 2026-10, 2025; name_summary: 2026-10, 2025; queue_summary: 2026-10, 2025"),
        ("hour", "call_hours: 2025-12, 2026-10; call_totals: 2026-10, 2025"),
        ("hour in Asia/Kathmandu", "call_summary: 2025-12, 2026-10; call_totals: 2026-10, 2025"),
        ("month in Europe/Berlin", "call_hours: 2025-12, 2026-10; call_totals: 2026-10, 2025"),
    ] {
        let (by, zone) = by.split_once(" in ").unwrap_or((by, "UTC"));
        let params = period.into_iter().chain([("by", by), ("timezone", zone)]).collect::<Params>();
        let answer = kept.run(catalog.get("abandonment_rate").unwrap(), &params).await.unwrap();
        let spans = |spans: &BTreeSet<SummaryPeriod>| {
            spans.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let told: Vec<_> =
            answer.summaries().iter().map(|(name, of)| format!("{name}: {}", spans(of))).collect();
        let answer = rendered(&answer.collect().await.unwrap());
        let scan = scanned.run(catalog.get("abandonment_rate").unwrap(), &params).await.unwrap();
        assert_eq!(answer, rendered(&scan.collect().await.unwrap()));
        assert_eq!(told.join("; "), used, "{by}");
    }
}

#[tokio::test]
async fn default_resolution_is_a_quarter_hour() {
    let lake = week();
    make(&lake, false).await;
    let (kept, scanned) = (session(&lake, false).await, session(&lake, true).await);
    for per in ["", ", [], 'quarter_hour'"] {
        let sql = format!(
            "SELECT local_period(start_time, 'hour', 'Asia/Kolkata') AS hour,
                date_bin('15 minutes', start_time) AS quarter, sum(calls)
             FROM call_summary('2026-10-01', '2026-11-01'{per}) GROUP BY 1, 2 ORDER BY 1, 2"
        );
        let of_scan = scanned.sql(&sql).await.unwrap().collect().await.unwrap();
        assert_eq!(rendered(&kept.sql(&sql).await.unwrap().collect().await.unwrap()), rendered(&of_scan));
    }
}

#[tokio::test]
async fn summaries_are_tables_for_any_sql() {
    let lake = week();
    make(&lake, false).await;
    let of_all = "SELECT sum(calls), sum(charge) FROM queue_summary('2026-10-25', '2026-11-01')";
    let of_care = "SELECT sum(calls) FROM call_summary('2026-10-25', '2026-11-01', ['care'])";
    assert_eq!(lake.sql(&of_all.replace("queue", "call")).await[0].split(" | ").next(), Some("28"));
    assert_eq!(lake.sql(of_all).await.len(), 1);
    assert_eq!(lake.sql(of_care).await.len(), 1);
    let session = session(&lake, false).await;
    for (sql, reason) in [
        ("SELECT * FROM call_summary('2026-10-25')", "takes from, to"),
        ("SELECT * FROM call_summary('yesterday', '2026-10-25')", "takes times"),
        (
            "SELECT * FROM call_summary('2026-10-25', '2026-10-26', [], 'year')",
            "all, month, week, day, hour or quarter_hour",
        ),
        ("SELECT * FROM call_summary('2026-10-25', '2026-10-26', [], 'day', 'Berlin')", "not a time zone"),
        ("SELECT * FROM call_summary('2026-10-25', random())", "takes constants"),
    ] {
        let error = session.sql(sql).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{sql}: {error}");
    }
}

#[tokio::test]
async fn repeated_queries_read_fewer_rows() {
    let lake = week();
    make(&lake, false).await;
    let session = session(&lake, false).await;
    let sql =
        "SELECT sum(calls), count(*) > 1 FROM call_summary('2026-10-25', '2026-11-01') GROUP BY direction";
    let mut rows = Vec::new();
    for _ in 0..3 {
        let answer = rendered(&session.sql(sql).await.unwrap().collect().await.unwrap());
        let mut lines: Vec<_> = answer.lines().skip(1).map(str::to_owned).collect();
        lines.sort_unstable();
        rows.push(lines);
    }
    assert_eq!(
        rows,
        [["10 | true", "18 | true"], ["10 | false", "18 | false"], ["10 | false", "18 | false"]]
    );
    let all = "SELECT sum(calls), sum(seconds) FROM call_summary('2026-10-25', '2026-11-01')";
    for _ in 0..3 {
        let answer = rendered(&session.sql(all).await.unwrap().collect().await.unwrap());
        assert!(answer.ends_with("\n28 | 416"), "{answer}");
    }
    // Without columns there is nothing to aggregate.
    let count = "SELECT count(*) > 9 FROM call_summary('2026-10-25', '2026-11-01')";
    for _ in 0..3 {
        let answer = rendered(&session.sql(count).await.unwrap().collect().await.unwrap());
        assert!(answer.ends_with("\ntrue"), "{answer}");
    }
    // One query reads the same rows twice.
    let twice = "WITH s AS (SELECT result, calls FROM call_summary('2026-10-25', '2026-11-01'))
                 SELECT max(calls) = (SELECT max(calls) FROM s) FROM s";
    for _ in 0..3 {
        let answer = rendered(&session.sql(twice).await.unwrap().collect().await.unwrap());
        assert!(answer.ends_with("\ntrue"), "{answer}");
    }
    // With all group columns, the rows are not aggregated.
    let whole = "SELECT DISTINCT start_time, direction, is_acd, result, charge_currency
                 FROM call_summary('2026-10-25', '2026-11-01')";
    let mut asked = Vec::new();
    for _ in 0..3 {
        let answer = session.sql(whole).await.unwrap().collect().await.unwrap();
        asked.push(answer.iter().map(RecordBatch::num_rows).sum::<usize>());
    }
    assert_eq!(asked, [asked[0]; 3]);
}
