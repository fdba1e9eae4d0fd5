//! Choice of the statements that run on a remote engine.
//!
//! Only statements over calls go there. Other tables exist in the process of the session alone, and
//! some constructs would be answered differently or not at all elsewhere.

use datafusion::catalog::MemTable;
use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::datasource::{TableType, source_as_provider};
use datafusion::logical_expr::{Expr, LogicalPlan, Subquery};
use voxlake_engine::table::VoiceCalls;

/// Returns whether `plan` runs on a remote engine. With `needs_calls` it must read calls.
///
/// It stays in the session if it reads tables that only the session has, such
/// as `days`, stored summaries or attached files, and if it contains recursion or a scalar subquery
/// that may return several rows. The last one must fail, but a join in its place would not.
pub(crate) fn runs_remotely(plan: &LogicalPlan, needs_calls: bool) -> Result<bool> {
    let (mut reads_calls, mut stays) = (!needs_calls, false);
    plan.apply_with_subqueries(|node| {
        match node {
            LogicalPlan::TableScan(scan) => {
                let provider = source_as_provider(&scan.source)?;
                let is_calls = provider.is::<VoiceCalls>();
                reads_calls |= is_calls;
                // The names of a period are computed while a statement is planned.
                let is_computed = provider.table_type() == TableType::Temporary;
                let travels = provider.is::<MemTable>() || is_computed;
                stays |= !is_calls && !travels;
            }
            LogicalPlan::RecursiveQuery(_) | LogicalPlan::Extension(_) => stays = true,
            _ => {}
        }
        for expr in node.expressions() {
            stays |= may_return_several_rows(&expr)?;
        }
        Ok(if stays { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(reads_calls && !stays)
}

/// Returns whether `expr` contains a scalar subquery that may return more than one row. Those that
/// refer to columns outside are joins in the session as well.
fn may_return_several_rows(expr: &Expr) -> Result<bool> {
    expr.exists(|part| {
        Ok(match part {
            Expr::ScalarSubquery(Subquery { subquery, outer_ref_columns, .. }) => {
                outer_ref_columns.is_empty() && subquery.max_rows().is_none_or(|rows| rows > 1)
            }
            _ => false,
        })
    })
}
