//! Keeps DataFusion from replacing aggregates with FILTER by statistics.
//!
//! DataFusion computes an aggregate without GROUP BY from the statistics of its input. For an
//! aggregate with FILTER, it mistakenly uses the value of another aggregate further down. The first
//! operator of this plan must stay:
//!
//! ```text
//! SELECT count(*) FILTER (WHERE n > 5) FROM (SELECT count(*) AS n FROM calls)
//!
//! AggregateExec: mode=Single, gby=[], aggr=[count(*) FILTER (WHERE n > 5)]
//!   AggregateExec: mode=Single, gby=[], aggr=[count(*)]
//! ```
//!
//! DataFusion would replace it with `count(*)`. The names of the two columns differ, so DataFusion
//! then rejects its own plan.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;

use super::rule::PhysicalRule;

/// DataFusion's rule `aggregate_statistics`, skipped for plans that have an aggregate with FILTER
/// and without GROUP BY.
#[derive(Debug)]
pub(super) struct UnfilteredStatistics {
    inner: PhysicalRule,
}

impl UnfilteredStatistics {
    pub(super) fn new(inner: PhysicalRule) -> Self {
        Self { inner }
    }
}

impl PhysicalOptimizerRule for UnfilteredStatistics {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn schema_check(&self) -> bool {
        self.inner.schema_check()
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut has_filter = false;
        plan.apply(|node| {
            let aggregate = node.downcast_ref::<AggregateExec>();
            has_filter |= aggregate.is_some_and(|aggregate| {
                aggregate.group_expr().is_empty() && aggregate.filter_expr().iter().any(Option::is_some)
            });
            Ok(if has_filter { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        if has_filter { Ok(plan) } else { self.inner.optimize(plan, config) }
    }
}
