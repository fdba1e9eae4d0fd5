//! From an optimized plan to one that runs.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner as _};

use super::hashed_lags::Lags;
use super::masked_lists::with_masks;
use super::plain_unnest::with_plain_unnests;
use crate::correctness::with_guarded_filters;

/// Plans what the rules put into a question that the engine does not know.
pub fn planner() -> Arc<dyn QueryPlanner + Send + Sync> {
    Arc::new(Planner)
}

/// The engine's planner, between the rules that have to come after all others, and with what it does not know.
#[derive(Debug)]
struct Planner;

#[async_trait]
impl QueryPlanner for Planner {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = with_masks(with_guarded_filters(plan.clone())?)?;
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(Lags)]);
        with_plain_unnests(planner.create_physical_plan(&plan, session).await?)
    }
}
