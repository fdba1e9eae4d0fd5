//! Queries that run in other processes.

use std::sync::Arc;

use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::analyze::AnalyzeExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use voxlake_engine::{PortableScans, rules};
use voxlake_lake::Lake;

use crate::placement::runs_remotely;
use crate::remote_engine::RemoteEngine;

/// Returns `state` with rules that plan for `engine`.
pub(crate) fn remote_state(state: SessionState, engine: &Arc<dyn RemoteEngine>, lake: &Lake) -> SessionState {
    let rule = PlaceOnEngine { engine: Arc::clone(engine), lake: lake.clone() };
    let mut state = rules::portable(state, engine.target_partitions(), Arc::new(rule));
    let config = engine.configure(state.config().clone());
    *state.config_mut() = config;
    state
}

/// Returns whether `state` plans for a remote engine.
pub(crate) fn is_remote(state: &dyn Session) -> bool {
    state.config().get_extension::<PortableScans>().is_some()
}

/// Plans `plan` as a query of its own: with a remote engine if it can run there, and otherwise in
/// this process.
pub(crate) async fn plan_apart(state: &dyn Session, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
    if is_remote(state)
        && !runs_remotely(plan, true)?
        && let Some(state) = state.as_any().downcast_ref::<SessionState>()
    {
        let rules = state.physical_optimizers().iter().filter(|rule| rule.name() != PlaceOnEngine::NAME);
        let rules = rules.cloned().collect();
        let state = SessionStateBuilder::new_from_existing(state.clone());
        return state.with_physical_optimizer_rules(rules).build().create_physical_plan(plan).await;
    }
    state.create_physical_plan(plan).await
}

/// Last physical rule: replaces the plan by one that runs on a remote engine.
///
/// As a rule it also applies to the plans that `EXPLAIN` shows.
#[derive(Debug)]
struct PlaceOnEngine {
    engine: Arc<dyn RemoteEngine>,
    lake: Lake,
}

impl PlaceOnEngine {
    const NAME: &'static str = "place_on_engine";
}

impl PhysicalOptimizerRule for PlaceOnEngine {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        // `EXPLAIN ANALYZE` measures the plan below in this process.
        if plan.is::<AnalyzeExec>() {
            let children = plan.children().into_iter().cloned();
            let placed = children.map(|child| self.engine.place(child, &self.lake, config));
            let placed = placed.collect::<Result<Vec<_>>>()?;
            return replace_children_if_necessary(plan, placed);
        }
        self.engine.place(plan, &self.lake, config)
    }
}
