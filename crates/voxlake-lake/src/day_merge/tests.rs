//! Tests of merges in batches. The result of random merges is compared with a map.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use super::*;
use crate::merge_day::MergeRequest;
use crate::test_calls::{MIDNIGHT, calls, format_rows};
use crate::{DayCommit, Lake, WriterLock};

/// Sizes with which the days of these tests are one batch and one row group.
const ONE_BATCH: MergeSizes = MergeSizes { batch_rows: 8192, row_group_rows: 65_536 };

fn second(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(MIDNIGHT + second, 0).unwrap()
}

fn date() -> NaiveDate {
    second(0).date_naive()
}

fn range(from: i64, to: i64, fetched_at: i64) -> FetchedRange {
    let (from, to, fetched_at) = (second(from), second(to), second(fetched_at));
    FetchedRange { from, to, fetched_at, total_records: None, calls: None, scope: None }
}

struct Case {
    folder: tempfile::TempDir,
    lake: Lake,
    lock: WriterLock,
}

impl Case {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock(second(0)).await.unwrap();
        Self { folder, lake, lock }
    }

    async fn merge(
        &self,
        fetch: RecordBatch,
        ranges: &[FetchedRange],
        policy: ConflictPolicy,
        sizes: MergeSizes,
    ) -> DayCommit {
        let merge = MergeRequest { calls: vec![fetch], ranges, policy, moved: None, trusted_at: None, sizes };
        self.lake.run_merge(&self.lock, date(), merge).await.unwrap()
    }

    async fn rows(&self) -> Vec<String> {
        format_rows(&self.lake.read_day(date()).await.unwrap().calls)
    }

    /// Counts of calls recorded for the covered ranges.
    async fn recorded_counts(&self) -> Vec<Option<u64>> {
        let coverage = self.lake.read_day(date()).await.unwrap().coverage;
        coverage.ranges().iter().map(|range| range.calls).collect()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join(format!("voice_calls/date={}/calls.parquet", date()))
    }
}

#[tokio::test]
async fn late_calls_are_counted_in_earlier_ranges() {
    let case = Case::new().await;
    let whole = [range(0, 100, 200)];
    let early = calls(200, &[("a", 1, "completed", None), ("b", 99, "completed", None)]);
    case.merge(early, &whole, ConflictPolicy::Replace, ONE_BATCH).await;
    assert_eq!(case.recorded_counts().await, [Some(2)]);
    // A new call of another window, and a call that the day already has.
    let late = calls(300, &[("b", 99, "completed", None), ("c", 50, "missed", None)]);
    let commit = case.merge(late, &[range(40, 60, 300)], ConflictPolicy::Replace, ONE_BATCH).await;
    assert_eq!((commit.revision.late, commit.revision.changed), (1, 0));
    assert_eq!(case.recorded_counts().await, [Some(3), Some(1)]);
}

#[tokio::test]
async fn freeze_takes_only_uncovered_calls() {
    let case = Case::new().await;
    let before = calls(200, &[("a", 1, "completed", None), ("b", 9, "missed", None)]);
    case.merge(before, &[range(0, 10, 200)], ConflictPolicy::Replace, ONE_BATCH).await;
    let fetch = [
        ("a", 1, "missed", None),
        ("b", 9, "missed", None),
        ("late", 5, "missed", None),
        ("new", 15, "missed", None),
    ];
    let commit =
        case.merge(calls(300, &fetch), &[range(0, 20, 300)], ConflictPolicy::Freeze, ONE_BATCH).await;
    assert_eq!(case.rows().await, ["a 1 completed 200 ", "b 9 missed 200 ", "new 15 missed 300 "]);
    let refused: Vec<(&str, bool)> = commit
        .revision
        .refused
        .iter()
        .map(|refused| (refused.engagement_id.as_str(), refused.late))
        .collect();
    assert_eq!(refused, [("a", false), ("late", true)]);
    assert_eq!(commit.merged, MergeCounts { added: 1, changed: 0, unchanged: 1 });
    assert_eq!((commit.revision.late, commit.revision.changed), (0, 0));
    assert_eq!(case.recorded_counts().await, [Some(2)], "b and new; refused calls are not counted");
}

#[tokio::test]
async fn import_adds_without_changes() {
    let case = Case::new().await;
    case.merge(calls(200, &[("a", 1, "completed", None)]), &[], ConflictPolicy::Replace, ONE_BATCH).await;
    let import = calls(100, &[("a", 1, "missed", None), ("b", 2, "missed", None)]);
    let commit = case.merge(import, &[], ConflictPolicy::Keep, ONE_BATCH).await;
    assert_eq!(case.rows().await, ["a 1 completed 200 ", "b 2 missed 100 "]);
    assert_eq!(commit.merged, MergeCounts { added: 1, changed: 0, unchanged: 1 });
}

#[tokio::test]
async fn unsorted_files_are_sorted() {
    let case = Case::new().await;
    case.merge(calls(1, &[("b", 2, "missed", None)]), &[], ConflictPolicy::Replace, ONE_BATCH).await;
    // Three row groups, the second before the first, and a duplicate.
    let mut file = File::create(case.file()).unwrap();
    let mut writer = DayWriter::new(&mut file, 1).unwrap();
    for (id, at, result) in [("z", 9, "missed"), ("a", 1, "missed"), ("z", 9, "completed")] {
        writer.write(&calls(1, &[(id, at, result, None)])).unwrap();
    }
    writer.finish(&Coverage::default()).unwrap();
    let commit =
        case.merge(calls(2, &[("m", 5, "missed", None)]), &[], ConflictPolicy::Replace, ONE_BATCH).await;
    assert_eq!(case.rows().await, ["a 1 missed 1 ", "m 5 missed 2 ", "z 9 completed 1 "]);
    assert_eq!((commit.calls, commit.merged.added), (3, 1));
}

/// Writes a day file as earlier versions encoded it: dictionaries and statistics for all columns,
/// no filters.
fn write_earlier_encoding(case: &Case, calls: &RecordBatch, row_group_rows: usize) {
    // Leaf columns of `start_time` and `engagement_id`.
    let order = [9, 0].map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: false });
    let properties = WriterProperties::builder()
        .set_created_by("voxlake 0.0.1".to_owned())
        .set_max_row_group_row_count(Some(row_group_rows))
        .set_sorting_columns(Some(order.to_vec()))
        .build();
    let file = File::create(case.file()).unwrap();
    let mut writer = ArrowWriter::try_new(file, calls.schema(), Some(properties)).unwrap();
    writer.write(calls).unwrap();
    writer.close().unwrap();
}

#[tokio::test]
async fn merges_into_files_of_earlier_encodings() {
    let case = Case::new().await;
    let ids: Vec<String> = (0..12).map(|number| format!("id{number}")).collect();
    let rows: Vec<_> = ids.iter().zip(0_i64..).map(|(id, at)| (id.as_str(), at, "missed", None)).collect();
    let sizes = MergeSizes { batch_rows: 2, row_group_rows: 4 };
    case.merge(calls(1, &rows), &[], ConflictPolicy::Replace, sizes).await;
    let now = case.lake.verify_day(date()).await.unwrap();
    let day = case.lake.read_day(date()).await.unwrap().calls;
    write_earlier_encoding(&case, &day, sizes.row_group_rows);
    assert_eq!(case.lake.verify_day(date()).await.unwrap().checksum, now.checksum);
    assert_eq!(case.lake.read_day(date()).await.unwrap().calls, day);

    // The new call belongs to the second of three groups. The others are copied without decoding.
    case.merge(calls(2, &[("new", 5, "missed", None)]), &[], ConflictPolicy::Replace, sizes).await;
    assert_eq!(case.rows().await.len(), 13);
    assert_eq!(case.lake.verify_day(date()).await.unwrap().violations, []);
    let file = DayReader::open("", File::open(case.file()).unwrap()).unwrap();
    let filtered: Vec<bool> =
        file.metadata().row_groups().iter().map(|g| g.column(0).bloom_filter_offset().is_some()).collect();
    assert_eq!(filtered, [false, true, true, false]);
}

const RESULTS: [&str; 3] = ["completed", "missed", "declined"];
const IDS: [&str; 3] = ["a", "b", "c"];

/// Fetches of calls as (id, second, result). Ids and results are indexes of [`IDS`] and
/// [`RESULTS`].
fn fetches() -> impl Strategy<Value = Vec<Vec<(usize, i64, usize)>>> {
    let call = (0..IDS.len(), 0_i64..40, 0..RESULTS.len());
    proptest::collection::vec(proptest::collection::vec(call, 0..25), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn batch_sizes_do_not_change_the_result(
        fetches in fetches(), batch_rows in 1_usize..6, row_group_rows in 1_usize..8, keep in any::<bool>(),
    ) {
        let policy = if keep { ConflictPolicy::Keep } else { ConflictPolicy::Replace };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let case = runtime.block_on(Case::new());
        let mut expected: BTreeMap<(i64, &str), (&str, usize)> = BTreeMap::new();
        for (number, fetch) in fetches.iter().enumerate() {
            let rows: Vec<_> =
                fetch.iter().map(|(id, at, result)| (IDS[*id], *at, RESULTS[*result], None)).collect();
            let (before, mut now) = (expected.len(), BTreeMap::new());
            for (id, at, result, _) in &rows {
                now.insert((*at, *id), *result);
            }
            let changed = now.iter().filter(|(key, result)| {
                expected.get(*key).is_some_and(|(known, _)| known != *result)
            }).count();
            for (key, result) in &now {
                match expected.get_mut(key) {
                    None => drop(expected.insert(*key, (result, number))),
                    Some(known) if !keep && known.0 != *result => *known = (result, number),
                    Some(_) => {}
                }
            }
            let sizes = MergeSizes { batch_rows, row_group_rows };
            let batch = calls(i64::try_from(number).unwrap(), &rows);
            let commit = runtime.block_on(case.merge(batch, &[], policy, sizes));
            let added = expected.len() - before;
            let changed = if keep { 0 } else { changed };
            prop_assert_eq!(commit.calls, expected.len());
            prop_assert_eq!(
                commit.merged,
                MergeCounts { added, changed, unchanged: now.len() - added - changed }
            );
        }
        let expected: Vec<String> =
            expected.iter().map(|((at, id), (result, number))| format!("{id} {at} {result} {number} ")).collect();
        prop_assert_eq!(runtime.block_on(case.rows()), expected);
        let verified = runtime.block_on(case.lake.verify_day(date())).unwrap();
        prop_assert_eq!(verified.violations, []);
    }
}
