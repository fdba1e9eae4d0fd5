//! Filters: requests, confirmation by counts, and redaction.

use std::collections::BTreeMap;

use axum::http::HeaderMap;

use super::case::*;
use crate::{CallFilter, FetchError, FilterParameter, LakeSync, SyncOptions};

pub(super) async fn scope_of(case: &Case) -> Vec<Option<voxlake_lake::ScopeId>> {
    let (lake, mut scopes) = (case.lake().await, Vec::new());
    for day in lake.days().await.unwrap() {
        scopes.extend(lake.coverage(&day).await.unwrap().ranges().iter().map(|range| range.scope));
    }
    scopes
}

#[tokio::test]
async fn long_lists_are_split_and_merged() {
    let mut case = Case::new(|_, query| {
        if let Some(count) = counted(query, FilterParameter::CcQueueIds, 100) {
            return count;
        }
        let last = query["cc_queue_ids"].clone();
        let queue = |id: &str| format!(r#""queues": [{{"cc_queue_id": "{id}"}}]"#);
        let call = |id: &str, queue: String| {
            format!(r#"{{"engagement_id": "{id}", "start_time": "2026-11-01T08:00:00Z", {queue}}}"#)
        };
        let all = call("all", r#""queues": [{"cc_queue_id": "0"}, {"cc_queue_id": "44"}]"#.to_owned());
        let own = call(&format!("own-{last}"), queue(&last));
        ok(&[all, own].join(","), 2, "")
    })
    .await;
    let ids: Vec<String> = (0..45).map(|id| id.to_string()).collect();
    case.filter = CallFilter::default().with(FilterParameter::CcQueueIds, ids.clone()).unwrap();
    let report = case.one_day().await;
    // Two counts with and without the parameter, five of single values, one of all five.
    assert_eq!((report.complete, report.stats.added, report.rate_usage.requests), (1, 4, 3 + 8));
    let sent = case.sent_for_pages(FilterParameter::CcQueueIds);
    assert_eq!(sent.iter().map(Vec::len).collect::<Vec<_>>(), [20, 20, 5]);
    let mut all: Vec<String> = sent.concat();
    all.sort_by_key(|id| id.parse::<usize>().unwrap());
    assert_eq!(all, ids);
    let coverage = case.lake().await.read_day("2026-11-01".parse().unwrap()).await.unwrap().coverage;
    assert_eq!(coverage.ranges()[0].total_records, None, "no request counts all of them");
    assert_eq!(scope_of(&case).await, [case.filter.scope()]);
    assert_eq!(case.one_day().await.planned, []);
}

#[tokio::test]
async fn filter_values_are_encoded() {
    let mut case = Case::new(|_, _| ok("", 0, "")).await;
    case.filter = conditions(FilterParameter::TeamNames, &["North, East", "Süd & Mitte"])
        .with(FilterParameter::ConsumerNumber, ["+12055550100"])
        .unwrap();
    case.one_day().await;
    assert_eq!(case.sent_for_pages(FilterParameter::TeamNames), [["North, East", "Süd & Mitte"]]);
    assert_eq!(case.sent_for_pages(FilterParameter::ConsumerNumber), [["+12055550100"]]);
    let query = case.server.queries.lock().unwrap().last().unwrap().clone();
    assert!(query.contains("consumer_number=%2B12055550100"), "{query}");
    assert!(query.contains("team_names=North%2C+East&team_names=S%C3%BCd+%26+Mitte"), "{query}");
}

#[tokio::test]
async fn ignored_filters_stop_the_run() {
    let outbound = r#"{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z", "direction": "outbound"}"#;
    // The server applies the filter to counts, but not to pages.
    let mut case = Case::new(move |_, query| {
        counted(query, FilterParameter::Direction, 2).unwrap_or_else(|| ok(outbound, 1, ""))
    })
    .await;
    case.filter = conditions(FilterParameter::Direction, &["inbound"]);
    let report = case.one_day().await;
    let stopped = report.stopped.unwrap().to_string();
    assert!(stopped.contains("the API ignores direction: 1 of 1 record does not match it"), "{stopped}");
    assert_eq!((report.complete, report.stats.added, case.calls_in_lake().await), (0, 0, 0));
}

#[tokio::test]
async fn hidden_parameters_are_confirmed_by_counts() {
    let served = |honours: fn(&BTreeMap<String, String>) -> (u16, HeaderMap, String)| {
        Case::new(move |_, query| honours(query))
    };
    let mut ignoring = served(|_| ok(&calls(0..2), 2, "")).await;
    ignoring.filter = conditions(FilterParameter::CountryIsoCodes, &["DE"]);
    let error = ignoring.sync(SyncOptions::default()).await.unwrap_err().to_string();
    assert!(error.contains("ignores country_iso_codes: it counts 2 calls for any value"), "{error}");
    assert_eq!(ignoring.calls_in_lake().await, 0);
    // All calls are of the country: the count with the filter is that without it.
    let mut counting = served(|query| match query.get("country_iso_codes").map(String::as_str) {
        Some("AQ") => ok("", 0, ""),
        _ => ok(&calls(0..2), 2, ""),
    })
    .await;
    counting.filter = conditions(FilterParameter::CountryIsoCodes, &["DE"]);
    assert_eq!(counting.one_day().await.stats.added, 2);
    let mut refusing = served(|query| match query.get("region_ids").map(String::as_str) {
        Some("r1") => ok(&calls(0..1), 1, ""),
        None => ok(&calls(0..2), 2, ""),
        Some(_) => failure(404, r#"{"code": 1201, "message": "no such region"}"#),
    })
    .await;
    refusing.filter = conditions(FilterParameter::RegionIds, &["r1"]);
    assert_eq!(refusing.one_day().await.stats.added, 1);
    // The server refuses unknown values, but ignores the parameter.
    let mut checking = served(|query| match query.get("region_ids").map(String::as_str) {
        Some("r1") | None => ok(&calls(0..2), 2, ""),
        Some(_) => failure(404, r#"{"code": 1201, "message": "no such region"}"#),
    })
    .await;
    checking.filter = conditions(FilterParameter::RegionIds, &["r1"]);
    let error = checking.sync(SyncOptions::default()).await.unwrap_err().to_string();
    assert!(error.contains("ignores region_ids: it counts 2 calls with and without it"), "{error}");
}

#[tokio::test]
async fn parameters_are_confirmed_once_a_day() {
    let mut ignoring = Case::new(|_, _| ok(&calls(0..2), 2, "")).await;
    ignoring.filter = conditions(FilterParameter::CcQueueIds, &["a"]);
    let error = ignoring.sync(SyncOptions::default()).await.unwrap_err().to_string();
    assert!(error.contains("ignores cc_queue_ids: it counts 2 calls for any value"), "{error}");
    assert_eq!(ignoring.calls_in_lake().await, 0);
    // Earlier months have no calls.
    let mut empty_at_first =
        Case::new(
            |_, query| {
                if query["to"].starts_with("2026-11") { ok(&calls(0..2), 2, "") } else { ok("", 0, "") }
            },
        )
        .await;
    empty_at_first.filter = conditions(FilterParameter::CountryIsoCodes, &["DE"]);
    let from = Some("2026-03-01T00:00:00Z".parse().unwrap());
    let error = empty_at_first.sync(SyncOptions { from, ..SyncOptions::default() }).await.unwrap_err();
    assert!(matches!(error, FetchError::FilterIgnored { .. }), "{error:?}");

    let mut case = Case::new(|_, query| {
        counted(query, FilterParameter::CcQueueIds, 3).unwrap_or_else(|| ok(&calls(0..1), 1, ""))
    })
    .await;
    case.filter = conditions(FilterParameter::CcQueueIds, &["a"]);
    assert_eq!(case.one_day().await.rate_usage.requests, 1 + 2);
    let days = std::collections::BTreeSet::from(["2026-11-01".parse().unwrap()]);
    let sync =
        LakeSync::new(case.client(), case.lake().await, SyncOptions::default()).with_refetched_days(days);
    let again = sync.run(&|_| {}, std::future::pending()).await.unwrap();
    assert_eq!(again.rate_usage.requests, 1);
}

/// A server may apply only the first or last of several repeated keys.
#[tokio::test]
async fn partially_applied_lists_are_ignored_filters() {
    let mut case = Case::new(|_, query| match query.get("cc_queue_ids").map(String::as_str) {
        None => ok("", 9, ""),
        Some("a") => ok("", 4, ""),
        Some("b") => ok("", 5, ""),
        Some(_) => ok("", 0, ""),
    })
    .await;
    case.filter = conditions(FilterParameter::CcQueueIds, &["a", "b"]);
    let error = case.sync(SyncOptions::default()).await.unwrap_err().to_string();
    assert!(
        error.contains("it counts 5 calls for a list of 2 values, and 5 for one of them alone"),
        "{error}"
    );
}

/// Consumer numbers are personal data, also in texts of the server.
#[tokio::test]
async fn consumer_numbers_are_redacted() {
    for repeated in ["+12055550100", "%2B12055550100", "12055550100"] {
        let body = format!(r#"{{"code": 300, "message": "no consumer {repeated} here"}}"#);
        let mut case = Case::new(move |_, _| failure(400, &body)).await;
        case.filter = conditions(FilterParameter::ConsumerNumber, &["+12055550100"]);
        let error = case.sync(SyncOptions::default()).await.unwrap_err().to_string();
        assert!(error.contains("[redacted] here") && !error.contains("2055550100"), "{error}");
    }
}
