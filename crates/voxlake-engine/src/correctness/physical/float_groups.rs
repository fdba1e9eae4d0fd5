//! Removes limits from aggregations that group by a floating-point number.
//!
//! For GROUP BY with ORDER BY and LIMIT, DataFusion's aggregation keeps only the first groups in
//! this order. It looks up groups by key and panics at NaN, which equals no number:
//!
//! ```text
//! SELECT DISTINCT x FROM (VALUES (…)) t(x) ORDER BY x LIMIT 1
//! internal error: entered unreachable code
//!
//! AggregateExec: gby=[x@0], lim=[1]    =>    AggregateExec: gby=[x@0]
//! ```

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

/// Removes limits from aggregations with a floating-point key. The result is the same, because the
/// sort above has the same limit.
#[derive(Debug)]
pub(super) struct UnlimitedFloatGroups;

impl PhysicalOptimizerRule for UnlimitedFloatGroups {
    fn name(&self) -> &'static str {
        "unlimited_float_groups"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(plan.transform_up(|node| Ok(remove_limit(node)))?.data)
    }
}

fn remove_limit(node: Arc<dyn ExecutionPlan>) -> Transformed<Arc<dyn ExecutionPlan>> {
    let Some(aggregate) = node.downcast_ref::<AggregateExec>() else { return Transformed::no(node) };
    let is_ordered = aggregate.limit_options().is_some_and(|limit| limit.descending().is_some());
    let schema = aggregate.input().schema();
    let is_float =
        |key: &Arc<dyn PhysicalExpr>| key.data_type(&schema).is_ok_and(|data_type| data_type.is_floating());
    if is_ordered && aggregate.group_expr().expr().iter().any(|(key, _)| is_float(key)) {
        return Transformed::yes(Arc::new(aggregate.with_new_limit_options(None)));
    }
    Transformed::no(node)
}
