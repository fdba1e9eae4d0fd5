//! Groups by a floating-point number are not limited while they are made.
//!
//! For the first groups in an order DataFusion keeps no others. It looks a group up by its key, and
//! does not find NaN, which equals no number:
//!
//! ```text
//! SELECT DISTINCT x FROM (VALUES (…)) t(x) ORDER BY x LIMIT 1
//! internal error: entered unreachable code
//! ```

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;

/// Takes such limits off. The sort above has them as well.
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
        Ok(plan.transform_up(|node| Ok(unlimited(node)))?.data)
    }
}

fn unlimited(node: Arc<dyn ExecutionPlan>) -> Transformed<Arc<dyn ExecutionPlan>> {
    let Some(aggregate) = node.downcast_ref::<AggregateExec>() else { return Transformed::no(node) };
    let is_ordered = aggregate.limit_options().is_some_and(|limit| limit.descending().is_some());
    let schema = aggregate.input().schema();
    let is_float = |key: &Arc<dyn datafusion::physical_plan::PhysicalExpr>| {
        key.data_type(&schema).is_ok_and(|data_type| data_type.is_floating())
    };
    if is_ordered && aggregate.group_expr().expr().iter().any(|(key, _)| is_float(key)) {
        return Transformed::yes(Arc::new(aggregate.with_new_limit_options(None)));
    }
    Transformed::no(node)
}
