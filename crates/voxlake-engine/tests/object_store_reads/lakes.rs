//! Lakes in stores that record requests.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMillisecondArray};
use datafusion::arrow::compute::concat_batches;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use voxlake_lake::{ConflictPolicy, FetchedRange, Lake, TimeRange};
use voxlake_query::test_lake::{call, decoded, queue, rows};
use voxlake_query::test_store::TestStore;
use voxlake_query::{LakeSession, QueryError, SessionOptions, summarize};

/// Day of the one-day queries.
pub(crate) const DAY: &str = "2026-03-15";
/// First day of the year.
const FIRST_DAY: &str = "2025-11-01";
/// Days of the year, and its months.
pub(crate) const DAYS: usize = 365;
pub(crate) const MONTHS: usize = 12;
/// Calls per day.
pub(crate) const CALLS: usize = 4;

pub(crate) fn date(day: &str) -> NaiveDate {
    day.parse().unwrap()
}

pub(crate) fn path(day: &str) -> Path {
    Path::from(format!("voice_calls/date={day}/calls.parquet"))
}

/// Returns calls of a day with queues, agents and legs. Their ids are `<day> <number>`.
pub(crate) fn calls(day: NaiveDate, count: usize) -> Vec<Value> {
    let call_of = |number: usize| {
        let more = json!({
            "result": "completed",
            "queues": [queue("Sales")],
            "agents": [{"user_id": "u1", "display_name": "Ann"}],
            "consumer_number": format!("+1555{number:07}"),
            "total_duration": number,
            "voice_call_details": [
                {"queue": queue("Sales"), "result": "missed"},
                {"queue": queue("Care"), "result": "completed"},
            ],
        });
        call(&format!("{day} {number}"), &format!("{day}T{:02}:00:00Z", number % 24), more)
    };
    (0..count).map(call_of).collect()
}

/// Commits calls of a day, as a complete fetch of it.
pub(crate) async fn commit(lake: &Lake, day: NaiveDate, calls: RecordBatch) {
    let TimeRange { from, to } = TimeRange::of_day(day);
    let fetched_at = to + TimeDelta::days(2);
    let range = FetchedRange { from, to, fetched_at, total_records: None, calls: None, scope: None };
    let lock = lake.lock(fetched_at).await.unwrap();
    lake.merge_day(&lock, day, vec![calls], &[range], ConflictPolicy::Replace).await.unwrap();
    lock.release().await.unwrap();
}

/// A year of small days.
pub(crate) async fn year() -> Arc<TestStore> {
    static YEAR: OnceCell<Arc<TestStore>> = OnceCell::const_new();
    YEAR.get_or_init(|| store_of_days(date(FIRST_DAY), DAYS)).await.fork()
}

/// Twenty days of two months, with summaries.
pub(crate) async fn summarized() -> Arc<TestStore> {
    let store = store_of_days(date("2026-02-25"), 20).await;
    let lake = store.lake();
    let lock = lake.lock(DateTime::<Utc>::UNIX_EPOCH).await.unwrap();
    summarize(&lake, &lock, false, &|_| ()).await.unwrap();
    lock.release().await.unwrap();
    store
}

async fn store_of_days(first: NaiveDate, count: usize) -> Arc<TestStore> {
    let store = TestStore::new();
    let lake = store.lake();
    for day in first.iter_days().take(count) {
        commit(&lake, day, decoded(&calls(day, CALLS))).await;
    }
    store
}

/// Deletes the footer cache.
pub(crate) async fn delete_footer_cache(store: &TestStore) {
    use futures::TryStreamExt as _;
    use object_store::ObjectStore as _;
    let files: Vec<_> =
        store.files().list(Some(&Path::from("_voxlake/footers"))).try_collect().await.unwrap();
    assert!(!files.is_empty());
    for file in files {
        store.files().delete(&file.location).await.unwrap();
    }
}

/// Returns a batch of `count` calls of a day with different ids, too large for one request.
pub(crate) fn many_calls(day: NaiveDate, count: usize) -> RecordBatch {
    let hundred = decoded(&calls(day, 100));
    let all = concat_batches(&hundred.schema(), vec![&hundred; count / 100]).unwrap();
    let start = TimeRange::of_day(day).from.timestamp_millis();
    let numbers = || 0..i64::try_from(count).unwrap();
    let texts = |text: fn(i64) -> String| {
        Arc::new(numbers().map(text).map(Some).collect::<StringArray>()) as ArrayRef
    };
    let step = 86_400_000 / i64::try_from(count).unwrap();
    let starts = TimestampMillisecondArray::from_iter_values(numbers().map(|number| start + number * step));
    let (schema, mut columns, _) = all.into_parts();
    columns[schema.index_of("start_time").unwrap()] = Arc::new(starts.with_timezone("UTC"));
    // Texts that do not compress.
    columns[schema.index_of("engagement_id").unwrap()] =
        texts(|number| format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed())));
    columns[schema.index_of("consumer_number").unwrap()] =
        texts(|number| format!("+{:019}", number.wrapping_mul(0x1656_67b1_9e37_79f9) & i64::MAX));
    RecordBatch::try_new(schema, columns).unwrap()
}

/// Returns the calls with another result.
pub(crate) fn with_result(calls: &RecordBatch, result: &str) -> RecordBatch {
    let (schema, mut columns, rows) = calls.clone().into_parts();
    columns[schema.index_of("result").unwrap()] = Arc::new(StringArray::from(vec![Some(result); rows]));
    RecordBatch::try_new(schema, columns).unwrap()
}

/// Encodes a day file as another program would: without checksums, with row groups of this many
/// calls.
pub(crate) fn plain_file(calls: &RecordBatch, row_group: usize) -> Bytes {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(row_group)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), calls.schema(), Some(properties)).unwrap();
    writer.write(calls).unwrap();
    writer.into_inner().unwrap().into()
}

pub(crate) async fn session(lake: &Lake) -> LakeSession {
    let options = SessionOptions::default().target_partitions(4.try_into().ok());
    LakeSession::open(lake, options).await.unwrap()
}

/// Returns the rows of a query.
pub(crate) async fn answer(session: &LakeSession, sql: &str) -> Result<Vec<String>, QueryError> {
    session.sql(sql).await?.collect().await.map(|batches| rows(&batches))
}
