//! FooterCache that are right, stale, damaged and gone: what is told of a day is always what its file
//! says.

use chrono::DateTime;
use std::fs;
use std::path::PathBuf;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::ConflictPolicy;
use crate::test_calls::{MIDNIGHT, calls};

fn date(day: i64) -> NaiveDate {
    DateTime::from_timestamp(MIDNIGHT, 0).unwrap().date_naive() + TimeDelta::days(day)
}

/// A call on each of some days, counted from 1 November 2026.
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

async fn noted(lake: &Lake) -> Vec<bool> {
    let days = lake.days().await.unwrap();
    lake.cached_footers(&days).await.iter().map(Option::is_some).collect()
}

/// What is told of all days, and whether that is what their files say.
async fn told(lake: &Lake) -> Vec<DayFooter> {
    let days = lake.days().await.unwrap();
    let told: Vec<_> = lake.footers(&days).await.into_iter().map(Result::unwrap).collect();
    for (day, told) in days.iter().zip(&told) {
        assert_eq!(*told, lake.footer(day).await.unwrap(), "{}", day.date);
    }
    told
}

fn cache_file(folder: &tempfile::TempDir, month: &str) -> PathBuf {
    folder.path().join(format!("_voxlake/footers/{month}.json"))
}

#[tokio::test]
async fn each_commit_notes_its_day_beside_the_others_of_its_month() {
    let (folder, lake) = lake_of(&[0, 1, 30]).await;
    assert_eq!(noted(&lake).await, [true; 3]);
    assert_eq!(told(&lake).await.iter().map(|footer| footer.rows).collect::<Vec<_>>(), [1; 3]);
    assert!(cache_file(&folder, "2026-11").exists() && cache_file(&folder, "2026-12").exists());
    merge(&lake, 1, "b").await;
    assert_eq!(noted(&lake).await, [true; 3]);
    assert_eq!(told(&lake).await[1].rows, 2);
}

#[tokio::test]
async fn commits_that_end_together_lose_no_note() {
    let (_folder, lake) = lake_of(&[]).await;
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    let commits = (0..20).map(|day| {
        let calls = calls(0, &[("a", day * 86_400, "missed", None)]);
        lake.merge_day(&lock, date(day), vec![calls], &[], ConflictPolicy::Replace)
    });
    futures::future::try_join_all(commits).await.unwrap();
    assert_eq!(noted(&lake).await, [true; 20]);
}

#[tokio::test]
async fn a_note_of_a_file_that_was_replaced_is_no_note() {
    let (folder, lake) = lake_of(&[0, 1]).await;
    let (_other, other) = lake_of(&[1]).await;
    merge(&other, 1, "b").await;
    let file = |lake: &Lake| {
        std::path::Path::new(lake.location()).join(format!("voice_calls/date={}/calls.parquet", date(1)))
    };
    fs::copy(file(&other), file(&lake)).unwrap();
    assert_eq!(noted(&lake).await, [true, false]);
    assert_eq!(told(&lake).await[1].rows, 2);

    // Another file of the very same length and time.
    let before = fs::metadata(file(&lake)).unwrap();
    let beside = folder.path().join("beside");
    fs::copy(file(&lake), &beside).unwrap();
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    lake.refresh_footer_cache(&lock).await.unwrap();
    assert_eq!(noted(&lake).await, [true, true]);
    fs::rename(&beside, file(&lake)).unwrap();
    fs::File::options()
        .write(true)
        .open(file(&lake))
        .unwrap()
        .set_modified(before.modified().unwrap())
        .unwrap();
    if cfg!(unix) {
        assert_eq!(noted(&lake).await, [true, false], "it is another file all the same");
    }
}

#[tokio::test]
async fn days_that_nobody_noted_are_noted_when_asked_and_those_gone_are_forgotten() {
    let (folder, lake) = lake_of(&[0, 1, 2]).await;
    let month = cache_file(&folder, "2026-11");
    fs::remove_file(&month).unwrap();
    assert_eq!(noted(&lake).await, [false; 3]);
    told(&lake).await;
    fs::remove_dir_all(folder.path().join(format!("voice_calls/date={}", date(1)))).unwrap();
    let damaged = folder.path().join(format!("voice_calls/date={}/calls.parquet", date(2)));
    fs::write(&damaged, "PAR1").unwrap();
    let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
    lake.refresh_footer_cache(&lock).await.unwrap();
    assert_eq!(noted(&lake).await, [true, false]);
    assert_eq!(FooterCache::parse(&fs::read(&month).unwrap()).days.len(), 1);
    // Nothing is written where nothing is new.
    fs::remove_dir_all(damaged.parent().unwrap()).unwrap();
    let before = fs::metadata(&month).unwrap().modified().unwrap();
    lake.refresh_footer_cache(&lock).await.unwrap();
    assert_eq!(fs::metadata(&month).unwrap().modified().unwrap(), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn damage_to_notes_changes_nothing_that_is_told(
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
            assert_eq!(noted(&lake).await, [false; 2]);
            assert_eq!(told(&lake).await.len(), 2);
            // The next commit makes good cache again.
            if next {
                merge(&lake, 0, "b").await;
                assert_eq!(noted(&lake).await, [true, false]);
                assert_eq!(told(&lake).await[0].rows, 2);
            }
        });
    }
}
