//! Tests of all named queries; the results of each are tested in a module of its own.

mod abandonment_rate;
mod agent_activity;
mod call_volume;
mod charge_audit;
mod charges;
mod containment;
mod data_quality;
mod duration_percentiles;
mod peak_concurrency;
mod queue_charges;
mod repeat_callers;
mod reported;
mod result_mix;
mod top_consumers;
mod traffic;
mod transfers;

use chrono::TimeDelta;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use serde_json::json;

use super::*;
use crate::LakeSession;
use crate::test_lake::{TestLake, call, queue};

/// November 2026, in UTC.
pub(super) const NOVEMBER: [(&str, &str); 2] = [("from", "2026-11-01"), ("to", "2026-12-01")];

/// `params` over November.
pub(super) fn in_november<'a>(params: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    NOVEMBER.iter().chain(params).copied().collect()
}

#[tokio::test]
async fn queries_return_their_declared_columns() {
    let session = TestLake::empty().session().await;
    for query in QueryLibrary::shipped().unwrap().iter() {
        assert_columns(&session, query, &NOVEMBER.into_iter().collect()).await;
    }
}

#[test]
fn shares_of_shipped_queries_have_parts() {
    for query in QueryLibrary::shipped().unwrap().iter() {
        let is_share =
            |column: &&Column| column.unit.as_deref().is_some_and(|unit| unit.starts_with("share"));
        for share in query.columns.iter().filter(is_share) {
            assert!(share.parts.is_some(), "{}.{}", query.name, share.name);
        }
    }
}

#[tokio::test]
async fn benchmark_queries_match_their_headers() {
    let session = TestLake::empty().session().await;
    let given = [
        ("engagement", "a"),
        ("consumer", "+1"),
        ("day_from", "2026-11-01"),
        ("day_to", "2026-11-02"),
        ("month_from", "2026-11-01"),
        ("month_to", "2026-12-01"),
    ];
    for query in QueryLibrary::benchmark().unwrap().iter() {
        let takes = |name: &str| query.parameters.iter().any(|parameter| parameter.name == name);
        assert_columns(&session, query, &given.into_iter().filter(|(name, _)| takes(name)).collect()).await;
    }
}

async fn assert_columns(session: &LakeSession, query: &NamedQuery, params: &Params) {
    let schema = session.run(query, params).await.unwrap().schema();
    let given = schema.fields().iter().map(|field| {
        let kind = match field.data_type() {
            DataType::Utf8 => ColumnType::Text,
            // Sums of whole numbers, which may outgrow 64 bits.
            DataType::Int32 | DataType::Int64 | DataType::Decimal128(38, 0) => ColumnType::Integer,
            DataType::Decimal128(..) => ColumnType::Decimal,
            DataType::Float64 => ColumnType::Number,
            DataType::Timestamp(..) => ColumnType::Timestamp,
            other => panic!("{}: {} has type {other}", query.name, field.name()),
        };
        (field.name().clone(), kind)
    });
    let declared = query.columns.iter().map(|column| (column.name.clone(), column.kind));
    assert_eq!(given.collect::<Vec<_>>(), declared.collect::<Vec<_>>(), "{}", query.name);
}

#[tokio::test]
async fn queries_use_all_parameters_and_values() {
    let queues = json!([queue("Sales"), queue("Care")]);
    let lake = TestLake::with_calls([
        call("a", "2026-11-01T08:00:00Z", json!({"queues": queues})),
        call("b", "2026-11-01T09:00:00Z", json!({"direction": "outbound", "queues": queues})),
    ]);
    let session = lake.session().await;
    for query in QueryLibrary::shipped().unwrap().iter() {
        let words = query.sql.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'));
        let mut used = words.filter(|word| word.starts_with('$')).collect::<Vec<_>>();
        used.sort_unstable();
        used.dedup();
        let mut declared = query.parameters.iter().map(|p| format!("${}", p.name)).collect::<Vec<_>>();
        declared.sort();
        assert_eq!(used, declared, "{}", query.name);
        for parameter in &query.parameters {
            for allowed in &parameter.allowed {
                let params = NOVEMBER.into_iter().collect::<Params>().with(&parameter.name, allowed);
                let batches = session.run(query, &params).await.unwrap().collect().await.unwrap();
                assert!(batches.iter().any(|batch| batch.num_rows() > 0), "{} {allowed}", query.name);
            }
        }
    }
}

#[tokio::test]
async fn queries_read_only_period_and_lookback() {
    let days = ["2026-10-24", "2026-10-25", "2026-10-31", "2026-11-01", "2026-11-02", "2026-11-03"];
    let lake = TestLake::with_calls(
        days.map(|day| call(day, &format!("{day}T08:00:00Z"), json!({"queues": [queue("Sales")]}))),
    );
    let session = lake.session().await;
    let params = [("from", "2026-11-01T22:00:00Z"), ("to", "2026-11-03T00:00:00Z")];
    for query in QueryLibrary::shipped().unwrap().iter() {
        let (reads_before, wanted) = match query.name.as_str() {
            // Calls that run on from the day before.
            "traffic" | "peak_concurrency" => (1, &days[2..5]),
            // Calls of the seven days before.
            "repeat_callers" => (7, &days[1..5]),
            _ => (0, &days[3..5]),
        };
        let told = query.reads_before(&params.into_iter().collect()).unwrap();
        assert_eq!(told, TimeDelta::days(reads_before), "{}", query.name);
        for chosen in [None, Some("Sales")] {
            let params = params.into_iter().collect::<Params>();
            let params = match chosen {
                Some(_) if query.parameters.iter().all(|parameter| parameter.name != "queue") => continue,
                Some(queue) => params.with("queue", queue),
                None => params,
            };
            let answer = session.run(query, &params).await.unwrap();
            let files = answer.files().iter().map(ToString::to_string).collect::<Vec<_>>();
            let wanted = wanted.iter().map(|day| format!("voice_calls/date={day}/calls.parquet"));
            assert_eq!(files, wanted.collect::<Vec<_>>(), "{} {chosen:?}", query.name);
        }
    }
}

#[tokio::test]
async fn parameters_are_never_parsed_as_sql() {
    let query = NamedQuery::parse(
        "echo",
        "-- title: t\n-- description:\n--   d\n-- parameter: word text\n--   w\n-- column: word text\n--   w\nSELECT $word AS word",
    )
    .unwrap();
    let session = TestLake::empty().session().await;
    let evil = "'; DROP TABLE voice_calls; --";
    let batches =
        session.run(&query, &Params::new().with("word", evil)).await.unwrap().collect().await.unwrap();
    assert_eq!(crate::test_lake::rows(&batches), [evil]);
}

#[test]
fn invalid_parameters_name_allowed_values() {
    let catalog = QueryLibrary::shipped().unwrap();
    let query = catalog.get("abandonment_rate").unwrap();
    let refusal =
        |params: &[(&str, &str)]| query.bind(&params.iter().copied().collect()).unwrap_err().to_string();
    assert_eq!(
        refusal(&[]),
        "abandonment_rate needs a value for from: Start of the period, inclusive: calls count by their start."
    );
    assert_eq!(
        refusal(&in_november(&[("by", "decade")])),
        "invalid value \"decade\" for by: it takes total, queue, team, country, hour, weekday, day, week or month"
    );
    assert_eq!(
        refusal(&in_november(&[("timezone", "Mars/Olympus")])),
        "invalid value \"Mars/Olympus\" for timezone: it takes an IANA time zone such as Europe/Berlin or UTC"
    );
    assert_eq!(
        refusal(&in_november(&[("from", "yesterday")])),
        "invalid value \"yesterday\" for from: it takes a time such as 2026-11-01 or 2026-11-01T06:00:00+01:00"
    );
    assert_eq!(
        refusal(&in_november(&[("from", "2026-12-02")])),
        "invalid value \"2026-12-01\" for to: it takes a time that is not before from (2026-12-02)"
    );
    assert_eq!(
        refusal(&in_november(&[("group", "queue")])),
        "abandonment_rate takes no parameter \"group\"; it takes from, to, timezone, queue, by"
    );
}

#[test]
fn numbers_must_be_within_bounds() {
    let catalog = QueryLibrary::shipped().unwrap();
    let query = catalog.get("repeat_callers").unwrap();
    let bound = |days| query.bind(&in_november(&[("days", days)]).into_iter().collect());
    for days in ["0", "367", "-7", "seven", "99999999999999999999"] {
        assert_eq!(
            bound(days).unwrap_err().to_string(),
            format!("invalid value {days:?} for days: it takes a whole number from 1 to 366")
        );
    }
    for (days, number) in [("1", 1), ("366", 366)] {
        assert_eq!(bound(days).unwrap()["days"], ScalarValue::Int64(Some(number)));
    }
}

#[test]
fn periods_are_bound_in_milliseconds() {
    let (from, to) = ("2026-11-01T00:00:00.125Z".parse().unwrap(), "2026-11-02T00:00:00Z".parse().unwrap());
    let catalog = QueryLibrary::shipped().unwrap();
    let values = catalog.get("queue_charges").unwrap().bind(&Params::period(from, to)).unwrap();
    assert_eq!(
        values["from"],
        ScalarValue::TimestampMillisecond(Some(from.timestamp_millis()), Some("UTC".into()))
    );
}

#[test]
fn text_lists_default_to_empty() {
    let query = NamedQuery::parse(
        "echo",
        "-- title: t\n-- description:\n--   d\n-- parameter: queue texts =\n--   q\n-- parameter: by text = a\n--   b\n\
         -- column: word text\n--   w\nSELECT 'x' AS word",
    )
    .unwrap();
    let bound = |params: Params| query.bind(&params).unwrap()["queue"].to_string();
    assert_eq!(bound(Params::new()), "[]");
    assert_eq!(bound(Params::new().with("queue", "Sales, North")), "[Sales, North]");
    assert_eq!(bound(Params::new().with_item("queue", "Sales").with_item("queue", "")), "[Sales, ]");
    let error = query.bind(&Params::new().with_item("by", "a").with_item("by", "b")).unwrap_err().to_string();
    assert_eq!(error, "invalid value \"a, b\" for by: it takes one value, text");
}
