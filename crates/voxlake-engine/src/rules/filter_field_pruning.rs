//! Prunes unused fields of nested columns below a filter.
//!
//! ```text
//! Projection: id
//!   Filter: cardinality(CAST(queues AS List(Struct("queue_id": Utf8)))) > 1
//!     TableScan: voice_calls
//! ```
//! becomes
//! ```text
//! Projection: id
//!   Filter: cardinality(queues) > 1
//!     Projection: id, CAST(queues AS List(Struct("queue_id": Utf8))) AS queues
//!       TableScan: voice_calls
//! ```
//!
//! The Parquet reader evaluates simple filters itself, but not those on nested columns. Such a
//! filter separates the scan from the casts that show the reader which fields to skip, and all
//! fields of a call's legs would be decoded to find out whether it had a queue. The rule moves the
//! cast below the filter.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{Cast, Expr, Filter, LogicalPlan, Projection};

use super::rewrite::ProjectionInputRewrite;
/// Casts lists of structs below a filter to the fields that are used above.
#[derive(Debug)]
pub(super) struct FilterFieldPruning;

impl ProjectionInputRewrite for FilterFieldPruning {
    const NAME: &'static str = "filter_field_pruning";

    fn rewrite_input(&self, projection: &Projection) -> Result<Option<LogicalPlan>> {
        let LogicalPlan::Filter(filter) = projection.input.as_ref() else { return Ok(None) };
        Ok(prune_filter(filter, &projection.expr)?.map(LogicalPlan::Filter))
    }
}

/// Returns `filter` over columns reduced to the casts in its predicate and in `uses`, or `None` if
/// there is nothing to prune.
fn prune_filter(filter: &Filter, uses: &[Expr]) -> Result<Option<Filter>> {
    let mut exprs = match filter.input.as_ref() {
        LogicalPlan::TableScan(scan) => {
            scan.projected_schema.columns().into_iter().map(Expr::Column).collect()
        }
        LogicalPlan::Projection(projection) => projection.expr.clone(),
        _ => return Ok(None),
    };
    let mut predicate = filter.predicate.clone();
    let mut changed = false;
    for (expr, (qualifier, field)) in exprs.iter_mut().zip(filter.input.schema().iter()) {
        // Computed columns are not read from a file.
        if !matches!(expr, Expr::Column(_)) || !is_list_of_structs(field.data_type()) {
            continue;
        }
        let column = Column::new(qualifier.cloned(), field.name());
        let in_filter = casts_of(&column, std::slice::from_ref(&filter.predicate))?;
        let above = casts_of(&column, uses)?;
        let (Some(in_filter), Some(above)) = (in_filter, above) else { continue };
        if in_filter.is_empty() {
            continue;
        }
        let wanted =
            in_filter.into_iter().chain(above).reduce(|wanted, more| union_of_fields(&wanted, &more));
        if let Some(wanted) = wanted.filter(|wanted| wanted != field.data_type()) {
            predicate = remove_cast(predicate, &column, &wanted)?;
            let cast = Expr::Cast(Cast::new(Box::new(expr.clone()), wanted));
            *expr = cast.alias_qualified(column.relation, column.name);
            changed = true;
        }
    }
    if !changed {
        return Ok(None);
    }
    let input = match filter.input.as_ref() {
        LogicalPlan::Projection(projection) => Arc::clone(&projection.input),
        _ => Arc::clone(&filter.input),
    };
    let input = LogicalPlan::Projection(Projection::try_new(exprs, input)?);
    Ok(Some(Filter::try_new(predicate, Arc::new(input))?))
}

fn is_list_of_structs(of: &DataType) -> bool {
    matches!(of, DataType::List(item) if matches!(item.data_type(), DataType::Struct(_)))
}

/// Returns the types to which `exprs` cast `column`, or `None` if one of them uses it without a
/// cast.
fn casts_of(column: &Column, exprs: &[Expr]) -> Result<Option<Vec<DataType>>> {
    let (mut casts, mut whole) = (Vec::new(), false);
    for expr in exprs {
        expr.apply(|expr| {
            if let Expr::Cast(cast) = expr
                && matches!(cast.expr.as_ref(), Expr::Column(used) if used == column)
            {
                casts.push(cast.field.data_type().clone());
                return Ok(TreeNodeRecursion::Jump);
            }
            whole |= matches!(expr, Expr::Column(used) if used == column);
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    Ok(Some(casts).filter(|_| !whole))
}

/// Removes casts of `column` to `cast` from `expr`, since the column has that type already.
/// Otherwise DataFusion would add another cast with each attempt to push the filter down.
fn remove_cast(expr: Expr, column: &Column, cast: &DataType) -> Result<Expr> {
    let rewritten = expr.transform_up(|expr| match &expr {
        Expr::Cast(Cast { expr: inner, field })
            if field.data_type() == cast
                && matches!(inner.as_ref(), Expr::Column(used) if used == column) =>
        {
            Ok(Transformed::yes(Expr::Column(column.clone())))
        }
        _ => Ok(Transformed::no(expr)),
    })?;
    Ok(rewritten.data)
}

/// Returns the type with the fields of both types, which are reductions of the same type.
fn union_of_fields(one: &DataType, other: &DataType) -> DataType {
    match (one, other) {
        (DataType::List(one), DataType::List(other)) => {
            let item = union_of_fields(one.data_type(), other.data_type());
            DataType::List(Arc::new(Field::clone(one).with_data_type(item)))
        }
        (DataType::Struct(one), DataType::Struct(other)) => {
            let known = one.iter().map(|field| match other.find(field.name()) {
                Some((_, same)) => Arc::new(
                    Field::clone(field).with_data_type(union_of_fields(field.data_type(), same.data_type())),
                ),
                None => Arc::clone(field),
            });
            let further = other.iter().filter(|field| one.find(field.name()).is_none());
            DataType::Struct(known.chain(further.cloned()).collect::<Fields>())
        }
        _ => one.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use serde_json::json;

    use voxlake_query::test_lake::{TestLake, call, queue, rows};
    use voxlake_query::{LakeSession, SessionOptions};

    fn lake() -> TestLake {
        let at = "2026-11-01T08:00:00Z";
        let leg = json!({"queue": queue("Care"), "result": "completed", "charge": "$1"});
        TestLake::with_calls([
            call(
                "a",
                at,
                json!({"queues": [queue("Sales")], "voice_call_details": [leg], "result": "completed"}),
            ),
            call("b", at, json!({"queues": [], "result": "missed"})),
            call("c", at, json!({"result": "completed", "direction": "inbound"})),
        ])
    }

    async fn scan(lake: &TestLake, sql: &str) -> String {
        let options = SessionOptions::new().target_partitions(Some(NonZeroUsize::MIN));
        let session = LakeSession::open(&lake.lake().await, options).await.unwrap();
        let answer = session.sql(&format!("EXPLAIN FORMAT INDENT {sql}")).await.unwrap();
        let plan = rows(&answer.collect().await.unwrap()).join("\n");
        plan.lines().filter(|line| line.contains("DataSourceExec")).collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn queue_count_filters_read_one_field() {
        let lake = lake();
        let sql = "SELECT engagement_id FROM calls WHERE queue_count = 0 AND result = 'completed' ORDER BY 1";
        assert_eq!(lake.sql(sql).await, ["c"]);
        let scan = scan(&lake, sql).await;
        assert!(scan.contains("CAST(voice_call_details") && !scan.contains("charge"), "{scan}");
        // Filters that the reader supports are still pushed down.
        assert!(scan.contains("predicate=result@21 = completed"), "{scan}");
    }

    #[tokio::test]
    async fn fields_used_above_the_filter_are_read() {
        let lake = lake();
        let sql = "SELECT engagement_id, queue_visits(queues, voice_call_details, result, charge_amount, charge_currency)[1]['queue_id'] AS q
                   FROM voice_calls WHERE through_queues(['Care'], queues, voice_call_details)";
        assert_eq!(lake.sql(sql).await, ["a | sales"]);
        let whole = "SELECT voice_call_details[1]['charge'] FROM voice_calls
                     WHERE through_queues(['Care'], queues, voice_call_details)";
        assert_eq!(lake.sql(whole).await, ["$1"]);
    }
}
