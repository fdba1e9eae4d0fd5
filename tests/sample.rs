//! The committed sample: small, valid, and sufficient for a first query in a fresh clone.

use crate::support::{project_root, run, sample, stored_calls, voxlake};

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_answers_in_a_fresh_clone() {
    let out =
        run(voxlake(&project_root()).args(["query", "abandonment_rate", "--lake", "data/sample"])).await.ok();
    assert!(out.contains("2026-11-02 00:00 to 2026-11-09 00:00"), "{out}");
}

/// It has less than a megabyte.
#[test]
fn the_sample_is_one_small_week() {
    let sample = sample();
    assert_eq!(stored_calls(&sample).len(), 7);
    let mut bytes = 0;
    let mut folders = vec![sample];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                bytes += entry.metadata().unwrap().len();
            }
        }
    }
    assert!(bytes < 1_000_000, "{bytes} bytes");
}

/// The recipe `just sample` reproduces the committed calls.
#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_what_its_recipe_makes() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = [
        "demo",
        "--lake",
        "sample",
        "--until",
        "2026-11-09",
        "--days",
        "7",
        "--calls-per-day",
        "150",
        "--queues",
        "8",
        "--agents",
        "40",
        "--seed",
        "2026",
    ];
    run(voxlake(folder.path()).args(recipe)).await.ok();
    assert_eq!(stored_calls(&folder.path().join("sample")), stored_calls(&sample()));
}
