//! Scopes of lakes, and their widening.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use voxlake_lake::TimeRange;

use super::case::*;
use super::filters::scope_of;
use crate::{CallFilter, FetchError, FilterParameter, LakeSync, SyncOptions, SyncReport};

/// A refused value does not change the lake, and a failed first sync sets no scope.
#[tokio::test]
async fn refused_values_do_not_change_the_scope() {
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
            matches!(&error, FetchError::ScopeMismatch { current, .. } if current == "calls with direction inbound")
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
        LakeSync::new(case.client(), lake, SyncOptions::default()).with_scope_description(target.to_string());
    sync.with_wider_scope(target).run(&|_| {}, std::future::pending()).await
}

/// A widening fetches only the new queue, keeps the stored calls, and can be resumed.
#[tokio::test]
async fn widening_fetches_missing_calls() {
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
    // Coverage of the old scope does not count.
    case.filter = both.clone();
    let sync = LakeSync::new(case.client(), case.lake().await, SyncOptions::default());
    let lock = case.lake().await.lock(DateTime::UNIX_EPOCH).await.unwrap();
    let known = sync.lake_state(&lock, both.scope(), &|_| {}).await.unwrap();
    lock.release().await.unwrap();
    assert!(known.coverage.values().all(|coverage| coverage.ranges().is_empty()));
    let report = widen(&mut case, both.clone()).await.unwrap();
    assert_eq!((report.complete, report.stats.added, case.calls_in_lake().await), (1, 1, 2));
    assert_eq!(case.sent_for_pages(FilterParameter::CcQueueIds).last().unwrap(), &["b"]);
    assert_eq!(scope_of(&case).await, [both.scope()]);
    assert!(case.lake().await.scope().await.unwrap().unwrap().widened_from.is_none());
    // An ordinary sync continues under the new scope.
    case.filter = both.clone();
    assert_eq!(case.one_day().await.planned, []);
    let narrower = widen(&mut case, queues(&["b"])).await.unwrap_err();
    assert!(matches!(narrower, FetchError::ScopeNotWider { .. }), "{narrower:?}");
    let report = widen(&mut case, CallFilter::default()).await.unwrap();
    assert_eq!((report.stats.added, case.calls_in_lake().await), (1, 3));
    assert_eq!(case.lake().await.scope().await.unwrap(), None);
    case.filter = CallFilter::default();
    assert_eq!(case.one_day().await.planned, []);
}

/// The old queue was not fetched, so a new start time in the new queue proves nothing.
#[tokio::test]
async fn widening_replaces_no_records() {
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

/// Unsettled ranges may lack calls of the old scope: an ordinary sync fetches them whole.
#[tokio::test]
async fn widening_skips_unsettled_ranges() {
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
