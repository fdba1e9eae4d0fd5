//! Runs the register of wrong answers, `tests/wrong_answers/*.slt`, over `data/sample` under every
//! kind of settings that can change an answer.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it cannot do")]

#[expect(unreachable_pub, reason = "another crate includes it")]
mod register;

use std::num::NonZeroUsize;

use sqllogictest::Runner;
use voxlake_query::SessionOptions;

use crate::register::Database;

/// Settings under which every file runs.
struct Variant {
    name: &'static str,
    options: SessionOptions,
    settings: &'static [&'static str],
}

fn variants() -> Vec<Variant> {
    let options = |partitions| SessionOptions::new().target_partitions(NonZeroUsize::new(partitions));
    vec![
        Variant { name: "one partition", options: options(1), settings: &[] },
        Variant { name: "four partitions", options: options(4), settings: &[] },
        Variant {
            name: "four partitions of small batches, repartitioned at any size",
            options: options(4),
            settings: &[
                "SET datafusion.execution.batch_size = 3",
                "SET datafusion.optimizer.repartition_file_min_size = 1",
            ],
        },
        Variant {
            name: "no pushdown of filters",
            options: options(4),
            settings: &[
                "SET datafusion.execution.parquet.pushdown_filters = false",
                "SET datafusion.optimizer.enable_dynamic_filter_pushdown = false",
            ],
        },
        Variant {
            name: "limited memory",
            options: SessionOptions::new().memory_limit(Some(64 << 20)),
            settings: &[],
        },
        Variant { name: "no summaries", options: options(2).no_summaries(true), settings: &[] },
    ]
}

/// All files, under all settings. `SLT=NAME` runs only the files whose names contain it.
#[test]
fn right_answers_under_all_settings() {
    register::run(run_all());
}

async fn run_all() {
    let files = register::files();
    let mut failures = Vec::new();
    for variant in variants() {
        for file in &files {
            let mut runner = Runner::new(|| Database::open(variant.options.clone(), variant.settings));
            if let Err(error) = runner.run_file_async(file).await {
                failures.push(format!("{} with {}: {error}", file.display(), variant.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
