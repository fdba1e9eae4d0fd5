//! Groups by several parts of one instant, such as weekday and hour, through one integer id.
//!
//! ```text
//! Aggregate: groupBy=[date_part('dow', t), date_part('hour', t)], aggr=[count(*)]
//!   TableScan: voice_calls
//! ```
//! becomes
//! ```text
//! Projection: hour_part(__hour_group_0) AS date_part('dow', t), hour_part(…) AS …, count(*)
//!   Aggregate: groupBy=[hour_group(t) AS __hour_group_0], aggr=[count(*)]
//!     TableScan: voice_calls
//! ```
//!
//! See [`HourGroups`] for the ids.

use std::sync::Arc;

use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, Projection};

use super::rewrite::AggregateRewrite;
use voxlake_functions::cached_date_part::part_and_instant;
use voxlake_functions::hour_groups::{HourGroups, InstantPart};

/// Prefix of the name of the column with group ids.
const GROUP_COLUMN: &str = "__hour_group";

/// Replaces several parts of one instant in GROUP BY by one id.
#[derive(Debug)]
pub(super) struct HourBucketGroupBy;

impl AggregateRewrite for HourBucketGroupBy {
    const NAME: &'static str = "hour_bucket_group_by";

    fn rewrite(&self, aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
        group_by_hour_bucket(aggregate)
    }
}

/// Rewrites `aggregate`, or returns `None` if it does not group by several parts of one instant.
fn group_by_hour_bucket(aggregate: &Aggregate) -> Result<Option<LogicalPlan>> {
    if matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)]) {
        return Ok(None);
    }
    let input = aggregate.input.schema();
    let Some(instant) = aggregate.group_expr.iter().find_map(|expr| instant_of(expr, input)).cloned() else {
        return Ok(None);
    };
    let is_part = |expr: &&Expr| instant_of(expr, input) == Some(&instant);
    // For each GROUP BY expression, the index of its part.
    let mut part_indices = Vec::new();
    let mut parts = Vec::new();
    for (expr, field) in aggregate.group_expr.iter().zip(aggregate.schema.fields()) {
        part_indices.push(is_part(&expr).then_some(parts.len()));
        if is_part(&expr)
            && let Expr::ScalarFunction(call) = unwrap_alias_and_cast(expr)
            && let Some((part, _)) = part_and_instant(unwrap_alias_and_cast(expr), input)
        {
            parts.push(InstantPart {
                function: Arc::clone(&call.func),
                part: part.clone(),
                field: Arc::clone(field),
            });
        }
    }
    if parts.len() < 2 {
        return Ok(None);
    }
    let groups = HourGroups::try_new(parts)?;
    // Numbers the column after those of earlier instants.
    let before =
        aggregate.group_expr.iter().filter(|expr| expr.schema_name().to_string().starts_with(GROUP_COLUMN));
    let mut exprs = vec![groups.id_expr(instant.clone()).alias(format!("{GROUP_COLUMN}_{}", before.count()))];
    exprs.extend(aggregate.group_expr.iter().filter(|expr| !is_part(expr)).cloned());
    let by_code = Aggregate::try_new(Arc::clone(&aggregate.input), exprs, aggregate.aggr_expr.clone())?;
    let columns = by_code.schema.columns();
    let Some((code, others)) = columns.split_first() else { return Ok(None) };
    let mut others = others.iter();
    let mut exprs = Vec::with_capacity(aggregate.schema.fields().len());
    let part_indices = part_indices.into_iter().chain(std::iter::repeat(None));
    for ((qualifier, field), part_index) in aggregate.schema.iter().zip(part_indices) {
        let column = Column::new(qualifier.cloned(), field.name());
        exprs.push(match part_index {
            Some(index) => groups
                .part_expr(Expr::Column(code.clone()), index)
                .alias_qualified(column.relation, column.name),
            None => match others.next() {
                Some(same) if *same == column => Expr::Column(column),
                Some(other) => Expr::Column(other.clone()).alias_qualified(column.relation, column.name),
                None => return Ok(None),
            },
        });
    }
    Ok(Some(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(LogicalPlan::Aggregate(by_code)))?)))
}

/// Returns the instant of which `expr` is a part.
fn instant_of<'a>(expr: &'a Expr, schema: &DFSchema) -> Option<&'a Expr> {
    part_and_instant(unwrap_alias_and_cast(expr), schema).map(|(_, instant)| instant)
}

/// Returns `expr` without aliases and numeric casts.
fn unwrap_alias_and_cast(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => unwrap_alias_and_cast(&alias.expr),
        Expr::Cast(cast) if cast.field.data_type().is_numeric() => &cast.expr,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use voxlake_query::test_lake::{TestLake, call, rows};

    fn lake() -> TestLake {
        TestLake::with_calls([
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
    async fn groups_equal_those_of_each_part() {
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
    async fn local_times_are_grouped_by_local_hours() {
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
    async fn each_instant_has_its_own_id() {
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
    async fn other_groupings_are_not_rewritten() {
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
