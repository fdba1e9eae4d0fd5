//! Replaces `percentile_cont` by `exact_percentiles`, which counts values instead of storing them.
//!
//! ```text
//! Aggregate: groupBy=[g], aggr=[percentile_cont(v, 0.5), percentile_cont(v, 0.95), count(*)]
//!   TableScan: t
//! ```
//! becomes
//! ```text
//! Projection: g, exact_percentiles 0[1] AS …, exact_percentiles 0[2] AS …, count(*)
//!   Aggregate: groupBy=[g], aggr=[count(*), exact_percentiles(v) AS exact_percentiles 0]
//!     TableScan: t
//! ```
//!
//! All percentiles of a column share one histogram, whose state has kilobytes where the values of
//! millions of calls would pass between aggregation stages.
//!
//! Results follow the SQL standard. `percentile_cont` of DataFusion 55 truncates the weight of its
//! interpolation to six digits: p95 of 10, 30 and 60 is 57, but it returns 56.99997.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, Result, ScalarValue, plan_err};
use datafusion::functions_nested::expr_fn::array_element;
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams, Cast};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    Aggregate, AggregateUDF, Expr, ExprSchemable as _, LogicalPlan, Projection, cast, lit,
};
use datafusion::optimizer::AnalyzerRule;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;

use voxlake_functions::exact_percentiles::{ExactPercentiles, is_counted_exactly};

/// Replaces `percentile_cont` in aggregations.
#[derive(Debug)]
pub(super) struct ExactPercentileRewrite;

impl AnalyzerRule for ExactPercentileRewrite {
    fn name(&self) -> &'static str {
        "exact_percentile_rewrite"
    }

    // An analyzer rule, since optimizer rules extract the common argument of several percentiles
    // into a column.
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_up_with_subqueries(rewrite_percentiles)?.data)
    }
}

/// Rewrites the percentiles of an aggregation.
fn rewrite_percentiles(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Aggregate(aggregate) = plan else { return Ok(Transformed::no(plan)) };
    let mut sets: Vec<PercentileSet> = Vec::new();
    let mut kept = Vec::new();
    // For each aggregate, the set and index of its percentile; `None` for other aggregates.
    let mut sources = Vec::with_capacity(aggregate.aggr_expr.len());
    for expr in &aggregate.aggr_expr {
        match Percentile::from_expr(expr, &aggregate.input)? {
            Some(percentile) => sources.push(Some(add_percentile(&mut sets, percentile))),
            None => {
                kept.push(expr.clone());
                sources.push(None);
            }
        }
    }
    if sets.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
    }
    let groups = aggregate.schema.fields().len() - aggregate.aggr_expr.len();
    let first_count = groups + kept.len();
    // Expression names omit casts and may be equal, so that the columns are numbered.
    let numbered =
        |(at, count): (usize, PercentileSet)| count.into_expr().alias(format!("exact_percentiles {at}"));
    kept.extend(sets.into_iter().enumerate().map(numbered));
    let counted = Aggregate::try_new(Arc::clone(&aggregate.input), aggregate.group_expr.clone(), kept)?;
    let columns = counted.schema.columns();
    let mut others = columns.iter().take(first_count);
    let mut exprs = Vec::with_capacity(aggregate.schema.fields().len());
    let from = std::iter::repeat_n(None, groups).chain(sources);
    for ((qualifier, field), source) in aggregate.schema.iter().zip(from) {
        let expr = match source {
            Some((count, index)) => {
                let list = columns.get(first_count + count).cloned();
                list.map(|list| {
                    cast_percentile(array_element(Expr::Column(list), lit(index)), field.data_type())
                })
            }
            None => others.next().cloned().map(Expr::Column),
        };
        let expr = expr.unwrap_or_else(|| Expr::Column(Column::new(qualifier.cloned(), field.name())));
        exprs.push(with_name(expr, &Column::new(qualifier.cloned(), field.name())));
    }
    let projection = Projection::try_new(exprs, Arc::new(LogicalPlan::Aggregate(counted)))?;
    Ok(Transformed::yes(LogicalPlan::Projection(projection)))
}

/// Casts a percentile, which is a double, to `data_type`.
fn cast_percentile(percentile: Expr, data_type: &DataType) -> Expr {
    if *data_type == DataType::Float64 { percentile } else { cast(percentile, data_type.clone()) }
}

/// Names `expr` as `column`, unless that is its name already.
fn with_name(expr: Expr, column: &Column) -> Expr {
    if matches!(&expr, Expr::Column(own) if own == column) {
        return expr;
    }
    expr.alias_qualified(column.relation.clone(), column.name.clone())
}

/// One percentile of an aggregation.
struct Percentile {
    value: Expr,
    filter: Option<Box<Expr>>,
    fraction: f64,
}

impl Percentile {
    /// Returns the percentile that `expr` computes over `input`, or `None` for other expressions.
    fn from_expr(expr: &Expr, input: &LogicalPlan) -> Result<Option<Self>> {
        let Expr::AggregateFunction(AggregateFunction { func, params }) = expr.clone().unalias() else {
            return Ok(None);
        };
        let AggregateFunctionParams { args, distinct, filter, order_by, null_treatment: None } = params
        else {
            return Ok(None);
        };
        let ("percentile_cont", [value, fraction]) = (func.name(), args.as_slice()) else {
            return Ok(None);
        };
        let Some(fraction) = constant_fraction(fraction)? else { return Ok(None) };
        if distinct {
            return plan_err!(
                "percentile_cont does not support DISTINCT: use a subquery with SELECT DISTINCT"
            );
        }
        // Invalid fractions are left to the function itself, which refuses them.
        let Some(value) = counted_argument(value, input)?.filter(|_| (0.0..=1.0).contains(&fraction)) else {
            return Ok(None);
        };
        let descending = order_by.first().is_some_and(|sort| !sort.asc);
        let fraction = if descending { 1.0 - fraction } else { fraction };
        Ok(Some(Self { value, filter, fraction }))
    }
}

/// Returns the constant value of `fraction`, or `None` if it depends on rows. The integer in
/// `percentile_cont(1)` is a cast here.
fn constant_fraction(fraction: &Expr) -> Result<Option<f64>> {
    let simplified = ExprSimplifier::new(SimplifyContext::default()).simplify(fraction.clone())?;
    Ok(match simplified {
        Expr::Literal(ScalarValue::Float64(number), _) => number,
        _ => None,
    })
}

/// Returns the argument of `percentile_cont` in the type that is counted: integers without the cast
/// to double, other numbers as doubles.
fn counted_argument(value: &Expr, input: &LogicalPlan) -> Result<Option<Expr>> {
    if let Expr::Cast(Cast { expr, .. }) = value {
        let given = expr.get_type(input.schema())?;
        if given == DataType::Int64 {
            return Ok(Some(expr.as_ref().clone()));
        }
        if is_counted_exactly(&given) {
            return Ok(Some(cast(expr.as_ref().clone(), DataType::Int64)));
        }
    }
    Ok(match value.get_type(input.schema())? {
        DataType::Float64 => Some(value.clone()),
        DataType::Float32 | DataType::Float16 => Some(cast(value.clone(), DataType::Float64)),
        _ => None,
    })
}

/// Percentiles of one set of values.
struct PercentileSet {
    value: Expr,
    filter: Option<Box<Expr>>,
    fractions: Vec<f64>,
}

impl PercentileSet {
    fn into_expr(self) -> Expr {
        let udaf = AggregateUDF::from(ExactPercentiles::with_fractions(self.fractions));
        Expr::AggregateFunction(AggregateFunction::new_udf(
            Arc::new(udaf),
            vec![self.value],
            false,
            self.filter,
            vec![],
            None,
        ))
    }
}

/// Adds a percentile to the set of its values. Returns the index of the set among `sets`, from 0,
/// and the index of the percentile in its result, from 1.
fn add_percentile(sets: &mut Vec<PercentileSet>, percentile: Percentile) -> (usize, i64) {
    let Percentile { value, filter, fraction } = percentile;
    let known = sets.iter().position(|count| count.value == value && count.filter == filter);
    let index = known.unwrap_or_else(|| {
        sets.push(PercentileSet { value, filter, fractions: Vec::new() });
        sets.len() - 1
    });
    let fractions = &mut sets[index].fractions;
    fractions.push(fraction);
    (index, i64::try_from(fractions.len()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    use super::*;
    use voxlake_query::test_lake::rows;

    const VALUES: &str =
        "(VALUES ('a', 60), ('a', 10), ('a', NULL), ('a', 30), ('b', 7), ('c', NULL)) AS t (g, v)";

    fn context() -> SessionContext {
        let ctx = SessionContext::new();
        ctx.add_analyzer_rule(Arc::new(ExactPercentileRewrite));
        ctx
    }

    async fn answer(sql: &str) -> Vec<String> {
        rows(&context().sql(sql).await.unwrap().collect().await.unwrap())
    }

    async fn plan(sql: &str) -> String {
        context().sql(sql).await.unwrap().into_optimized_plan().unwrap().to_string()
    }

    #[tokio::test]
    async fn percentiles_of_a_column_share_a_histogram() {
        let sql = format!(
            "SELECT g, percentile_cont(0.95) WITHIN GROUP (ORDER BY v) AS p95, count(*) AS n,
                 percentile_cont(v, 0.5),
                 percentile_cont(0.05) WITHIN GROUP (ORDER BY v DESC) AS same_as_p95,
                 percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FILTER (WHERE v < 60) AS less
             FROM {VALUES} GROUP BY g ORDER BY g"
        );
        assert_eq!(
            answer(&sql).await,
            [
                "a | 57.0 | 4 | 30.0 | 57.0 | 20.0",
                "b | 7.0 | 1 | 7.0 | 7.0 | 7.0",
                "c | NULL | 1 | NULL | NULL | NULL"
            ]
        );
        let plan = plan(&sql).await;
        assert_eq!(plan.matches("exact_percentiles(").count(), 2, "{plan}");
        assert!(!plan.contains("[[percentile_cont"), "{plan}");
        let frame = context().sql(&sql).await.unwrap();
        assert_eq!(frame.schema().field(3).name(), "percentile_cont(t.v,Float64(0.5))");
    }

    #[tokio::test]
    async fn percentiles_without_groups_have_a_row() {
        let sql = format!("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FROM {VALUES}");
        assert_eq!(answer(&sql).await, ["20.0"]);
        assert_eq!(answer(&format!("{sql} WHERE false")).await, ["NULL"]);
    }

    #[tokio::test]
    async fn distinct_percentiles_are_refused() {
        let median = plan(&format!("SELECT median(v) FROM {VALUES}")).await;
        assert!(!median.contains("exact_percentiles"), "{median}");
        let sql = format!("SELECT percentile_cont(DISTINCT v, 0.5) FROM {VALUES}");
        let error = context().sql(&sql).await.unwrap().into_optimized_plan().unwrap_err().to_string();
        assert!(error.contains("SELECT DISTINCT"), "{error}");
    }
}
