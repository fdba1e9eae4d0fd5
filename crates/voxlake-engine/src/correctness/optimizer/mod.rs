//! Corrections of DataFusion's optimizer rules.

mod extracted_fields;
mod keyless_aggregates;
mod repeated_sort_keys;
mod sort_keys;
mod volatile_fields;

use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::optimizer::{Optimizer, OptimizerRule};
use datafusion::prelude::SessionConfig;

pub(super) use self::extracted_fields::leave_in_place;
pub(super) use self::volatile_fields::adapt;

/// Settings with values that cause wrong results. They cannot be changed.
const FIXED: [&str; 5] = [
    // `min(a), max(b + c)` prunes rows by a bound of `a` alone: apache/datafusion#24816.
    "datafusion.optimizer.enable_aggregate_dynamic_filter_pushdown",
    // Sort-merge joins lose rows of joins with filters: apache/datafusion#24414.
    "datafusion.optimizer.prefer_hash_join",
    // apache/datafusion#24335
    "datafusion.optimizer.enable_piecewise_merge_join",
    // `volatile_fields` sets this for each statement.
    "datafusion.optimizer.enable_leaf_expression_pushdown",
    // Literals use the zone of this setting, and comparisons that of their column:
    // apache/datafusion#25095.
    "datafusion.execution.time_zone",
];

/// Returns whether a setting has values that cause wrong results.
pub(super) fn is_fixed(setting: &str) -> bool {
    FIXED.contains(&setting)
}

/// Disables the optimizations that cause wrong results.
pub(super) fn configure(config: &mut SessionConfig) {
    let options = config.options_mut();
    options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    // Without a time zone, DataFusion treats `TIMESTAMPTZ '…'` as a timestamp without one.
    options.execution.time_zone = Some("UTC".to_owned());
}

/// Replaces DataFusion's rules with the corrected ones.
pub(super) fn with_rules(builder: SessionStateBuilder) -> SessionStateBuilder {
    let corrected = |rule: Arc<dyn OptimizerRule + Send + Sync>| -> Arc<dyn OptimizerRule + Send + Sync> {
        match rule.name() {
            "push_down_filter" => Arc::new(keyless_aggregates::KeepFiltersAboveKeylessAggregates::new(rule)),
            "eliminate_duplicated_expr" => Arc::new(sort_keys::KeepSortKeys::new(rule)),
            _ => rule,
        }
    };
    let last = Arc::new(repeated_sort_keys::RemoveRepeatedSortKeys) as Arc<dyn OptimizerRule + Send + Sync>;
    builder.with_optimizer_rules(Optimizer::new().rules.into_iter().map(corrected).chain([last]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Other versions of DataFusion may rename or remove rules.
    #[test]
    fn corrected_rules_exist() {
        let names: Vec<_> = Optimizer::new().rules.iter().map(|rule| rule.name().to_owned()).collect();
        for name in ["push_down_filter", "eliminate_duplicated_expr"] {
            assert!(names.iter().any(|known| known == name), "{names:?}");
        }
    }
}
