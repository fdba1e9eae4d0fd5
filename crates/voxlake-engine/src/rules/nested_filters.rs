//! Of a nested column that a filter reads, no more fields are read than the filter and what comes after
//! it use.
//!
//! The reader applies a filter itself where it can, and one on the queues of a call it cannot. Then a
//! filter stands between the scan and the casts by which the reader knows what to leave out, and all that
//! is known of a call's legs is decoded to tell whether it had a queue. This rule puts the cast below.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{Cast, Expr, Filter, LogicalPlan, Projection};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// Casts lists of structs below a filter to the fields that are used above.
#[derive(Debug)]
pub(super) struct NarrowedFilter;

impl OptimizerRule for NarrowedFilter {
    fn name(&self) -> &'static str {
        "narrowed_filter"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Projection(projection) = plan else { return Ok(Transformed::no(plan)) };
        let narrowed = match projection.input.as_ref() {
            LogicalPlan::Filter(filter) => narrowed(filter, &projection.expr)?,
            _ => None,
        };
        let Some(filter) = narrowed else {
            return Ok(Transformed::no(LogicalPlan::Projection(projection)));
        };
        let input = Arc::new(LogicalPlan::Filter(filter));
        let narrowed = Projection::try_new_with_schema(projection.expr, input, projection.schema)?;
        Ok(Transformed::yes(LogicalPlan::Projection(narrowed)))
    }
}

/// `filter` over no more than it and `uses` cast its columns to; `None` where that is what it has.
fn narrowed(filter: &Filter, uses: &[Expr]) -> Result<Option<Filter>> {
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
        // What is made below is not read from a file.
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
        let wanted = in_filter.into_iter().chain(above).reduce(|wanted, more| both(&wanted, &more));
        if let Some(wanted) = wanted.filter(|wanted| wanted != field.data_type()) {
            predicate = without_cast(predicate, &column, &wanted)?;
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

/// What `exprs` cast `column` to; `None` where one uses it whole.
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

/// `expr` over a `column` that is of type `cast` already. Otherwise each time that the engine tries to
/// push a filter down again would add a cast to those that are there.
fn without_cast(expr: Expr, column: &Column, cast: &DataType) -> Result<Expr> {
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

/// The type with the fields of both, which are narrower forms of one.
fn both(one: &DataType, other: &DataType) -> DataType {
    match (one, other) {
        (DataType::List(one), DataType::List(other)) => {
            let item = both(one.data_type(), other.data_type());
            DataType::List(Arc::new(Field::clone(one).with_data_type(item)))
        }
        (DataType::Struct(one), DataType::Struct(other)) => {
            let known = one.iter().map(|field| match other.find(field.name()) {
                Some((_, same)) => {
                    Arc::new(Field::clone(field).with_data_type(both(field.data_type(), same.data_type())))
                }
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
        TestLake::of([
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
        let options = SessionOptions { target_partitions: Some(NonZeroUsize::MIN), ..Default::default() };
        let session = LakeSession::open(&lake.lake().await, options).await.unwrap();
        let answer = session.sql(&format!("EXPLAIN FORMAT INDENT {sql}")).await.unwrap();
        let plan = rows(&answer.collect().await.unwrap()).join("\n");
        plan.lines().filter(|line| line.contains("DataSourceExec")).collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn a_filter_on_the_number_of_queues_reads_no_more_than_tells_it() {
        let lake = lake();
        let sql = "SELECT engagement_id FROM calls WHERE queue_count = 0 AND result = 'completed' ORDER BY 1";
        assert_eq!(lake.sql(sql).await, ["c"]);
        let scan = scan(&lake, sql).await;
        assert!(scan.contains("CAST(voice_call_details") && !scan.contains("charge"), "{scan}");
        // What the reader can filter by itself is still given to it.
        assert!(scan.contains("predicate=result@21 = completed"), "{scan}");
    }

    #[tokio::test]
    async fn what_is_used_after_the_filter_is_read_as_well() {
        let lake = lake();
        let sql = "SELECT engagement_id, queue_visits(queues, voice_call_details, result, charge_amount, charge_currency)[1]['queue_id'] AS q
                   FROM voice_calls WHERE through_queues(['Care'], queues, voice_call_details)";
        assert_eq!(lake.sql(sql).await, ["a | sales"]);
        let whole = "SELECT voice_call_details[1]['charge'] FROM voice_calls
                     WHERE through_queues(['Care'], queues, voice_call_details)";
        assert_eq!(lake.sql(whole).await, ["$1"]);
    }
}
