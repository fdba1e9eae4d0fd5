//! Filters, scopes and lookups against a server that answers by a script.

use super::*;

fn conditions(parameter: FilterParameter, values: &[&str]) -> CallFilter {
    CallFilter::default().with(parameter, values.iter().copied()).unwrap()
}

async fn scope_of(case: &Case) -> Vec<Option<voxlake_lake::ScopeId>> {
    let (lake, mut scopes) = (case.lake().await, Vec::new());
    for day in lake.days().await.unwrap() {
        scopes.extend(lake.coverage(&day).await.unwrap().ranges().iter().map(|range| range.scope));
    }
    scopes
}

/// The answer to a request for a count, if it is one: 0 for values that no call has, `all` without
/// `parameter`, and 1 for each other value.
fn counted(
    query: &Query<String, String>,
    parameter: FilterParameter,
    all: usize,
) -> Option<(u16, HeaderMap, String)> {
    if query["page_size"] != "1" {
        return None;
    }
    let repeated = || query.get(&format!("{}#", parameter.name())).and_then(|count| count.parse().ok());
    Some(match query.get(parameter.name()).map(String::as_str) {
        None => ok("", all, ""),
        Some("voxlake-no-such-value" | "outbound" | "AQ") => ok("", 0, ""),
        Some(_) => ok("", repeated().unwrap_or(1), ""),
    })
}

/// Each request of a long list returns a call of its own and one that all of them return.
#[tokio::test]
async fn long_lists_are_fetched_in_pieces_and_merged() {
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
    // Two counts with and without the parameter, five of single values and one of these together.
    assert_eq!((report.complete, report.tally.added, report.pacing.requests), (1, 4, 3 + 8));
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
async fn values_are_encoded_so_that_they_arrive() {
    let mut case = Case::new(|_, _| ok("", 0, "")).await;
    case.filter = conditions(FilterParameter::TeamNames, &["North, East", "Süd & Mitte"])
        .with(FilterParameter::ConsumerNumber, ["+12055550100"])
        .unwrap();
    case.one_day().await;
    assert_eq!(case.sent_for_pages(FilterParameter::TeamNames), [["North, East", "Süd & Mitte"]]);
    assert_eq!(case.sent_for_pages(FilterParameter::ConsumerNumber), [["+12055550100"]]);
    let query = case.served.queries.lock().unwrap().last().unwrap().clone();
    assert!(query.contains("consumer_number=%2B12055550100"), "{query}");
    assert!(query.contains("team_names=North%2C+East&team_names=S%C3%BCd+%26+Mitte"), "{query}");
}

#[tokio::test]
async fn a_filter_that_the_api_ignores_stops_the_run_and_nothing_is_kept() {
    let outbound = r#"{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z", "direction": "outbound"}"#;
    // Counts honour it, and pages do not.
    let mut case = Case::new(move |_, query| {
        counted(query, FilterParameter::Direction, 2).unwrap_or_else(|| ok(outbound, 1, ""))
    })
    .await;
    case.filter = conditions(FilterParameter::Direction, &["inbound"]);
    let report = case.one_day().await;
    let stopped = report.stopped.unwrap().to_string();
    assert!(stopped.contains("the API ignores direction: 1 of 1 records do not meet it"), "{stopped}");
    assert_eq!((report.complete, report.tally.added, case.calls_in_lake().await), (0, 0, 0));
}

/// Records do not have the code of a country: counts tell.
#[tokio::test]
async fn a_parameter_that_records_do_not_show_is_confirmed_by_counts() {
    let served = |honours: fn(&Query<String, String>) -> (u16, HeaderMap, String)| {
        Case::new(move |_, query| honours(query))
    };
    let mut ignoring = served(|_| ok(&calls(0..2), 2, "")).await;
    ignoring.filter = conditions(FilterParameter::CountryIsoCodes, &["DE"]);
    let error = ignoring.sync(SyncOptions::default()).await.unwrap_err().to_string();
    assert!(error.contains("ignores country_iso_codes: it counts 2 calls whatever the value"), "{error}");
    assert_eq!(ignoring.calls_in_lake().await, 0);
    // All calls are of the country, so that the count alone would not tell.
    let mut counting = served(|query| match query.get("country_iso_codes").map(String::as_str) {
        Some("AQ") => ok("", 0, ""),
        _ => ok(&calls(0..2), 2, ""),
    })
    .await;
    counting.filter = conditions(FilterParameter::CountryIsoCodes, &["DE"]);
    assert_eq!(counting.one_day().await.tally.added, 2);
    let mut refusing = served(|query| match query.get("region_ids").map(String::as_str) {
        Some("r1") => ok(&calls(0..1), 1, ""),
        None => ok(&calls(0..2), 2, ""),
        Some(_) => failure(404, r#"{"code": 1201, "message": "no such region"}"#),
    })
    .await;
    refusing.filter = conditions(FilterParameter::RegionIds, &["r1"]);
    assert_eq!(refusing.one_day().await.tally.added, 1);
    // It knows which values there are, and applies none.
    let mut checking = served(|query| match query.get("region_ids").map(String::as_str) {
        Some("r1") | None => ok(&calls(0..2), 2, ""),
        Some(_) => failure(404, r#"{"code": 1201, "message": "no such region"}"#),
    })
    .await;
    checking.filter = conditions(FilterParameter::RegionIds, &["r1"]);
    let error = checking.sync(SyncOptions::default()).await.unwrap_err().to_string();
    assert!(error.contains("ignores region_ids: it counts 2 calls with it and without it"), "{error}");
}

/// Records without the field of a parameter do not show that it is ignored.
#[tokio::test]
async fn each_parameter_is_confirmed_by_counts_once_a_day() {
    let mut ignoring = Case::new(|_, _| ok(&calls(0..2), 2, "")).await;
    ignoring.filter = conditions(FilterParameter::CcQueueIds, &["a"]);
    let error = ignoring.sync(SyncOptions::default()).await.unwrap_err().to_string();
    assert!(error.contains("ignores cc_queue_ids: it counts 2 calls whatever the value"), "{error}");
    assert_eq!(ignoring.calls_in_lake().await, 0);
    // The months before have no calls.
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
    assert_eq!(case.one_day().await.pacing.requests, 1 + 2);
    let days = std::collections::BTreeSet::from(["2026-11-01".parse().unwrap()]);
    let sync = LakeSync::new(case.client(), case.lake().await, SyncOptions::default()).refetching(days);
    let again = sync.run(&|_| {}, std::future::pending()).await.unwrap();
    assert_eq!(again.pacing.requests, 1);
}

/// Of repeated keys the server takes the first or the last, and every record that comes matches.
#[tokio::test]
async fn a_list_of_which_one_value_counts_is_ignored() {
    let mut case = Case::new(|_, query| match query.get("cc_queue_ids").map(String::as_str) {
        None => ok("", 9, ""),
        Some("a") => ok("", 4, ""),
        Some("b") => ok("", 5, ""),
        Some(_) => ok("", 0, ""),
    })
    .await;
    case.filter = conditions(FilterParameter::CcQueueIds, &["a", "b"]);
    let error = case.sync(SyncOptions::default()).await.unwrap_err().to_string();
    assert!(error.contains("of a list of 2 values it counts 5 calls, and 5 of one of them alone"), "{error}");
}

/// The number of a consumer is personal data, also in the words of a server.
#[tokio::test]
async fn a_number_that_the_server_repeats_is_not_shown() {
    for repeated in ["+12055550100", "%2B12055550100", "12055550100"] {
        let body = format!(r#"{{"code": 300, "message": "no consumer {repeated} here"}}"#);
        let mut case = Case::new(move |_, _| failure(400, &body)).await;
        case.filter = conditions(FilterParameter::ConsumerNumber, &["+12055550100"]);
        let error = case.sync(SyncOptions::default()).await.unwrap_err().to_string();
        assert!(error.contains("[redacted] here") && !error.contains("2055550100"), "{error}");
    }
}

/// A value that the API refuses changes nothing about the lake, and a first sync that fails claims
/// nothing.
#[tokio::test]
async fn a_refused_value_leaves_the_scope() {
    let mut case = Case::new(|_, query| match query.get("cc_queue_ids").map(String::as_str) {
        Some("typo") => failure(404, r#"{"code": 1201, "message": "Queue does not exist"}"#),
        _ => counted(query, FilterParameter::CcQueueIds, 3).unwrap_or_else(|| ok("", 0, "")),
    })
    .await;
    let queues = |ids: &[&str]| conditions(FilterParameter::CcQueueIds, ids);
    case.filter = queues(&["typo"]);
    assert!(matches!(case.one_day().await.stopped, Some(FetchError::Refused { .. })));
    case.filter = queues(&["a"]);
    case.one_day().await;
    widen(&mut case, queues(&["a", "typo"])).await.unwrap_err();
    let scope = case.lake().await.scope().await.unwrap().unwrap();
    assert_eq!((scope.id, scope.widened_from), (queues(&["a"]).scope(), None));
    widen(&mut case, queues(&["a", "b"])).await.unwrap();
}

#[tokio::test]
async fn a_lake_keeps_its_scope() {
    let mut case = Case::new(|_, _| ok("", 0, "")).await;
    case.filter = conditions(FilterParameter::Direction, &["inbound"]);
    case.one_day().await;
    let scope = case.lake().await.scope().await.unwrap().unwrap();
    assert_eq!((scope.words.as_str(), scope.id), ("direction inbound", case.filter.scope()));
    for other in [CallFilter::default(), conditions(FilterParameter::Direction, &["outbound"])] {
        let pages = case.pages();
        case.filter = other;
        let error = case.sync(SyncOptions::default()).await.unwrap_err();
        assert!(
            matches!(&error, FetchError::OtherScope { held, .. } if held == "calls with direction inbound")
        );
        assert_eq!(case.pages(), pages, "nothing is asked");
    }
    let mut whole = Case::new(|_, _| ok("", 0, "")).await;
    whole.one_day().await;
    whole.filter = conditions(FilterParameter::Direction, &["inbound"]);
    let error = whole.sync(SyncOptions::default()).await.unwrap_err().to_string();
    assert_eq!(error, "the scope of the lake is all calls, but calls with direction inbound were requested");
}

async fn widen(case: &mut Case, target: CallFilter) -> Result<SyncReport, FetchError> {
    let lake = case.lake().await;
    case.filter = crate::filter_to_widen(&lake, &target, &target.to_string()).await?;
    let sync =
        LakeSync::new(case.client(), lake, SyncOptions::default()).with_scope_words(target.to_string());
    sync.widening_to(target).run(&|_| {}, std::future::pending()).await
}

/// A widening fetches the new queue alone, keeps what was there, and is taken up where it ended.
#[tokio::test]
async fn a_wider_scope_fetches_what_is_missing() {
    let fails = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let mut case = Case::new({
        let fails = Arc::clone(&fails);
        move |_, query| {
            let queue = query.get("cc_queue_ids").cloned();
            if let Some(count) = counted(query, FilterParameter::CcQueueIds, 3) {
                return count;
            }
            if queue.as_deref() == Some("b") && fails.load(Ordering::SeqCst) {
                return failure(502, "");
            }
            let call = |id: &str| {
                format!(r#"{{"engagement_id": "{id}", "start_time": "2026-11-01T08:00:00Z", "queues": [{{"cc_queue_id": "{id}"}}]}}"#)
            };
            match queue.as_deref() {
                Some(id) => ok(&call(id), 1, ""),
                None => ok(&["a", "b", "c"].map(call).join(","), 3, ""),
            }
        }
    })
    .await;
    let queues = |ids: &[&str]| conditions(FilterParameter::CcQueueIds, ids);
    case.filter = queues(&["a"]);
    case.one_day().await;
    let both = queues(&["a", "b"]);
    let report = widen(&mut case, both.clone()).await.unwrap();
    assert_eq!(report.complete, 0);
    let noted = case.lake().await.scope().await.unwrap().unwrap();
    assert_eq!((noted.id, noted.widened_from.is_some()), (both.scope(), true));
    fails.store(false, Ordering::SeqCst);
    // What was fetched under the old scope does not count as fetched.
    case.filter = both.clone();
    let sync = LakeSync::new(case.client(), case.lake().await, SyncOptions::default());
    let lock = case.lake().await.lock(DateTime::UNIX_EPOCH).await.unwrap();
    let known = sync.known(&lock, both.scope(), &|_| {}).await.unwrap();
    lock.release().await.unwrap();
    assert!(known.coverage.values().all(|coverage| coverage.ranges().is_empty()));
    let report = widen(&mut case, both.clone()).await.unwrap();
    assert_eq!((report.complete, report.tally.added, case.calls_in_lake().await), (1, 1, 2));
    assert_eq!(case.sent_for_pages(FilterParameter::CcQueueIds).last().unwrap(), &["b"]);
    assert_eq!(scope_of(&case).await, [both.scope()]);
    assert!(case.lake().await.scope().await.unwrap().unwrap().widened_from.is_none());
    // An ordinary sync goes on under the new scope.
    case.filter = both.clone();
    assert_eq!(case.one_day().await.planned, []);
    let narrower = widen(&mut case, queues(&["b"])).await.unwrap_err();
    assert!(matches!(narrower, FetchError::NotWider { .. }), "{narrower:?}");
    let report = widen(&mut case, CallFilter::default()).await.unwrap();
    assert_eq!((report.tally.added, case.calls_in_lake().await), (1, 3));
    assert_eq!(case.lake().await.scope().await.unwrap(), None);
    case.filter = CallFilter::default();
    assert_eq!(case.one_day().await.planned, []);
}

/// An engagement that has another start time in the new queue stays in the old one: that was not
/// asked for.
#[tokio::test]
async fn a_widening_supersedes_nothing() {
    let mut case = Case::new(|_, query| {
        if let Some(count) = counted(query, FilterParameter::CcQueueIds, 3) {
            return count;
        }
        let queue = &query["cc_queue_ids"];
        let start = if queue == "a" { "08:00:00" } else { "09:00:00" };
        let record = format!(
            r#"{{"engagement_id": "one", "start_time": "2026-11-01T{start}Z", "queues": [{{"cc_queue_id": "{queue}"}}]}}"#
        );
        ok(&record, 1, "")
    })
    .await;
    case.filter = conditions(FilterParameter::CcQueueIds, &["a"]);
    case.one_day().await;
    let report = widen(&mut case, conditions(FilterParameter::CcQueueIds, &["a", "b"])).await.unwrap();
    assert_eq!((report.complete, case.calls_in_lake().await), (1, 2));
}

/// What is not settled under the old scope may lack calls of it: an ordinary sync fetches it whole.
#[tokio::test]
async fn a_widening_leaves_unsettled_ranges_to_a_sync() {
    let mut case = Case::new(|_, _| ok("", 0, "")).await;
    case.filter = conditions(FilterParameter::CcQueueIds, &["a"]);
    let options = SyncOptions { to: Some(NOW.parse().unwrap()), ..SyncOptions::default() };
    case.sync(options).await.unwrap();
    let both = conditions(FilterParameter::CcQueueIds, &["a", "b"]);
    let report = widen(&mut case, both.clone()).await.unwrap();
    let to: DateTime<Utc> = "2026-11-04T00:00:00Z".parse().unwrap();
    assert_eq!(report.planned.last().unwrap().to, to, "{report:?}");
    case.filter = both;
    let report = case.sync(options).await.unwrap();
    assert_eq!(report.planned, [TimeRange { from: to, to: NOW.parse().unwrap() }]);
    assert_eq!(case.sent(FilterParameter::CcQueueIds).last().unwrap(), &["a", "b"]);
}

fn lookup(period: TimeRange, max_requests: u64) -> crate::LookupOptions {
    crate::LookupOptions { period, max_requests, first_window_alone: true }
}

#[tokio::test]
async fn a_lookup_pages_within_its_bounds() {
    let mut case = Case::new(|n, _| ok(&calls(n * 10..(n + 1) * 10), 500, &format!("token-{n}"))).await;
    let found = case.client().look_up(&case.budget().await, lookup(november(1..=2), 3)).await.unwrap();
    let rows: usize = found.calls.iter().map(arrow::array::RecordBatch::num_rows).sum();
    assert_eq!((rows, found.requests, found.is_complete), (30, 3, false));
    // Longer periods are asked for from the newest month on, until one has what is looked for.
    case = Case::new(|n, _| if n == 1 { ok(&calls(0..1), 1, "") } else { ok("", 0, "") }).await;
    case.filter = conditions(FilterParameter::EngagementId, &["call-0"]);
    let year = TimeRange { from: "2026-01-01T00:00:00Z".parse().unwrap(), to: NOW.parse().unwrap() };
    let found = case.client().look_up(&case.budget().await, lookup(year, 20)).await.unwrap();
    assert_eq!((found.requests, found.is_complete), (2, true));
    assert_eq!(case.sent(FilterParameter::EngagementId), [["call-0"], ["call-0"]]);
    let froms: Vec<String> =
        case.served.queries.lock().unwrap().iter().map(|query| query[..15].to_owned()).collect();
    assert_eq!(froms, ["from=2026-10-08", "from=2026-09-10"]);
    // One that the API ignores is no answer.
    case = Case::new(|_, _| ok(&calls(0..1), 1, "")).await;
    case.filter = conditions(FilterParameter::EngagementId, &["other"]);
    let error = case.client().look_up(&case.budget().await, lookup(november(1..=2), 3)).await.unwrap_err();
    assert!(matches!(error, FetchError::FilterIgnored { .. }), "{error:?}");
}

#[tokio::test]
async fn the_form_of_lists_is_told_by_counts() {
    use crate::FormVerdict::{Honoured, NotHonoured, Unclear};
    // Counts of queue a, queue b, repeated keys and comma-separated values.
    for (counts, repeated, comma_separated) in [
        ([3, 2, 5, 0], Honoured, NotHonoured),
        // Of repeated keys the last counts, or the first.
        ([3, 2, 2, 5], NotHonoured, Honoured),
        ([3, 2, 3, 4], Unclear, Honoured),
        ([3, 2, 10, 10], NotHonoured, NotHonoured),
    ] {
        let case = Case::new(move |n, _| ok("", counts[n], "")).await;
        let forms = case.client().list_forms(&case.budget().await, ["a", "b"], 10).await.unwrap();
        assert_eq!((forms.repeated, forms.comma_separated), (repeated, comma_separated), "{counts:?}");
        let sent = case.sent(FilterParameter::CcQueueIds);
        assert_eq!(sent, [vec!["a"], vec!["b"], vec!["a", "b"], vec!["a,b"]]);
    }
    let case = Case::new(move |_, _| ok("", 10, "")).await;
    let error = case.client().list_forms(&case.budget().await, ["a", "b"], 10).await.unwrap_err();
    assert!(matches!(error, FetchError::FilterIgnored { .. }), "{error:?}");
}

#[tokio::test]
async fn a_slice_is_counted_ignored_or_unknown() {
    let case = Case::new(|number, _| match number {
        0 => ok("", 7, ""),
        1 => ok(&calls(0..1).replace("08:00:00Z\"", "08:00:00Z\", \"direction\": \"outbound\""), 7, ""),
        2 => failure(404, r#"{"code": 1201, "message": "no such queue"}"#),
        _ => ok("", 9, ""),
    })
    .await;
    let (client, budget, day) = (case.client(), case.budget().await, "2026-11-01".parse().unwrap());
    let direction = conditions(FilterParameter::Direction, &["inbound"]);
    let slice = async || client.count_slice(&budget, day, &direction, Some(FilterParameter::Direction)).await;
    assert_eq!(slice().await.unwrap(), crate::SliceCount::Counted(7));
    assert!(matches!(slice().await.unwrap(), crate::SliceCount::Ignored { .. }));
    assert!(matches!(slice().await.unwrap(), crate::SliceCount::Unknown { .. }));
    let all = CallFilter::default();
    assert!(!client.applies(&budget, day, &all, (FilterParameter::CountryIsoCodes, "DE"), 9).await.unwrap());
    assert!(client.applies(&budget, day, &all, (FilterParameter::CountryIsoCodes, "DE"), 10).await.unwrap());
}

#[tokio::test]
async fn chosen_days_are_fetched_again() {
    let case = Case::new(|number, _| ok(&calls(0..number.min(1) + 1), number.min(1) + 1, "")).await;
    case.one_day().await;
    let days = std::collections::BTreeSet::from(["2026-11-01".parse().unwrap()]);
    let sync = LakeSync::new(case.client(), case.lake().await, SyncOptions::default()).refetching(days);
    let report = sync.run(&|_| {}, std::future::pending()).await.unwrap();
    assert_eq!(report.planned, [november(1..=1)]);
    assert_eq!((report.complete, report.tally.added, report.tally.unchanged), (1, 1, 1));
}
