//! Settings of DataFusion that SET may change, with their allowed values.
//!
//! No listed setting changes the result of a statement. Other settings change results or written
//! files, or are experiments of DataFusion.

use std::fmt;
use std::ops::RangeInclusive;

use crate::diagnostic::similar_names;

/// Allowed values of a setting.
enum Values {
    Boolean,
    Whole(RangeInclusive<u64>),
    /// A number from 0 to 1.
    Share,
    Words(&'static [&'static str]),
}

const KIB: u64 = 1 << 10;
const GIB: u64 = 1 << 30;
/// Larger batches exceed any memory limit.
const MAX_BATCH_ROWS: u64 = 1 << 20;
/// Each partition takes a task and buffers.
const MAX_PARTITIONS: u64 = 256;

const PREFIXES: [&str; 3] = ["datafusion.execution.", "datafusion.explain.", "datafusion.optimizer."];

/// In the order of `SHOW ALL`.
const SETTINGS: &[(&str, Values)] = &[
    ("datafusion.execution.batch_size", Values::Whole(1..=MAX_BATCH_ROWS)),
    ("datafusion.execution.coalesce_batches", Values::Boolean),
    ("datafusion.execution.collect_statistics", Values::Boolean),
    ("datafusion.execution.parquet.bloom_filter_on_read", Values::Boolean),
    ("datafusion.execution.parquet.enable_page_index", Values::Boolean),
    ("datafusion.execution.parquet.pruning", Values::Boolean),
    ("datafusion.execution.parquet.pushdown_filters", Values::Boolean),
    ("datafusion.execution.parquet.reorder_filters", Values::Boolean),
    ("datafusion.execution.skip_partial_aggregation_probe_ratio_threshold", Values::Share),
    ("datafusion.execution.skip_partial_aggregation_probe_rows_threshold", Values::Whole(0..=GIB)),
    ("datafusion.execution.sort_in_place_threshold_bytes", Values::Whole(0..=GIB)),
    ("datafusion.execution.sort_spill_reservation_bytes", Values::Whole(64 * KIB..=GIB)),
    ("datafusion.execution.spill_compression", Values::Words(&["uncompressed", "lz4_frame", "zstd"])),
    // 0 means the number of cores.
    ("datafusion.execution.target_partitions", Values::Whole(0..=MAX_PARTITIONS)),
    ("datafusion.explain.analyze_level", Values::Words(&["summary", "dev"])),
    ("datafusion.explain.format", Values::Words(&["indent", "tree", "pgjson", "graphviz"])),
    ("datafusion.explain.logical_plan_only", Values::Boolean),
    ("datafusion.explain.physical_plan_only", Values::Boolean),
    ("datafusion.explain.show_schema", Values::Boolean),
    ("datafusion.explain.show_sizes", Values::Boolean),
    ("datafusion.explain.show_statistics", Values::Boolean),
    ("datafusion.explain.tree_maximum_render_width", Values::Whole(0..=10_000)),
    // True would also set enable_aggregate_dynamic_filter_pushdown, which returns wrong answers.
    ("datafusion.optimizer.enable_dynamic_filter_pushdown", Values::Words(&["false"])),
    ("datafusion.optimizer.enable_join_dynamic_filter_pushdown", Values::Boolean),
    ("datafusion.optimizer.enable_round_robin_repartition", Values::Boolean),
    ("datafusion.optimizer.enable_sort_pushdown", Values::Boolean),
    ("datafusion.optimizer.enable_topk_aggregation", Values::Boolean),
    ("datafusion.optimizer.enable_topk_dynamic_filter_pushdown", Values::Boolean),
    ("datafusion.optimizer.filter_null_join_keys", Values::Boolean),
    ("datafusion.optimizer.hash_join_single_partition_threshold", Values::Whole(0..=GIB)),
    ("datafusion.optimizer.hash_join_single_partition_threshold_rows", Values::Whole(0..=GIB)),
    ("datafusion.optimizer.prefer_existing_sort", Values::Boolean),
    ("datafusion.optimizer.repartition_aggregations", Values::Boolean),
    ("datafusion.optimizer.repartition_file_min_size", Values::Whole(0..=GIB)),
    ("datafusion.optimizer.repartition_file_scans", Values::Boolean),
    ("datafusion.optimizer.repartition_joins", Values::Boolean),
    ("datafusion.optimizer.repartition_sorts", Values::Boolean),
    ("datafusion.optimizer.repartition_windows", Values::Boolean),
];

/// Checks that `setting` may be changed to `value`, or be reset if there is no value.
///
/// # Errors
/// The reason, with the allowed settings or values.
pub(crate) fn check(setting: &str, value: Option<&str>) -> Result<(), String> {
    let Some((_, values)) = SETTINGS.iter().find(|(name, _)| *name == setting) else {
        return Err(unknown(setting));
    };
    match value {
        Some(value) if !values.contain(value) => Err(format!("{setting} takes {values}, not '{value}'")),
        _ => Ok(()),
    }
}

fn unknown(setting: &str) -> String {
    let names = || SETTINGS.iter().map(|(name, _)| *name);
    match similar_names(setting, names()).as_slice() {
        [] => format!(
            "{setting} cannot be changed here: settings that can be changed begin with {}",
            PREFIXES.join(", ")
        ),
        close => format!("{setting} cannot be changed here: did you mean {}?", close.join(" or ")),
    }
}

impl Values {
    fn contain(&self, value: &str) -> bool {
        match self {
            Self::Boolean => matches!(value, "true" | "false"),
            Self::Whole(range) => value.parse().is_ok_and(|value| range.contains(&value)),
            Self::Share => value.parse().is_ok_and(|value: f64| (0.0..=1.0).contains(&value)),
            Self::Words(words) => words.contains(&value),
        }
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("true or false"),
            Self::Whole(range) => write!(f, "a whole number from {} to {}", range.start(), range.end()),
            Self::Share => f.write_str("a number from 0 to 1"),
            Self::Words(words) => write!(f, "one of {}", words.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::config::ConfigOptions;

    use super::*;

    /// Fails if an upgrade of DataFusion renames a setting.
    #[test]
    fn all_settings_exist() {
        let known: Vec<_> = ConfigOptions::new().entries().into_iter().map(|entry| entry.key).collect();
        for (name, _) in SETTINGS {
            assert!(known.iter().any(|key| key == name), "{name}");
        }
    }

    #[test]
    fn invalid_settings_name_valid_ones() {
        let batch_size = "datafusion.execution.batch_size";
        assert_eq!(check(batch_size, Some("17")), Ok(()));
        assert_eq!(check(batch_size, None), Ok(()));
        for value in ["0", "18446744073709551615", "-1", "many", ""] {
            assert!(check(batch_size, Some(value)).is_err_and(|reason| reason.contains("from 1 to 1048576")));
        }
        assert!(
            check("datafusion.execution.batch_sizes", Some("1")).is_err_and(|told| told.contains(batch_size))
        );
        assert!(
            check("datafusion.explain.formats", Some("1")).is_err_and(|told| told.contains("explain.format"))
        );
        assert!(check("x", Some("1")).is_err_and(|told| told.contains("datafusion.execution.")));
        assert!(check("datafusion.explain.format", Some("xml")).is_err_and(|told| told.contains("pgjson")));
    }
}
