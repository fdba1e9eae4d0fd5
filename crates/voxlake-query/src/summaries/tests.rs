use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::DateTime;
use datafusion::arrow::array::RecordBatch;
use proptest::prelude::*;
use serde_json::{Value, json};
use voxlake_lake::SummaryPeriod;

use super::{DEFINITIONS, NAME_SUMMARY, Summarized, summarize};
use crate::test_lake::{TestLake, call, decoded, queue, rendered};
use crate::{Catalog, LakeSession, Params, SessionOptions};

/// Questions that summaries answer, in every way that makes them take other summaries or none.
const QUESTIONS: [(&str, &[(&str, &str)]); 21] = [
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

async fn make(lake: &TestLake, anew: bool) -> Summarized {
    let lake = lake.lake().await;
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    summarize(&lake, &lock, anew, &|_| {}).await.unwrap()
}

/// How many summaries each day has.
fn kept_by_day() -> usize {
    DEFINITIONS.iter().filter(|definition| definition.coarser_than.is_none()).count()
}

async fn session(lake: &TestLake, no_summaries: bool) -> LakeSession {
    lake.open(SessionOptions { no_summaries, ..SessionOptions::default() }).await.unwrap()
}

/// A session that decodes summaries as it reads them.
async fn session_that_holds_nothing(lake: &TestLake) -> LakeSession {
    lake.open(SessionOptions { hold_summaries: Some(0), ..SessionOptions::default() }).await.unwrap()
}

/// The answer, and whether summaries of calls had a part in it.
async fn ask(
    session: &LakeSession,
    name: &str,
    params: &[(&str, &str)],
    period: [&str; 2],
) -> (String, bool) {
    let params = params.iter().copied().collect::<Params>().with("from", period[0]).with("to", period[1]);
    let catalog = Catalog::shipped().unwrap();
    let answer = session.run(catalog.get(name).unwrap(), &params).await.unwrap();
    let summarized = answer.summaries().keys().any(|name| *name != NAME_SUMMARY);
    (rendered(&answer.collect().await.unwrap()), summarized)
}

/// The days by number: those of October 2026, but that the first is of another year.
fn date(day: u32) -> String {
    if day == 24 { "2025-12-31".to_owned() } else { format!("2026-10-{day:02}") }
}

/// A call that is drawn: when it starts, and which of a few things it says.
fn drawn(id: usize, (day, second, kind): (u32, u32, u32)) -> Value {
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
        calls.iter().enumerate().map(|(id, (second, kind))| drawn(id, (day, *second, *kind))).collect();
    lake.write(&date(day), &decoded(&calls));
}

#[derive(Clone, Debug)]
enum Change {
    /// A day comes, or comes again with other calls.
    Write(u32, Vec<(u32, u32)>),
    DropDay(u32),
    /// Of the summaries' files, one goes, or has a byte changed.
    DropSummary(prop::sample::Index),
    Damage(prop::sample::Index, prop::sample::Index),
    Summarize,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let calls = prop::collection::vec((0_u32..86_400, 0_u32..420), 1..12);
    let day = || prop_oneof![1 => Just(24_u32), 4 => 28_u32..=31];
    let change = prop_oneof![
        3 => (day(), calls).prop_map(|(day, calls)| Change::Write(day, calls)),
        1 => day().prop_map(Change::DropDay),
        1 => any::<prop::sample::Index>().prop_map(Change::DropSummary),
        2 => any::<(prop::sample::Index, prop::sample::Index)>().prop_map(|(a, b)| Change::Damage(a, b)),
        2 => Just(Change::Summarize),
    ];
    prop::collection::vec(change, 1..6)
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

async fn apply(lake: &TestLake, change: &Change) {
    match change {
        Change::Write(day, calls) => write(lake, *day, calls),
        Change::DropDay(day) => drop(std::fs::remove_file(lake.path(&date(*day)))),
        Change::DropSummary(which) => {
            let files = summary_files(lake);
            if !files.is_empty() {
                std::fs::remove_file(which.get(&files)).unwrap();
            }
        }
        Change::Damage(which, byte) => {
            let files = summary_files(lake);
            if !files.is_empty() {
                let mut bytes = std::fs::read(which.get(&files)).unwrap();
                let at = byte.index(bytes.len());
                bytes[at] ^= 0x41;
                std::fs::write(which.get(&files), bytes).unwrap();
            }
        }
        Change::Summarize => drop(make(lake, false).await),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 50, ..ProptestConfig::default() })]

    /// Days come, change and go, summaries are lost, damaged and made: no answer is ever another than that
    /// of a scan.
    #[test]
    fn an_answer_from_summaries_is_that_of_a_scan(
        changes in changes(),
        questions in prop::collection::vec(0..QUESTIONS.len(), 3),
        edge in 0_u32..86_400,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let lake = TestLake::empty();
            write(&lake, 29, &[(60, 1), (43_200, 2), (86_399, 7)]);
            write(&lake, 30, &[(0, 3), (43_201, 4)]);
            write(&lake, 24, &[(7, 5), (43_201, 8)]);
            assert_eq!(make(&lake, false).await.days, 3 * kept_by_day());
            for change in &changes {
                apply(&lake, change).await;
            }
            let to = format!("2026-10-31T{:02}:{:02}:00Z", edge / 3600, edge / 60 % 60);
            let (kept, scanned) = (session(&lake, false).await, session(&lake, true).await);
            let decoding = session_that_holds_nothing(&lake).await;
            for question in questions {
                let (name, params) = QUESTIONS[question];
                for period in [["2025-01-01", "2026-11-01"], ["2026-10-28T20:00:00Z", to.as_str()]] {
                    let scanned = ask(&scanned, name, params, period).await.0;
                    // The second time rows are added up further, and then kept so.
                    for session in [&kept, &kept, &kept, &decoding] {
                        assert_eq!(ask(session, name, params, period).await.0, scanned, "{name} {params:?} {period:?}");
                    }
                }
            }
        });
    }
}

fn week() -> TestLake {
    let lake = TestLake::empty();
    for day in 25..=31 {
        write(&lake, day, &[(60, day), (43_200, day + 1), (43_300, day * 2), (86_399, 7)]);
    }
    lake
}

#[tokio::test]
async fn every_standing_question_is_answered_from_summaries_as_from_calls() {
    let lake = week();
    make(&lake, false).await;
    let (kept, scanned) = (session(&lake, false).await, session(&lake, true).await);
    let decoding = session_that_holds_nothing(&lake).await;
    for (name, params) in QUESTIONS {
        let period = ["2026-10-26", "2026-11-01"];
        let scanned = ask(&scanned, name, params, period).await;
        let chosen = params.iter().any(|(parameter, _)| *parameter == "queue");
        for session in [&kept, &kept, &kept, &decoding] {
            let (answer, summarized) = ask(session, name, params, period).await;
            assert_eq!((answer, false), scanned, "{name} {params:?}");
            let reads_calls = chosen || ["transfers", "agent_activity"].contains(&name);
            assert_eq!(summarized, !reads_calls, "{name} {params:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_says_which_days_it_has_from_where() {
    let lake = week();
    make(&lake, false).await;
    let kept = session(&lake, false).await;
    let params = [("from", "2026-10-26T12:00:00Z"), ("to", "2026-10-29")].into_iter().collect::<Params>();
    let catalog = Catalog::shipped().unwrap();
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
async fn years_and_totals_answer_where_nothing_less_is_told_apart() {
    let lake = week();
    write(&lake, 24, &[(60, 1), (43_200, 2)]);
    assert_eq!(make(&lake, false).await.years, DEFINITIONS.len() - 2);
    // A year that has not ended in the lake is not summarized as one.
    assert_eq!(
        make(&lake, false).await,
        Summarized { standing: 8 * kept_by_day() + 3 * DEFINITIONS.len() - 2, ..Summarized::default() }
    );
    let (kept, scanned) = (session(&lake, false).await, session(&lake, true).await);
    let catalog = Catalog::shipped().unwrap();
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
async fn quarters_of_an_hour_are_told_apart_where_nothing_else_is_said() {
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
async fn what_is_damaged_is_scanned_also_beneath_a_view_and_made_again_when_it_is_needed() {
    let lake = week();
    make(&lake, false).await;
    let workspace_view = "CREATE VIEW by_queue AS SELECT * FROM queue_summary('2026-10-01', '2026-11-01')";
    let session = session(&lake, false).await;
    let plan = session
        .plan(&session.parse(workspace_view).unwrap(), workspace_view, &Arc::default(), &Arc::default())
        .await
        .unwrap();
    session.context().execute_logical_plan(plan).await.unwrap();
    let damage = |folder: &str| {
        let file = summary_files(&lake).into_iter().find(|file| file.to_string_lossy().contains(folder));
        std::fs::write(file.unwrap(), "damaged").unwrap();
    };
    damage("queue_summary/month");
    let answer = session.sql("SELECT sum(calls) FROM by_queue").await.unwrap();
    let rows = rendered(&answer.collect().await.unwrap());
    let of_calls = "SELECT sum(calls) FROM queue_summary('2026-10-01', '2026-11-01')";
    let scanned = self::session(&lake, true).await.sql(of_calls).await.unwrap().collect().await.unwrap();
    assert_eq!(rows.lines().last(), rendered(&scanned).lines().last());

    // What stands by its name alone is found to be damaged where something is made of it.
    damage("queue_summary/day");
    write(&lake, 24, &[(60, 1)]);
    write(&lake, 27, &[(1, 1)]);
    let made = make(&lake, false).await;
    assert_eq!((made.days, made.failed.len()), (2 * kept_by_day() + 1, 0));
    assert_eq!(make(&lake, false).await.days, 0);
    let files = summary_files(&lake);
    assert!(files.iter().all(|file| std::fs::read(file).unwrap() != b"damaged"));
}

#[tokio::test]
async fn what_a_maker_left_behind_is_removed() {
    let lake = week();
    make(&lake, false).await;
    let all = summary_files(&lake);
    let old =
        |name: &str| name.replace(&name[name.len() - 16 - 8 - 17..name.len() - 8 - 17], "0123456789abcdef");
    let file = all[0].file_name().unwrap().to_str().unwrap();
    std::fs::write(all[0].with_file_name(old(file)), "of before").unwrap();
    assert_eq!(summary_files(&lake).len(), all.len() + 1);
    let made = make(&lake, false).await;
    assert_eq!((made.days + made.months + made.years, made.removed), (0, 0));
    assert_eq!(summary_files(&lake), all);
}

#[tokio::test]
async fn only_what_does_not_stand_is_made_and_what_is_gone_is_removed() {
    let lake = week();
    let (count, by_day) = (DEFINITIONS.len(), kept_by_day());
    let made = make(&lake, false).await;
    assert_eq!(made, Summarized { days: 7 * by_day, months: count, ..Summarized::default() });
    let again = make(&lake, false).await;
    assert_eq!(again, Summarized { standing: 7 * by_day + count, ..Summarized::default() });
    write(&lake, 27, &[(1, 1)]);
    std::fs::remove_file(lake.path("2026-10-28")).unwrap();
    let changed = make(&lake, false).await;
    assert_eq!(
        changed,
        Summarized {
            days: by_day,
            months: count,
            standing: 5 * by_day,
            removed: by_day,
            ..Summarized::default()
        }
    );
    assert_eq!(summary_files(&lake).len(), 6 * by_day + count);
    let anew = make(&lake, true).await;
    assert_eq!(anew, Summarized { days: 6 * by_day, months: count, ..Summarized::default() });
    assert_eq!(summary_files(&lake).len(), 6 * by_day + count);
}

#[tokio::test]
async fn a_damaged_day_is_named_and_the_others_are_summarized() {
    let lake = week();
    let whole = std::fs::read(lake.path("2026-10-28")).unwrap();
    std::fs::write(lake.path("2026-10-28"), &whole[..whole.len() / 2]).unwrap();
    let made = make(&lake, false).await;
    assert_eq!((made.days, made.months), (6 * kept_by_day(), 0));
    assert!(made.failed.len() == 1 && made.failed[0].contains("date=2026-10-28"), "{:?}", made.failed);
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
async fn what_is_asked_again_is_read_in_fewer_rows() {
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
    // Without a column there is nothing to add up.
    let count = "SELECT count(*) > 9 FROM call_summary('2026-10-25', '2026-11-01')";
    for _ in 0..3 {
        let answer = rendered(&session.sql(count).await.unwrap().collect().await.unwrap());
        assert!(answer.ends_with("\ntrue"), "{answer}");
    }
    // One question reads the same rows twice.
    let twice = "WITH s AS (SELECT result, calls FROM call_summary('2026-10-25', '2026-11-01'))
                 SELECT max(calls) = (SELECT max(calls) FROM s) FROM s";
    for _ in 0..3 {
        let answer = rendered(&session.sql(twice).await.unwrap().collect().await.unwrap());
        assert!(answer.ends_with("\ntrue"), "{answer}");
    }
    // Of all columns, the rows are what they were.
    let whole = "SELECT DISTINCT start_time, direction, is_acd, result, charge_currency FROM call_summary('2026-10-25', '2026-11-01')";
    let mut asked = Vec::new();
    for _ in 0..3 {
        let answer = session.sql(whole).await.unwrap().collect().await.unwrap();
        asked.push(answer.iter().map(RecordBatch::num_rows).sum::<usize>());
    }
    assert_eq!(asked, [asked[0]; 3]);
}
