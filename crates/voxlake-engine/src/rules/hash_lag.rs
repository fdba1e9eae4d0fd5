//! Computes `lag` through a hash of its partition keys instead of a sort.
//!
//! ```text
//! WindowAggr: windowExpr=[[lag(start_time) PARTITION BY [number] ORDER BY [start_time, id]]]
//!   TableScan: voice_calls
//! ```
//! becomes
//! ```text
//! HashLag: lag=[start_time], keys=[number], order_by=[start_time, id]
//!   TableScan: voice_calls
//! ```
//!
//! DataFusion would sort all rows by the key, which is often a text, and evaluate each partition by
//! itself: slow for many keys with few rows each. Day files are sorted by `start_time` already, so
//! that hashing the keys leaves little to sort.
//!
//! The physical plan has a [`HashLagExec`]:
//!
//! ```text
//! HashLagExec: lag=[start_time@0], keys=[number@1], order_by=[start_time@0, id@2]
//!   RepartitionExec: partitioning=Hash([number@1], 8)
//!     DataSourceExec
//! ```

mod exec;
mod node;
mod state;

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

use self::exec::HashLagExec;
use self::node::HashLag;

/// Name of the optimizer rule.
pub(super) const NAME: &str = "hash_lag";

/// Replaces window nodes that compute only `lag(x)` over the same keys and order.
///
/// [`HashLagExec`] buffers all rows and cannot spill, so the rule is for sessions without a memory
/// limit.
#[derive(Debug)]
pub(super) struct HashLagRewrite;

impl OptimizerRule for HashLagRewrite {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        Ok(match plan {
            LogicalPlan::Window(window) => match hash_lag(&window) {
                Some(lag) => Transformed::yes(LogicalPlan::Extension(Extension { node: Arc::new(lag) })),
                None => Transformed::no(LogicalPlan::Window(window)),
            },
            plan => Transformed::no(plan),
        })
    }
}

/// Returns the node that replaces `window`, or `None` if it has other functions or options.
fn hash_lag(window: &Window) -> Option<HashLag> {
    let lags = window.window_expr.iter().map(plain_lag).collect::<Option<Vec<_>>>()?;
    let first = &lags.first()?.params;
    let (by, tie) = match first.order_by.as_slice() {
        [by] => (by, None),
        [by, tie] => (by, Some(tie)),
        _ => return None,
    };
    let input = window.input.schema();
    // The second ORDER BY expression must be a text that is never null, such as the id of a call.
    let is_tie = |tie: &Sort| {
        tie.asc
            && matches!(tie.expr.get_type(input), Ok(DataType::Utf8))
            && matches!(tie.expr.nullable(input), Ok(false))
            && !tie.expr.contains_scalar_subquery()
    };
    if !tie.is_none_or(is_tie) {
        return None;
    }
    let is_same_window = lags
        .iter()
        .all(|lag| lag.params.partition_by == first.partition_by && lag.params.order_by == first.order_by);
    let is_ordered = by.asc
        && matches!(by.expr.get_type(input), Ok(DataType::Timestamp(..) | DataType::Int64))
        && matches!(by.expr.nullable(input), Ok(false))
        // A scalar subquery is null without a row, regardless of the nullability of its column.
        && !by.expr.contains_scalar_subquery();
    if first.partition_by.is_empty() || !is_same_window || !is_ordered {
        return None;
    }
    Some(HashLag {
        input: Arc::clone(&window.input),
        lags: lags.iter().flat_map(|lag| lag.params.args.iter().cloned()).collect(),
        keys: first.partition_by.clone(),
        at: by.expr.clone(),
        tie: tie.map(|tie| tie.expr.clone()),
        schema: Arc::clone(&window.schema),
    })
}

/// Returns `expr` if it is `lag` with default options: one row, nulls respected, null without a
/// previous row.
fn plain_lag(expr: &Expr) -> Option<&WindowFunction> {
    let Expr::WindowFunction(function) = expr else { return None };
    let params = &function.params;
    let is_lag = matches!(&function.fun, WindowFunctionDefinition::WindowUDF(udf) if udf.name() == "lag");
    let usual = params.args.len() == 1
        && params.filter.is_none()
        && !params.distinct
        && !matches!(params.null_treatment, Some(NullTreatment::IgnoreNulls));
    (is_lag && usual).then_some(function)
}

/// Plans [`HashLag`] as [`HashLagExec`].
pub(super) struct HashLagPlanner;

#[async_trait]
impl ExtensionPlanner for HashLagPlanner {
    async fn plan_extension(
        &self,
        planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _: &[&LogicalPlan],
        inputs: &[Arc<dyn ExecutionPlan>],
        session: &dyn Session,
        context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let (Some(lag), [input]) = (node.as_any().downcast_ref::<HashLag>(), inputs) else {
            return Ok(None);
        };
        let physical = |expr: &Expr| planner.create_physical_expr(expr, lag.input.schema(), session, context);
        Ok(Some(Arc::new(HashLagExec::new(
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
