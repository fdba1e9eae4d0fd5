//! Valid, stale, damaged and missing caches: footers are always those of the files.

use chrono::DateTime;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::TimeDelta;
use object_store::memory::InMemory;
use object_store::prefix::PrefixStore;
use proptest::prelude::*;

use super::*;
use crate::ConflictPolicy;
use crate::test_calls::{MIDNIGHT, calls};

fn date(day: i64) -> NaiveDate {
    DateTime::from_timestamp(MIDNIGHT, 0).unwrap().date_naive() + TimeDelta::days(day)
}

/// A lake with a call on each of some days, counted from 1 November 2026.
async fn lake_of(days: &[i64]) -> (tempfile::TempDir, Lake) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
    for day in days {
        merge(&lake, *day, "a").await;
    }
    (folder, lake)
}

async fn merge(lake: &Lake, day: i64, id: &str) {
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    let calls = calls(0, &[(id, day * 86_400 + 3600, "missed", None)]);
    lake.merge_day(&lock, date(day), vec![calls], &[], ConflictPolicy::Replace).await.unwrap();
}

async fn are_cached(lake: &Lake) -> Vec<bool> {
    let days = lake.days().await.unwrap();
    lake.cached_footers(&days).await.iter().map(Option::is_some).collect()
}

/// Returns the footers of all days, and checks that they are those of the files.
async fn checked_footers(lake: &Lake) -> Vec<DayFooter> {
    let days = lake.days().await.unwrap();
    let footers: Vec<_> = lake.footers(&days).await.into_iter().map(Result::unwrap).collect();
    for (day, footer) in days.iter().zip(&footers) {
        assert_eq!(*footer, lake.footer(day).await.unwrap(), "{}", day.date);
    }
    footers
}

fn cache_file(folder: &tempfile::TempDir, month: &str) -> PathBuf {
    folder.path().join(format!("_voxlake/footers/{month}.json"))
}

#[tokio::test]
async fn commits_cache_their_footer() {
    let (folder, lake) = lake_of(&[0, 1, 30]).await;
    assert_eq!(are_cached(&lake).await, [true; 3]);
    assert_eq!(checked_footers(&lake).await.iter().map(|footer| footer.rows).collect::<Vec<_>>(), [1; 3]);
    assert!(cache_file(&folder, "2026-11").exists() && cache_file(&folder, "2026-12").exists());
    merge(&lake, 1, "b").await;
    assert_eq!(are_cached(&lake).await, [true; 3]);
    assert_eq!(checked_footers(&lake).await[1].rows, 2);
}

#[tokio::test]
async fn commits_below_a_prefix_cache_their_footer() {
    let store = PrefixStore::new(InMemory::new(), "bucket/lake");
    let lake = Lake::in_store(Arc::new(store), "memory");
    merge(&lake, 0, "a").await;
    assert_eq!(are_cached(&lake).await, [true]);
}

#[tokio::test]
async fn concurrent_commits_lose_no_entry() {
    let (_folder, lake) = lake_of(&[]).await;
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    let commits = (0..20).map(|day| {
        let calls = calls(0, &[("a", day * 86_400, "missed", None)]);
        lake.merge_day(&lock, date(day), vec![calls], &[], ConflictPolicy::Replace)
    });
    futures::future::try_join_all(commits).await.unwrap();
    assert_eq!(are_cached(&lake).await, [true; 20]);
}

#[tokio::test]
async fn replaced_files_invalidate_their_entry() {
    let (folder, lake) = lake_of(&[0, 1]).await;
    let (_other, other) = lake_of(&[1]).await;
    merge(&other, 1, "b").await;
    let file = |lake: &Lake| {
        std::path::Path::new(lake.location()).join(format!("voice_calls/date={}/calls.parquet", date(1)))
    };
    fs::copy(file(&other), file(&lake)).unwrap();
    assert_eq!(are_cached(&lake).await, [true, false]);
    assert_eq!(checked_footers(&lake).await[1].rows, 2);

    // Another file with the same size and modification time.
    let before = fs::metadata(file(&lake)).unwrap();
    let beside = folder.path().join("beside");
    fs::copy(file(&lake), &beside).unwrap();
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    lake.refresh_footer_cache(&lock).await.unwrap();
    assert_eq!(are_cached(&lake).await, [true, true]);
    fs::rename(&beside, file(&lake)).unwrap();
    fs::File::options()
        .write(true)
        .open(file(&lake))
        .unwrap()
        .set_modified(before.modified().unwrap())
        .unwrap();
    if cfg!(unix) {
        assert_eq!(are_cached(&lake).await, [true, false], "the file was replaced");
    }
}

#[tokio::test]
async fn refresh_adds_missing_and_drops_deleted_days() {
    let (folder, lake) = lake_of(&[0, 1, 2]).await;
    let month = cache_file(&folder, "2026-11");
    fs::remove_file(&month).unwrap();
    assert_eq!(are_cached(&lake).await, [false; 3]);
    checked_footers(&lake).await;
    fs::remove_dir_all(folder.path().join(format!("voice_calls/date={}", date(1)))).unwrap();
    let damaged = folder.path().join(format!("voice_calls/date={}/calls.parquet", date(2)));
    fs::write(&damaged, "PAR1").unwrap();
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    lake.refresh_footer_cache(&lock).await.unwrap();
    assert_eq!(are_cached(&lake).await, [true, false]);
    assert_eq!(FooterCache::parse(&fs::read(&month).unwrap()).days.len(), 1);
    // Without changes nothing is written.
    fs::remove_dir_all(damaged.parent().unwrap()).unwrap();
    let before = fs::metadata(&month).unwrap().modified().unwrap();
    lake.refresh_footer_cache(&lock).await.unwrap();
    assert_eq!(fs::metadata(&month).unwrap().modified().unwrap(), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn damaged_cache_changes_no_footer(
        at in any::<prop::sample::Index>(), byte in 1_u8.., cut in any::<bool>(), next in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(async {
            let (folder, lake) = lake_of(&[0, 1]).await;
            let month = cache_file(&folder, "2026-11");
            let mut bytes = fs::read(&month).unwrap();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] ^= byte }
            fs::write(&month, bytes).unwrap();
            assert_eq!(are_cached(&lake).await, [false; 2]);
            assert_eq!(checked_footers(&lake).await.len(), 2);
            // The next commit writes a valid cache.
            if next {
                merge(&lake, 0, "b").await;
                assert_eq!(are_cached(&lake).await, [true, false]);
                assert_eq!(checked_footers(&lake).await[0].rows, 2);
            }
        });
    }
}
