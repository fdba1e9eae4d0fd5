//! Numbers of requests of sessions and queries over a year of days.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use object_store::ObjectStoreExt as _;
use voxlake_lake::{MAX_CONCURRENT_REQUESTS, TimeRange};
use voxlake_query::test_store::{Request, TestStore};
use voxlake_query::{LakeSession, Params, QueryLibrary};

use crate::lakes::{
    CALLS, DAY, DAYS, MONTHS, answer, commit, date, delete_footer_cache, many_calls, path, session,
    summarized, year,
};

/// Parts of a scan: see [`session`].
const PARTS: usize = 4;

fn get(path: impl ToString) -> Request {
    Request::Get(path.to_string(), None)
}

/// Opens a session and runs a query. Returns the session and its requests.
async fn cold(store: &Arc<TestStore>, sql: &str) -> (LakeSession, Vec<Request>) {
    let lake = store.lake();
    store.take_requests();
    let session = session(&lake).await;
    answer(&session, sql).await.unwrap();
    (session, store.take_requests())
}

fn day_reads(requests: &[Request]) -> usize {
    requests.iter().filter(|request| request.reads_day()).count()
}

#[tokio::test]
async fn cold_queries_of_a_day_take_four_requests() {
    let store = year().await;
    let size = store.files().head(&path(DAY)).await.unwrap().size;
    let open = [Request::List("voice_calls".to_owned()), get("_voxlake/scope.json")];
    let read = [get("_voxlake/footers/2026-03.json"), Request::Get(path(DAY).to_string(), Some(0..size))];
    for sql in [
        "SELECT count(*) FROM calls WHERE date = '2026-03-15'",
        "SELECT engagement_id, queues, voice_call_details FROM voice_calls WHERE date = '2026-03-15'",
        "SELECT * FROM call_legs WHERE date = '2026-03-15'",
        "SELECT result FROM voice_calls WHERE start_time >= '2026-03-15T01:00:00Z' AND start_time < '2026-03-15T03:00:00Z'",
        "SELECT result FROM voice_calls WHERE date = '2026-03-15' AND consumer_number IS NOT NULL AND total_duration > 1",
    ] {
        let (session, requests) = cold(&store, sql).await;
        assert_eq!(requests, [&open[..], &read[..]].concat(), "{sql}");
        // The listing and the footers are known, and the file is read again.
        answer(&session, sql).await.unwrap();
        assert!(store.take_requests().len() <= 1, "{sql}");
    }
}

#[tokio::test]
async fn without_a_footer_cache_footers_are_read_once() {
    let store = year().await;
    delete_footer_cache(&store).await;
    let (_, requests) =
        cold(&store, "SELECT result, count(*) FROM voice_calls WHERE date = '2026-03-15' GROUP BY 1").await;
    // The footer while planning, and the columns.
    assert_eq!((requests.len(), day_reads(&requests)), (5, 2), "{requests:?}");
    let (_, requests) = cold(&store, "SELECT count(*) FROM voice_calls").await;
    assert_eq!((requests.len(), day_reads(&requests)), (2 + MONTHS + DAYS, DAYS));
}

#[tokio::test]
async fn scans_of_a_year_read_each_file_once() {
    let store = year().await;
    let sql = "SELECT result, sum(total_duration) FROM voice_calls GROUP BY 1";
    let (_, requests) = cold(&store, sql).await;
    let days = day_reads(&requests);
    assert_eq!(requests.len() - days, 2 + MONTHS);
    // Files at the ends of a part may be read for two parts.
    assert!((DAYS..DAYS + PARTS).contains(&days), "{days}");
}

#[tokio::test]
async fn lookups_read_a_block_of_each_filter() {
    let store = year().await;
    let sql = "SELECT result FROM voice_calls WHERE engagement_id = '2026-03-15 2'";
    let (session, requests) = cold(&store, sql).await;
    let blocks = requests.iter().filter(|request| match request {
        Request::Get(path, Some(range)) => path.starts_with("voice_calls/") && range.end - range.start == 32,
        _ => false,
    });
    assert_eq!(blocks.count(), DAYS);
    // The day itself, and days with a false positive.
    assert!((DAYS + 1..DAYS + 8).contains(&day_reads(&requests)), "{}", day_reads(&requests));
    // The second lookup loads all filters, the third makes no request for them.
    answer(&session, sql).await.unwrap();
    store.take_requests();
    answer(&session, sql).await.unwrap();
    assert!(store.take_requests().len() < 8);
}

/// Runs a named query over `[from, to)` and checks what it lacks, as `voxlake query` does.
async fn named(store: &Arc<TestStore>, name: &str, from: &str, to: &str) -> usize {
    let lake = store.lake();
    store.take_requests();
    let session = session(&lake).await;
    let library = QueryLibrary::shipped().unwrap();
    let params = Params::new().with("from", from).with("to", to);
    session.run(library.get(name).unwrap(), &params).await.unwrap().collect().await.unwrap();
    let period = TimeRange { from: TimeRange::of_day(date(from)).from, to: TimeRange::of_day(date(to)).from };
    session.gaps(period).await.unwrap();
    session.rejects(period).await.unwrap();
    store.take_requests().len()
}

#[tokio::test]
async fn named_queries_read_summaries() {
    let store = summarized().await;
    // Opening, six listings of summaries, three summaries of the day, names of the 18 days before
    // (a month and 14 days), the footer cache and the listing of rejects.
    assert_eq!(named(&store, "abandonment_rate", DAY, "2026-03-16").await, 2 + 6 + 3 + 15 + 2);
    // Summaries of the month, and names of the month before.
    assert_eq!(named(&store, "abandonment_rate", "2026-03-01", "2026-04-01").await, 2 + 6 + 3 + 1 + 2);
}

#[tokio::test]
async fn an_inventory_reads_the_footer_cache() {
    let store = year().await;
    store.take_requests();
    let lake = store.lake();
    let inventory = lake.inventory(DateTime::<Utc>::MAX_UTC, TimeDelta::hours(24)).await.unwrap();
    assert_eq!(inventory.calls(), (DAYS * CALLS) as u64);
    // Besides the listing: scope and unfinished period.
    assert_eq!(store.take_requests().len(), MONTHS + 3);
    lake.verify_day(date(DAY)).await.unwrap();
    assert_eq!(store.take_requests(), [get(path(DAY))]);
}

#[tokio::test]
async fn concurrent_requests_are_limited() {
    let store = year().await;
    delete_footer_cache(&store).await;
    let lake = store.lake();
    store.take_requests();
    let days = lake.days().await.unwrap();
    futures::future::join_all([0, 1, 2].map(|_| lake.footers(&days))).await;
    assert_eq!(store.max_concurrent_reads(), MAX_CONCURRENT_REQUESTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn large_days_take_few_requests() {
    let store = TestStore::new();
    // Three row groups and 6 MiB.
    commit(&store.lake(), date(DAY), many_calls(date(DAY), 300_000)).await;
    for (sql, most) in [
        // The footer.
        ("SELECT count(*) FROM calls WHERE date = '2026-03-15'", 1),
        // One request for each part, and one more for each row group that two parts share.
        (
            "SELECT sum(length(engagement_id)), sum(array_length(queues)) FROM voice_calls WHERE date = '2026-03-15'",
            1 + 2 * PARTS,
        ),
        // The row filter, then the other columns.
        (
            "SELECT sum(total_duration), count(result) FROM voice_calls WHERE start_time < '2026-03-15T02:00:00Z'",
            1 + 2,
        ),
        // A filter of each row group, then ids and columns.
        ("SELECT result FROM voice_calls WHERE engagement_id = '00000000000004d2'", 3 + 1 + 3 + 2 * 3),
    ] {
        let (_, requests) = cold(&store, sql).await;
        assert!(day_reads(&requests) <= most, "{sql}: {requests:#?}");
    }
}
