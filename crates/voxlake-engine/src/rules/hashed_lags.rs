//! The row before of the same key is found by the key, not by sorting.
//!
//! `lag(x) OVER (PARTITION BY number ORDER BY start_time, engagement_id)` has few calls of very
//! many numbers. The engine would bring all of them into one order, as text, and go through each
//! number's few as through a table of its own. Calls come from their files in time already: what is
//! left is to keep a number's calls together.

mod exec;
mod node;
mod rows;

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::expr::{NullTreatment, Sort, WindowFunction};
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{
    Expr, ExprSchemable, Extension, LogicalPlan, UserDefinedLogicalNode, Window, WindowFunctionDefinition,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{ExtensionPlanner, PhysicalPlanner};

use self::exec::HashedLagExec;
use self::node::HashedLag;

/// Finds windows of nothing but `lag(x)` over the same keys and the same instant.
///
/// What it makes keeps all rows in memory and cannot spill: it is for sessions whose memory has no limit.
#[derive(Debug)]
pub(super) struct HashedLags;

impl OptimizerRule for HashedLags {
    fn name(&self) -> &'static str {
        "hashed_lags"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        Ok(match plan {
            LogicalPlan::Window(window) => match hashed(&window) {
                Some(lag) => Transformed::yes(LogicalPlan::Extension(Extension { node: Arc::new(lag) })),
                None => Transformed::no(LogicalPlan::Window(window)),
            },
            plan => Transformed::no(plan),
        })
    }
}

/// The node that answers as `window` does; `None` where it asks for anything else.
fn hashed(window: &Window) -> Option<HashedLag> {
    let lags = window.window_expr.iter().map(lag_of).collect::<Option<Vec<_>>>()?;
    let asked = &lags.first()?.params;
    let (by, tie) = match asked.order_by.as_slice() {
        [by] => (by, None),
        [by, tie] => (by, Some(tie)),
        _ => return None,
    };
    let input = window.input.schema();
    // Rows at one time are told apart by a text that is never null, as the id of a call.
    let is_tie = |tie: &Sort| {
        tie.asc
            && matches!(tie.expr.get_type(input), Ok(DataType::Utf8))
            && matches!(tie.expr.nullable(input), Ok(false))
            && !tie.expr.contains_scalar_subquery()
    };
    if !tie.is_none_or(is_tie) {
        return None;
    }
    let alike = lags
        .iter()
        .all(|lag| lag.params.partition_by == asked.partition_by && lag.params.order_by == asked.order_by);
    let in_time = by.asc
        && matches!(by.expr.get_type(input), Ok(DataType::Timestamp(..) | DataType::Int64))
        && matches!(by.expr.nullable(input), Ok(false))
        // A subquery without rows is null, whatever its column is said to be.
        && !by.expr.contains_scalar_subquery();
    if asked.partition_by.is_empty() || !alike || !in_time {
        return None;
    }
    Some(HashedLag {
        input: Arc::clone(&window.input),
        lags: lags.iter().flat_map(|lag| lag.params.args.iter().cloned()).collect(),
        keys: asked.partition_by.clone(),
        at: by.expr.clone(),
        tie: tie.map(|tie| tie.expr.clone()),
        schema: Arc::clone(&window.schema),
    })
}

/// The call of `lag` with all else as usual: one row back, nulls respected, null where there is none.
fn lag_of(expr: &Expr) -> Option<&WindowFunction> {
    let Expr::WindowFunction(function) = expr else { return None };
    let params = &function.params;
    let is_lag = matches!(&function.fun, WindowFunctionDefinition::WindowUDF(udf) if udf.name() == "lag");
    let usual = params.args.len() == 1
        && params.filter.is_none()
        && !params.distinct
        && !matches!(params.null_treatment, Some(NullTreatment::IgnoreNulls));
    (is_lag && usual).then_some(function)
}

/// Plans [`HashedLag`].
pub(super) struct Lags;

#[async_trait]
impl ExtensionPlanner for Lags {
    async fn plan_extension(
        &self,
        planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _: &[&LogicalPlan],
        inputs: &[Arc<dyn ExecutionPlan>],
        session: &dyn Session,
        context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let (Some(lag), [input]) = (node.as_any().downcast_ref::<HashedLag>(), inputs) else {
            return Ok(None);
        };
        let physical = |expr: &Expr| planner.create_physical_expr(expr, lag.input.schema(), session, context);
        Ok(Some(Arc::new(HashedLagExec::new(
            Arc::clone(input),
            lag.lags.iter().map(physical).collect::<Result<_>>()?,
            lag.keys.iter().map(physical).collect::<Result<_>>()?,
            physical(&lag.at)?,
            lag.tie.as_ref().map(physical).transpose()?,
            Arc::clone(lag.schema.inner()),
        ))))
    }
}

#[cfg(test)]
mod tests;
