//! Groups by several parts of one instant, such as its weekday and hour, are groups by one number.
//!
//! See [`HourGroups`]. What comes of a group is told apart again above the aggregation.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, Projection};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use voxlake_functions::hour_groups::{HourGroups, Part};
use voxlake_functions::hourly::part_and_instant;

/// The name of the number of a group below what gives its parts.
const CODE: &str = "__hour_group";

/// Groups by one number in place of several parts of one instant.
#[derive(Debug)]
pub(super) struct HourlyGroups;

impl OptimizerRule for HourlyGroups {
    fn name(&self) -> &'static str {
        "hourly_groups"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Aggregate(aggregate) = plan else { return Ok(Transformed::no(plan)) };
        match grouped(&aggregate)? {
            Some(plan) => Ok(Transformed::yes(plan)),
            None => Ok(Transformed::no(LogicalPlan::Aggregate(aggregate))),
        }
    }
}

/// `aggregate` by the parts' numbers; `None` where it has not several of one instant.
fn grouped(aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
    if matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)]) {
        return Ok(None);
    }
    let input = aggregate.input.schema();
    let Some(instant) = aggregate.group_expr.iter().find_map(|expr| instant_of(expr, input)).cloned() else {
        return Ok(None);
    };
    let is_part = |expr: &&Expr| instant_of(expr, input) == Some(&instant);
    // For each group, in order: the place of its part.
    let mut places = Vec::new();
    let mut parts = Vec::new();
    for (expr, field) in aggregate.group_expr.iter().zip(aggregate.schema.fields()) {
        places.push(is_part(&expr).then_some(parts.len()));
        if is_part(&expr)
            && let Expr::ScalarFunction(call) = within(expr)
            && let Some((part, _)) = part_and_instant(within(expr), input)
        {
            parts.push(Part { of: Arc::clone(&call.func), part: part.clone(), field: Arc::clone(field) });
        }
    }
    if parts.len() < 2 {
        return Ok(None);
    }
    let groups = HourGroups::by(parts)?;
    // Those of another instant were found before.
    let before = aggregate.group_expr.iter().filter(|expr| expr.schema_name().to_string().starts_with(CODE));
    let mut exprs = vec![groups.code(instant.clone()).alias(format!("{CODE}_{}", before.count()))];
    exprs.extend(aggregate.group_expr.iter().filter(|expr| !is_part(expr)).cloned());
    let by_code = Aggregate::try_new(Arc::clone(&aggregate.input), exprs, aggregate.aggr_expr.clone())?;
    let made = by_code.schema.columns();
    let Some((code, others)) = made.split_first() else { return Ok(None) };
    let mut others = others.iter();
    let mut exprs = Vec::with_capacity(aggregate.schema.fields().len());
    let places = places.into_iter().chain(std::iter::repeat(None));
    for ((qualifier, field), place) in aggregate.schema.iter().zip(places) {
        let column = Column::new(qualifier.cloned(), field.name());
        exprs.push(match place {
            Some(place) => {
                groups.part(Expr::Column(code.clone()), place).alias_qualified(column.relation, column.name)
            }
            None => match others.next() {
                Some(same) if *same == column => Expr::Column(column),
                Some(other) => Expr::Column(other.clone()).alias_qualified(column.relation, column.name),
                None => return Ok(None),
            },
        });
    }
    Ok(Some(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(LogicalPlan::Aggregate(by_code)))?)))
}

/// The instant that `expr` is a part of.
fn instant_of<'a>(expr: &'a Expr, schema: &DFSchema) -> Option<&'a Expr> {
    part_and_instant(within(expr), schema).map(|(_, instant)| instant)
}

/// What `expr` names, and casts to another kind of number.
fn within(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => within(&alias.expr),
        Expr::Cast(cast) if cast.field.data_type().is_numeric() => &cast.expr,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use voxlake_query::test_lake::{TestLake, call, rows};

    fn lake() -> TestLake {
        TestLake::of([
            call("a", "2026-11-01T08:00:00Z", json!({"direction": "inbound"})),
            call("b", "2026-11-01T08:59:59.999Z", json!({"direction": "inbound"})),
            call("c", "2026-11-01T09:00:00Z", json!({"direction": "outbound"})),
            call("d", "2026-11-08T08:30:00Z", json!({"direction": "inbound"})),
            call("e", "2026-11-02T23:30:00Z", json!({"direction": "inbound"})),
        ])
    }

    async fn plan(lake: &TestLake, sql: &str) -> String {
        let session = lake.session().await;
        let answer = session.sql(&format!("EXPLAIN FORMAT INDENT {sql}")).await.unwrap();
        rows(&answer.collect().await.unwrap()).join("\n")
    }

    #[tokio::test]
    async fn groups_by_weekday_and_hour_are_those_of_each_part() {
        let lake = lake();
        let sql = "SELECT CAST(extract(isodow FROM start_time) AS INT) AS weekday, direction,
                       extract(hour FROM start_time) AS hour, count(*) AS n, min(engagement_id)
                   FROM voice_calls GROUP BY weekday, direction, hour ORDER BY weekday, hour";
        assert_eq!(
            lake.sql(sql).await,
            ["1 | inbound | 23 | 1 | e", "7 | inbound | 8 | 3 | a", "7 | outbound | 9 | 1 | c"]
        );
        assert!(plan(&lake, sql).await.contains("hour_group(start_time"), "{}", plan(&lake, sql).await);
    }

    #[tokio::test]
    async fn a_local_clock_has_its_own_hours() {
        let lake = lake();
        let sql = "SELECT date_trunc('month', at) AS month, date_part('hour', at) AS hour, count(*)
                   FROM (SELECT local_time(start_time, 'Asia/Kathmandu') AS at FROM voice_calls) AS placed
                   GROUP BY 1, 2 HAVING count(*) > 0 ORDER BY 1, 2";
        let expected =
            ["2026-11-01T00:00:00 | 5 | 1", "2026-11-01T00:00:00 | 13 | 1", "2026-11-01T00:00:00 | 14 | 3"];
        assert_eq!(lake.sql(sql).await, expected);
        assert!(plan(&lake, sql).await.contains("hour_group("));
    }

    #[tokio::test]
    async fn several_instants_have_a_number_each() {
        let lake = lake();
        let sql = "SELECT extract(hour FROM start_time) AS h, extract(dow FROM start_time) AS d,
                       extract(hour FROM local_time(start_time, 'Asia/Kathmandu')) AS lh,
                       extract(dow FROM local_time(start_time, 'Asia/Kathmandu')) AS ld, count(*)
                   FROM voice_calls GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";
        assert_eq!(
            lake.sql(sql).await,
            ["8 | 0 | 13 | 0 | 1", "8 | 0 | 14 | 0 | 2", "9 | 0 | 14 | 0 | 1", "23 | 1 | 5 | 2 | 1"]
        );
        assert!(plan(&lake, sql).await.contains("__hour_group_1"), "{}", plan(&lake, sql).await);
    }

    #[tokio::test]
    async fn one_part_finer_parts_and_sets_are_left_to_the_engine() {
        let lake = lake();
        for by in [
            "extract(hour FROM start_time)",
            "extract(hour FROM start_time), extract(minute FROM start_time)",
            "extract(hour FROM start_time), extract(hour FROM local_time(start_time, 'UTC'))",
            "extract(hour FROM start_time), CAST(date_trunc('day', start_time) AS TEXT)",
            "GROUPING SETS ((extract(hour FROM start_time)), (extract(day FROM start_time)))",
        ] {
            let sql = format!("SELECT count(*) FROM voice_calls GROUP BY {by}");
            assert!(!plan(&lake, &sql).await.contains("hour_group("), "{by}");
            assert!(!lake.sql(&sql).await.is_empty());
        }
        let nothing = "SELECT extract(hour FROM at), extract(dow FROM at), count(*)
                       FROM (SELECT CASE WHEN direction = 'outbound' THEN NULL ELSE start_time END AS at FROM voice_calls)
                       GROUP BY 1, 2 ORDER BY 1, 2";
        assert_eq!(lake.sql(nothing).await, ["8 | 0 | 3", "23 | 1 | 1", "NULL | NULL | 1"]);
    }
}
