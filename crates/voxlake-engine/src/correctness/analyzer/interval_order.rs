//! Compares intervals by length.
//!
//! DataFusion compares intervals field by field: months, then days, then nanoseconds. A difference
//! of timestamps has no months and days, so `now() - start_time > INTERVAL '1 day'` is never true.
//! The rule compares lengths, as PostgreSQL does: a day has 24 hours, a month 30 days.
//!
//! ```text
//! Filter: CAST(end_time - start_time AS Interval) > IntervalMonthDayNano(1 day)
//! ```
//! becomes
//! ```text
//! Filter: interval_length(CAST(end_time - start_time AS Interval))
//!         > interval_length(IntervalMonthDayNano(1 day))
//! ```
//!
//! A statement is refused if intervals are keys (of groups, distinct rows, joins, windows) or are
//! selected by their order (`min`, `max`, `greatest`).

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::logical_expr::expr::{Between, BinaryExpr, InList};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, SortExpr};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::interval_length::interval_length;
use crate::expressions::rewrite_expressions;

/// Names of functions that compare their arguments.
const COMPARING: [&str; 8] =
    ["min", "max", "greatest", "least", "nullif", "array_agg", "approx_distinct", "array_sort"];

/// Compares intervals by their length, and refuses them as keys.
#[derive(Debug)]
pub(super) struct CompareIntervalsByLength;

impl AnalyzerRule for CompareIntervalsByLength {
    fn name(&self) -> &'static str {
        "compare_intervals_by_length"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let wanted = |expr: &Expr| matches!(expr, Expr::BinaryExpr(_) | Expr::Between(_) | Expr::InList(_));
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(plan, wanted, |expr, schema| {
                expr.transform_up(|expr| compare_by_length(expr, schema))
            })?
            .transform_data(sort_by_length)
        })?;
        rewritten.data.apply_with_subqueries(|node| {
            refuse_keys(node)?;
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(rewritten.data)
    }
}

fn is_interval(expr: &Expr, schema: &DFSchema) -> bool {
    matches!(expr.get_type(schema), Ok(DataType::Interval(_)))
}

fn compare_by_length(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    Ok(match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if op.supports_propagation() && (is_interval(&left, schema) || is_interval(&right, schema)) =>
        {
            let (left, right) = (Box::new(interval_length(*left)), Box::new(interval_length(*right)));
            Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right }))
        }
        Expr::Between(Between { expr, negated, low, high }) if is_interval(&expr, schema) => {
            let [expr, low, high] = [expr, low, high].map(|expr| Box::new(interval_length(*expr)));
            Transformed::yes(Expr::Between(Between { expr, negated, low, high }))
        }
        Expr::InList(InList { expr, list, negated }) if is_interval(&expr, schema) => {
            let list = list.into_iter().map(interval_length).collect();
            Transformed::yes(Expr::InList(InList { expr: Box::new(interval_length(*expr)), list, negated }))
        }
        expr => Transformed::no(expr),
    })
}

/// Sorts rows by the length of intervals.
fn sort_by_length(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Sort(mut sort) = plan else { return Ok(Transformed::no(plan)) };
    let schema = sort.input.schema();
    let mut changed = false;
    for SortExpr { expr, .. } in &mut sort.expr {
        if is_interval(expr, schema) {
            *expr = interval_length(expr.clone());
            changed = true;
        }
    }
    Ok(Transformed::new_transformed(LogicalPlan::Sort(sort), changed))
}

/// Refuses a node that has intervals as keys.
fn refuse_keys(node: &LogicalPlan) -> Result<()> {
    let schema = merge_schema(&node.inputs());
    let refused = match node {
        LogicalPlan::Aggregate(aggregate) => {
            aggregate.group_expr.iter().any(|key| has_interval_key(key, &schema))
        }
        LogicalPlan::Distinct(_) => {
            schema.fields().iter().any(|field| matches!(field.data_type(), DataType::Interval(_)))
        }
        LogicalPlan::Join(join) => join.on.iter().any(|(left, _)| is_interval(left, join.left.schema())),
        _ => false,
    };
    let mut refused = refused;
    node.apply_expressions(|expr| {
        expr.apply(|expr| {
            refused |= compares_intervals(expr, &schema);
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    if refused {
        return plan_err!(
            "intervals cannot be compared or ordered here: use their seconds, as in extract(epoch FROM \
             end_time - start_time)"
        );
    }
    Ok(())
}

fn has_interval_key(key: &Expr, schema: &DFSchema) -> bool {
    match key {
        Expr::GroupingSet(sets) => sets.distinct_expr().iter().any(|key| is_interval(key, schema)),
        key => is_interval(key, schema),
    }
}

/// Returns whether `expr` is a function or window that compares intervals.
fn compares_intervals(expr: &Expr, schema: &DFSchema) -> bool {
    let any = |exprs: &[Expr]| exprs.iter().any(|expr| is_interval(expr, schema));
    let sorts = |sorts: &[SortExpr]| sorts.iter().any(|sort| is_interval(&sort.expr, schema));
    match expr {
        Expr::ScalarFunction(function) => COMPARING.contains(&function.name()) && any(&function.args),
        Expr::AggregateFunction(function) => {
            let params = &function.params;
            let picks = COMPARING.contains(&function.func.name()) || params.distinct;
            (picks && any(&params.args)) || sorts(&params.order_by)
        }
        Expr::WindowFunction(function) => {
            let params = &function.params;
            let picks = COMPARING.contains(&function.fun.name()) || params.distinct;
            (picks && any(&params.args)) || any(&params.partition_by) || sorts(&params.order_by)
        }
        Expr::Case(case) => case.expr.as_ref().is_some_and(|expr| is_interval(expr, schema)),
        Expr::InSubquery(among) => is_interval(&among.expr, schema),
        _ => false,
    }
}
