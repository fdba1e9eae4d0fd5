//! Rules of ours that the engine's planner follows after its own: each says a question in other words
//! that have the same answer and take less work, whoever asked it in whatever SQL.
//!
//! - [`percentiles`]: percentiles of whole numbers are counted, all of one column at once
//! - [`nested_fields`]: of a list of structs no more is read than is used
//! - [`nested_filters`]: the same where a filter stands between
//! - [`short_times`]: constants that become timestamps may lack seconds
//! - [`hourly_parts`]: parts of instants are asked for once for each hour
//! - [`hourly_groups`]: groups by several parts of an instant are groups by one number
//! - [`hashed_lags`]: the row before of the same key is found without sorting, where memory has no limit
//! - [`plain_days`]: days are added to instants as so many hours
//! - [`coded_groups`]: groups by text are made of the codes that a file keeps it by
//! - [`masked_lists`]: lists of calls that a filter drops are not unnested, and not copied by the filter
//! - [`plain_unnest`]: lists are unnested by their offsets
//! - [`planner`]: the last two of them, and what the engine cannot plan by itself

mod coded_groups;
mod hashed_lags;
mod hourly_groups;
mod hourly_parts;
mod masked_lists;
mod nested_fields;
mod nested_filters;
mod percentiles;
mod plain_days;
mod plain_unnest;
mod planner;
mod short_times;

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::prelude::SessionContext;

pub(crate) use self::planner::planner;

/// Has the questions of `ctx` follow the rules; where `spilling` may be needed, only those that leave it possible.
pub(crate) fn register(ctx: &SessionContext, spilling: bool) {
    if !spilling {
        ctx.add_optimizer_rule(Arc::new(hashed_lags::HashedLags));
    }
    ctx.add_analyzer_rule(Arc::new(short_times::ShortTimes));
    ctx.add_analyzer_rule(Arc::new(percentiles::CountedPercentiles));
    ctx.add_optimizer_rule(Arc::new(nested_fields::NarrowedUnnest));
    ctx.add_optimizer_rule(Arc::new(nested_filters::NarrowedFilter));
    ctx.add_optimizer_rule(Arc::new(hourly_parts::HourlyParts));
    ctx.add_optimizer_rule(Arc::new(hourly_groups::HourlyGroups));
    ctx.add_optimizer_rule(Arc::new(plain_days::PlainDays));
    ctx.add_optimizer_rule(Arc::new(coded_groups::CodedGroups));
}

/// `plan` with each of its expressions rewritten, under the name that it had, if there is any that is `wanted`.
///
/// Most plans have none, and to find that out takes less than to write down the names of all their expressions.
pub(crate) fn with_expressions(
    plan: LogicalPlan,
    wanted: impl Fn(&Expr) -> bool,
    rewrite: impl Fn(Expr, &DFSchema) -> Result<Transformed<Expr>>,
) -> Result<Transformed<LogicalPlan>> {
    if matches!(plan, LogicalPlan::TableScan(_)) || !any_expression(&plan, wanted)? {
        return Ok(Transformed::no(plan));
    }
    let schema = merge_schema(&plan.inputs());
    let names = NamePreserver::new(&plan);
    let named = |expr: Expr| {
        let name = names.save(&expr);
        Ok(rewrite(expr, &schema)?.update_data(|expr| name.restore(expr)))
    };
    plan.map_expressions(|expr| match expr {
        // Those sets are known by their kind of expression: it is what is in them that has names.
        sets @ Expr::GroupingSet(_) => sets.map_children(named),
        expr => named(expr),
    })
}

/// Whether `wanted` is an expression of `plan`, or within one.
fn any_expression(plan: &LogicalPlan, wanted: impl Fn(&Expr) -> bool) -> Result<bool> {
    let mut found = false;
    plan.apply_expressions(|expr| {
        found = expr.exists(|expr| Ok(wanted(expr)))?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}
