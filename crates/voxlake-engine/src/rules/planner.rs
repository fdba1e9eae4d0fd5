//! Physical planning of optimized plans.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner as _};

use super::filter_to_list_mask::with_masks;
use super::hash_lag::HashLagPlanner;
use super::offset_unnest::with_offset_unnest;
use crate::correctness::with_guarded_filters;

/// Returns the query planner, which plans the nodes that the rules insert.
pub fn query_planner() -> Arc<dyn QueryPlanner + Send + Sync> {
    Arc::new(LakeQueryPlanner { offset_unnest: true })
}

/// Returns the query planner of portable plans, whose operators are all DataFusion's.
pub(super) fn portable_query_planner() -> Arc<dyn QueryPlanner + Send + Sync> {
    Arc::new(LakeQueryPlanner { offset_unnest: false })
}

/// DataFusion's planner between the last logical rules and the first physical ones. Plans the nodes
/// that the rules insert.
#[derive(Debug)]
struct LakeQueryPlanner {
    /// True if lists are unnested through their offsets.
    offset_unnest: bool,
}

#[async_trait]
impl QueryPlanner for LakeQueryPlanner {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = with_masks(with_guarded_filters(plan.clone())?)?;
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(HashLagPlanner)]);
        let plan = planner.create_physical_plan(&plan, session).await?;
        if self.offset_unnest { with_offset_unnest(plan) } else { Ok(plan) }
    }
}
