//! Casts of timestamps with a time zone other than UTC, the results of `AT TIME ZONE`.
//!
//! DataFusion displays, extracts and truncates such a timestamp in local time, but casts it to a
//! timestamp without a zone in UTC. The rule casts in local time, as PostgreSQL does:
//!
//! ```text
//! Projection: CAST(CAST(t AS Timestamp(ns, "Asia/Singapore")) AS Timestamp(ns))
//! ```
//! becomes
//! ```text
//! Projection: CAST(to_local_time(CAST(t AS Timestamp(ns, "Asia/Singapore"))) AS Timestamp(ns))
//! ```
//!
//! `date_bin` aligns its bins to midnight in UTC and is refused for such timestamps.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::functions::datetime::to_local_time;
use datafusion::logical_expr::expr::{Cast, TryCast};
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan};
use datafusion::optimizer::AnalyzerRule;

use crate::expressions::rewrite_expressions;

/// Casts timestamps in the local time of their zone.
#[derive(Debug)]
pub(super) struct CastByLocalClock;

impl AnalyzerRule for CastByLocalClock {
    fn name(&self) -> &'static str {
        "cast_by_local_clock"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let wanted = |expr: &Expr| matches!(expr, Expr::Cast(_) | Expr::TryCast(_) | Expr::ScalarFunction(_));
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(plan, wanted, |expr, schema| {
                expr.transform_up(|expr| cast_in_local_time(expr, schema))
            })
        })?;
        Ok(rewritten.data)
    }
}

fn cast_in_local_time(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    match expr {
        Expr::Cast(Cast { expr, field }) if drops_zone(&expr, field.data_type(), schema) => {
            let expr = Box::new(to_local_time().call(vec![*expr]));
            Ok(Transformed::yes(Expr::Cast(Cast { expr, field })))
        }
        Expr::TryCast(TryCast { expr, field }) if drops_zone(&expr, field.data_type(), schema) => {
            let expr = Box::new(to_local_time().call(vec![*expr]));
            Ok(Transformed::yes(Expr::TryCast(TryCast { expr, field })))
        }
        Expr::ScalarFunction(function)
            if function.name() == "date_bin" && function.args.iter().any(|arg| is_zoned(arg, schema)) =>
        {
            plan_err!(
                "date_bin counts from midnight in UTC: use local times, as in local_time(start_time, 'Europe/Berlin')"
            )
        }
        expr => Ok(Transformed::no(expr)),
    }
}

fn drops_zone(expr: &Expr, to: &DataType, schema: &DFSchema) -> bool {
    matches!(to, DataType::Timestamp(_, None)) && is_zoned(expr, schema)
}

/// Returns whether `expr` is a timestamp with a time zone other than UTC.
fn is_zoned(expr: &Expr, schema: &DFSchema) -> bool {
    match expr.get_type(schema) {
        Ok(DataType::Timestamp(_, Some(zone))) => !matches!(zone.as_ref(), "UTC" | "+00:00" | "+00" | "Z"),
        _ => false,
    }
}
