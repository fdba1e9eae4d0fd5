//! Plans `lead(x, n) IGNORE NULLS` as `lag` in the reverse order.
//!
//! DataFusion's `lead` skips rows: it returns NULL for every second row.
//!
//! ```text
//! WindowAggr: windowExpr=[lead(x, 3) IGNORE NULLS ORDER BY [t ASC NULLS LAST]]
//!   TableScan: calls
//! ```
//! becomes
//! ```text
//! Projection: x, t, lead(x, 3)
//!   WindowAggr: windowExpr=[lag(x, 3) IGNORE NULLS ORDER BY [t DESC NULLS FIRST] AS lead(x, 3)]
//!     TableScan: calls
//! ```
//!
//! DataFusion would turn such a `lag` back into `lead` where the input already has the reverse
//! order. This is prevented by [`fixed_order`](crate::correctness::fixed_order).
//!
//! All functions of a window node share one order, so each reversed function gets its own node.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, Result, ScalarValue, plan_err};
use datafusion::functions_window::lead_lag::lag_udwf;
use datafusion::logical_expr::expr::{NullTreatment, WindowFunction};
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, Projection, Window, WindowFrame, WindowFunctionDefinition,
};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::fixed_order::{fixed_order, is_fixed_order};

/// Replaces `lead` with `lag` in the reverse order.
#[derive(Debug)]
pub(super) struct ReverseLead;

impl AnalyzerRule for ReverseLead {
    fn name(&self) -> &'static str {
        "reverse_lead"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_up_with_subqueries(reverse_leads)?.data)
    }
}

/// Moves the reversed functions of `node` into separate window nodes.
fn reverse_leads(node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Window(Window { input, window_expr, schema }) = node else {
        return Ok(Transformed::no(node));
    };
    // Reversed functions with their index in the node.
    let (mut others, mut lags) = (Vec::new(), Vec::<(usize, Expr)>::new());
    // Index of an equal earlier function, for each function of the node.
    let mut same = vec![None; window_expr.len()];
    for (index, expr) in window_expr.iter().enumerate() {
        match as_lag(expr)? {
            // DataFusion would extract two equal functions as a common subexpression, into a
            // projection that cannot hold a window function.
            Some(lag) => match lags.iter().find(|(_, known)| *known == lag) {
                Some((first, _)) => same[index] = Some(*first),
                None => lags.push((index, lag)),
            },
            None => others.push(expr.clone()),
        }
    }
    if lags.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Window(Window { input, window_expr, schema })));
    }
    let columns = schema.columns();
    let given = columns.len() - window_expr.len();
    let named = |(index, lag): (usize, Expr)| vec![lag.alias(columns[given + index].name.clone())];
    let mut plan = LogicalPlanBuilder::from(Arc::unwrap_or_clone(input));
    for exprs in std::iter::once(others).chain(lags.into_iter().map(named)).filter(|exprs| !exprs.is_empty())
    {
        plan = plan.window(exprs)?;
    }
    // Restores the order of the columns.
    let column = |(index, column): (usize, &Column)| {
        let first = index.checked_sub(given).and_then(|index| same[index]);
        match first {
            Some(first) => Expr::Column(columns[given + first].clone()).alias(column.name.clone()),
            None => Expr::Column(column.clone()),
        }
    };
    let exprs = columns.iter().enumerate().map(column).collect();
    let projection = Projection::try_new_with_schema(exprs, Arc::new(plan.build()?), schema)?;
    Ok(Transformed::yes(LogicalPlan::Projection(projection)))
}

/// Returns the `lag` equivalent of `expr`, if it is `lead` or `lag` over more than one row with
/// IGNORE NULLS.
fn as_lag(expr: &Expr) -> Result<Option<Expr>> {
    let Expr::WindowFunction(function) = expr.clone().unalias() else { return Ok(None) };
    let WindowFunction { fun, mut params } = *function;
    if params.null_treatment != Some(NullTreatment::IgnoreNulls) || is_reversed(&fun) {
        return Ok(None);
    }
    let ahead = match (fun.name(), params.args.get(1)) {
        ("lead", Some(Expr::Literal(rows, _))) => constant_rows(rows),
        ("lag", Some(Expr::Literal(rows, _))) => constant_rows(rows).and_then(i64::checked_neg),
        _ => None,
    };
    let Some(ahead) = ahead.filter(|rows| rows.unsigned_abs() > 1) else { return Ok(None) };
    let Some(rows) = ahead.checked_abs() else { return Ok(None) };
    if ahead > 0 && params.order_by.is_empty() {
        return plan_err!(
            "{} over {rows} rows with IGNORE NULLS is not supported without ORDER BY",
            fun.name()
        );
    }
    params.args[1] = Expr::Literal(ScalarValue::Int64(Some(rows)), None);
    if ahead > 0 {
        for key in &mut params.order_by {
            (key.asc, key.nulls_first) = (!key.asc, !key.nulls_first);
        }
    }
    // `lag` ignores the frame.
    params.window_frame = WindowFrame::new(Some(false));
    let fun = WindowFunctionDefinition::WindowUDF(Arc::new(fixed_order(lag_udwf())));
    Ok(Some(Expr::WindowFunction(Box::new(WindowFunction { fun, params }))))
}

fn is_reversed(fun: &WindowFunctionDefinition) -> bool {
    matches!(fun, WindowFunctionDefinition::WindowUDF(function) if is_fixed_order(function))
}

fn constant_rows(rows: &ScalarValue) -> Option<i64> {
    match rows.cast_to(&DataType::Int64).ok()? {
        ScalarValue::Int64(rows) => rows,
        _ => None,
    }
}
