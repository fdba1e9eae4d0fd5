//! Corrections of the physical plan, as physical optimizer rules.
//!
//! - [`ambiguous_names`]: stops filter pushdown at ambiguous column names
//! - [`filtered_aggregates`]: computes aggregates with FILTER instead of using statistics
//! - [`float_groups`]: removes limits from groups by floating-point numbers
//! - [`lost_sorts`]: restores sorts whose order a later rule lost
//! - [`merge_order`]: merges sorted partitions by the whole order of their input
//! - [`offsets`]: keeps sorts from crossing an OFFSET
//! - [`properties`]: hides constants and orderings that do not hold for a node's output

mod ambiguous_names;
mod filtered_aggregates;
mod float_groups;
mod lost_sorts;
mod merge_order;
mod offsets;
mod properties;
mod rule;

use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;

use self::ambiguous_names::GuardedPushdown;
use self::filtered_aggregates::UnfilteredStatistics;
use self::float_groups::UnlimitedFloatGroups;
use self::lost_sorts::RestoreLostSorts;
use self::merge_order::MergeByWholeOrder;
use self::offsets::GuardedRequirements;
pub use self::properties::HiddenNode;
use self::properties::HiddenProperties;
pub(super) use self::properties::{hidden_node, hide_again, hide_all};
use self::rule::PhysicalRule;

/// Adds the rules to those of DataFusion.
pub(super) fn with_rules(builder: SessionStateBuilder) -> SessionStateBuilder {
    builder.with_physical_optimizer_rules(rules())
}

/// Returns DataFusion's rules in their order, with the corrections around the rules that need them.
fn rules() -> Vec<PhysicalRule> {
    let mut rules: Vec<PhysicalRule> = Vec::new();
    for rule in PhysicalOptimizer::new().rules {
        match rule.name() {
            "FilterPushdown" | "FilterPushdown(Post)" => rules.push(Arc::new(GuardedPushdown::new(rule))),
            "EnsureRequirements" => {
                rules.push(Arc::new(HiddenProperties));
                rules.push(Arc::new(GuardedRequirements::new(rule)));
                rules.push(Arc::new(MergeByWholeOrder));
            }
            "aggregate_statistics" => rules.push(Arc::new(UnfilteredStatistics::new(rule))),
            "LimitAggregation" => rules.extend([rule, Arc::new(UnlimitedFloatGroups)]),
            "SanityCheckPlan" => {
                rules.push(Arc::new(RestoreLostSorts));
                rules.push(rule);
            }
            _ => rules.push(rule),
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Other versions of DataFusion may rename or remove rules.
    #[test]
    fn corrected_rules_exist() {
        let names: Vec<_> =
            PhysicalOptimizer::new().rules.iter().map(|rule| rule.name().to_owned()).collect();
        let corrected = [
            "FilterPushdown",
            "FilterPushdown(Post)",
            "EnsureRequirements",
            "aggregate_statistics",
            "LimitAggregation",
            "SanityCheckPlan",
        ];
        for name in corrected {
            assert!(names.iter().any(|known| known == name), "{names:?}");
        }
    }
}
