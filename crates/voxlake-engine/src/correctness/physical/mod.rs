//! Corrections of the physical plan, as physical optimizer rules.
//!
//! - [`ambiguous_names`]: filters do not cross a schema that has several fields of one name
//! - [`filtered_aggregates`]: aggregates with FILTER are not answered from statistics
//! - [`float_groups`]: groups by a floating-point number are not limited while they are made
//! - [`lost_sorts`]: sorts that DataFusion left out come back where a later rule lost the order
//! - [`merge_order`]: merges of sorted partitions keep the whole order of their input
//! - [`offsets`]: sorts are not moved across an OFFSET, nor removed below it
//! - [`properties`]: constants and orderings that a node does not keep are not taken for granted
//!   above it

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
use self::properties::HiddenProperties;
use self::rule::PhysicalRule;

/// Puts the rules among DataFusion's own.
pub(super) fn with_rules(builder: SessionStateBuilder) -> SessionStateBuilder {
    builder.with_physical_optimizer_rules(rules())
}

/// DataFusion's rules in their order, with the corrections around the rules that need them.
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

    /// Another version of DataFusion may have other rules, or other names for them.
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
