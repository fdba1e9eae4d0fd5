//! Bloom filters of growing days: no call is missed, and few days are read in vain.

use std::fs;

use arrow::array::RecordBatch;
use chrono::{DateTime, NaiveDate, Utc};
use parquet::arrow::ArrowWriter;
use parquet::bloom_filter::Sbbf;
use proptest::prelude::*;
use voxlake_model::decode_records;
use voxlake_model::schema::{CONSUMER_NUMBER, ENGAGEMENT_ID};

use super::*;
use crate::ConflictPolicy;
use crate::day_merge::MergeSizes;
use crate::merge_day::MergeRequest;
use crate::test_calls::MIDNIGHT;

/// Row groups of 8 calls: a day of 40 calls has several, and the next commit copies them.
const SIZES: MergeSizes = MergeSizes { batch_rows: 4, row_group_rows: 8 };

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(MIDNIGHT, 0).unwrap()
}

fn date() -> NaiveDate {
    now().date_naive()
}

/// Returns calls with these numbers, one per second. Every other consumer has no number.
fn calls(numbers: std::ops::Range<i64>) -> RecordBatch {
    let records: Vec<String> = numbers
        .map(|number| {
            let start = DateTime::from_timestamp(MIDNIGHT + number, 0).unwrap().to_rfc3339();
            let consumer = if number % 2 == 0 { format!(r#""+1{number}""#) } else { "null".to_owned() };
            format!(
                r#"{{"engagement_id": "id{number}", "start_time": "{start}", "consumer_number": {consumer}}}"#
            )
        })
        .collect();
    decode_records(records.iter().map(String::as_str), now()).unwrap().0
}

struct Case {
    folder: tempfile::TempDir,
    lake: Lake,
}

impl Case {
    /// A day of 40 calls in two commits. The second copies the row groups of the first.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock(now()).await.unwrap();
        for numbers in [0..24, 24..40] {
            let calls = vec![calls(numbers)];
            let merge = MergeRequest {
                calls,
                ranges: &[],
                policy: ConflictPolicy::Replace,
                moved: None,
                trusted_at: None,
                sizes: SIZES,
            };
            lake.run_merge(&lock, date(), merge).await.unwrap();
        }
        Self { folder, lake }
    }

    async fn day(&self) -> (DayFile, Arc<DayFooter>) {
        let day = self.lake.days().await.unwrap().remove(0);
        let footer = Arc::new(self.lake.footer(&day).await.unwrap());
        (day, footer)
    }

    /// Looks values up in the file and in loaded filters. Both have to give the same result.
    async fn may_contain(&self, column: &str, values: &[&str]) -> bool {
        let day = [self.day().await];
        let may_contain = self.lake.may_contain(&day, column, values).await[0];
        if let Some(filter) = &self.lake.bloom_filters(&day, column).await[0] {
            assert_eq!(filter.may_contain(values), may_contain, "{values:?}");
            assert!(day[0].1.filter_bytes(column) > 32);
        }
        may_contain
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join(format!("voice_calls/date={}/calls.parquet", date()))
    }
}

#[tokio::test]
async fn finds_calls_of_all_commits() {
    let case = Case::new().await;
    let (_, footer) = case.day().await;
    for column in crate::BLOOM_FILTERED_COLUMNS {
        assert_eq!(footer.filters[column].len(), 5, "{column}");
    }
    for number in 0..40 {
        assert!(case.may_contain(ENGAGEMENT_ID, &[&format!("id{number}")]).await, "{number}");
        let consumer = format!("+1{number}");
        assert!(number % 2 != 0 || case.may_contain(CONSUMER_NUMBER, &[&consumer]).await, "{consumer}");
    }
    assert!(case.may_contain(ENGAGEMENT_ID, &["absent", "id39"]).await, "one of several");
}

#[tokio::test]
async fn false_positives_are_rare() {
    let case = Case::new().await;
    let mut looked_for = 0;
    for number in 0..200 {
        looked_for += i32::from(case.may_contain(ENGAGEMENT_ID, &[&format!("other{number}")]).await);
        looked_for += i32::from(case.may_contain(CONSUMER_NUMBER, &[&format!("+2{number}")]).await);
    }
    assert!(looked_for < 40, "{looked_for} of 400");
    assert!(!case.may_contain(ENGAGEMENT_ID, &[]).await, "no values");
}

#[tokio::test]
async fn unusable_filters_rule_nothing_out() {
    let case = Case::new().await;
    let absent = "other7";
    assert!(!case.may_contain(ENGAGEMENT_ID, &[absent]).await, "otherwise the test proves nothing");
    assert!(case.may_contain("result", &[absent]).await, "a column without filters");

    // The listed file was replaced.
    let listed = case.day().await;
    let lock = case.lake.lock(now()).await.unwrap();
    let late = calls(50..60);
    let merge = MergeRequest {
        calls: vec![late],
        ranges: &[],
        policy: ConflictPolicy::Replace,
        moved: None,
        trusted_at: None,
        sizes: SIZES,
    };
    case.lake.run_merge(&lock, date(), merge).await.unwrap();
    assert_eq!(case.lake.may_contain(std::slice::from_ref(&listed), ENGAGEMENT_ID, &[absent]).await, [true]);
    assert!(case.lake.bloom_filters(&[listed], ENGAGEMENT_ID).await[0].is_none());

    // The bytes at the filter's position are no filter.
    let (day, footer) = case.day().await;
    for wrong in [0..0, 1..20, u64::MAX - 64..u64::MAX] {
        let mut moved = (*footer).clone();
        for range in moved.filters.values_mut().flatten() {
            *range = wrong.clone();
        }
        let asked = [(day.clone(), Arc::new(moved))];
        assert_eq!(case.lake.may_contain(&asked, ENGAGEMENT_ID, &[absent]).await, [true], "{wrong:?}");
    }

    // Another program wrote the file.
    let batch = calls(0..10);
    let mut writer =
        ArrowWriter::try_new(fs::File::create(case.file()).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    assert!(case.may_contain(ENGAGEMENT_ID, &[absent]).await);
}

proptest! {
    #[test]
    fn block_lookup_equals_filter_lookup(
        held in prop::collection::vec(".{0,24}", 1..200), others in prop::collection::vec(".{0,24}", 200),
        false_positives in 0.001..0.6_f64,
    ) {
        let mut filter = Sbbf::new_with_ndv_fpp(held.len() as u64, false_positives).unwrap();
        for value in &held {
            filter.insert(value.as_str());
        }
        let mut bytes = b"what comes before in the file".to_vec();
        let start = bytes.len() as u64;
        filter.write(&mut bytes).unwrap();
        for value in held.iter().chain(&others) {
            let hash = hash_of(value);
            let block = block_of(&(start..bytes.len() as u64), hash).unwrap();
            let block = &bytes[usize::try_from(block.start).unwrap()..usize::try_from(block.end).unwrap()];
            prop_assert_eq!(block_contains(block, hash), filter.check(value.as_str()), "{}", value);
        }
    }
}
