//! `percentile_cont` becomes `exact_percentiles`, which counts values instead of keeping them: one count for all
//! percentiles of a column, and states of kilobytes where the values of millions of calls would go from one stage
//! of the aggregation to the next.
//!
//! The answers are those of the standard's definition. `percentile_cont` of DataFusion 55 cuts the weight of its
//! interpolation to six digits: p95 of 10, 30, 60 is 57, and it returns 56.99997.

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

use voxlake_functions::exact_percentiles::{ExactPercentiles, is_counted};

/// Replaces `percentile_cont` in an aggregation.
#[derive(Debug)]
pub(super) struct CountedPercentiles;

impl AnalyzerRule for CountedPercentiles {
    fn name(&self) -> &'static str {
        "counted_percentiles"
    }

    // Before any rule of the optimizer makes one column of what several percentiles are of.
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_up_with_subqueries(counted)?.data)
    }
}

/// The aggregation `plan` with its percentiles counted.
fn counted(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Aggregate(aggregate) = plan else { return Ok(Transformed::no(plan)) };
    let mut counts: Vec<Counted> = Vec::new();
    let mut kept = Vec::new();
    // For each aggregate, in order: where its value is to come from.
    let mut sources = Vec::with_capacity(aggregate.aggr_expr.len());
    for expr in &aggregate.aggr_expr {
        match Percentile::of(expr, &aggregate.input)? {
            Some(percentile) => sources.push(Some(take_in(&mut counts, percentile))),
            None => {
                kept.push(expr.clone());
                sources.push(None);
            }
        }
    }
    if counts.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
    }
    let groups = aggregate.schema.fields().len() - aggregate.aggr_expr.len();
    let first_count = groups + kept.len();
    // Names of expressions leave out casts, and so may be alike.
    let numbered = |(at, count): (usize, Counted)| count.into_expr().alias(format!("exact_percentiles {at}"));
    kept.extend(counts.into_iter().enumerate().map(numbered));
    let counted = Aggregate::try_new(Arc::clone(&aggregate.input), aggregate.group_expr.clone(), kept)?;
    let columns = counted.schema.columns();
    let mut others = columns.iter().take(first_count);
    let mut exprs = Vec::with_capacity(aggregate.schema.fields().len());
    let from = std::iter::repeat_n(None, groups).chain(sources);
    for ((qualifier, field), source) in aggregate.schema.iter().zip(from) {
        let expr = match source {
            Some((count, place)) => {
                let list = columns.get(first_count + count).cloned();
                list.map(|list| typed(array_element(Expr::Column(list), lit(place)), field.data_type()))
            }
            None => others.next().cloned().map(Expr::Column),
        };
        let expr = expr.unwrap_or_else(|| Expr::Column(Column::new(qualifier.cloned(), field.name())));
        exprs.push(named(expr, &Column::new(qualifier.cloned(), field.name())));
    }
    let projection = Projection::try_new(exprs, Arc::new(LogicalPlan::Aggregate(counted)))?;
    Ok(Transformed::yes(LogicalPlan::Projection(projection)))
}

/// A percentile, which is a double, as `data_type`.
fn typed(percentile: Expr, data_type: &DataType) -> Expr {
    if *data_type == DataType::Float64 { percentile } else { cast(percentile, data_type.clone()) }
}

/// `expr` under the name `column`, if that is not its own.
fn named(expr: Expr, column: &Column) -> Expr {
    if matches!(&expr, Expr::Column(own) if own == column) {
        return expr;
    }
    expr.alias_qualified(column.relation.clone(), column.name.clone())
}

/// A percentile, as an aggregation asks for it.
struct Percentile {
    value: Expr,
    filter: Option<Box<Expr>>,
    fraction: f64,
}

impl Percentile {
    /// What `expr` asks for of the rows of `input`; `None` where it is something else.
    fn of(expr: &Expr, input: &LogicalPlan) -> Result<Option<Self>> {
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
        let Some(fraction) = constant(fraction)? else { return Ok(None) };
        if distinct {
            return plan_err!(
                "percentile_cont does not take DISTINCT: take it of a subquery with SELECT DISTINCT"
            );
        }
        // Fractions that make no sense are left to the function itself to refuse.
        let Some(value) = tallied(value, input)?.filter(|_| (0.0..=1.0).contains(&fraction)) else {
            return Ok(None);
        };
        let descending = order_by.first().is_some_and(|sort| !sort.asc);
        let fraction = if descending { 1.0 - fraction } else { fraction };
        Ok(Some(Self { value, filter, fraction }))
    }
}

/// The number that `fraction` is without any row; `None` where it depends on rows. The whole number of
/// `percentile_cont(1)` is a cast here.
fn constant(fraction: &Expr) -> Result<Option<f64>> {
    let simplified = ExprSimplifier::new(SimplifyContext::default()).simplify(fraction.clone())?;
    Ok(match simplified {
        Expr::Literal(ScalarValue::Float64(number), _) => number,
        _ => None,
    })
}

/// The values behind `value`, an argument of `percentile_cont`, in the type that they are tallied in: whole numbers
/// without the cast to a float, and other numbers as floats.
fn tallied(value: &Expr, input: &LogicalPlan) -> Result<Option<Expr>> {
    if let Expr::Cast(Cast { expr, .. }) = value {
        let given = expr.get_type(input.schema())?;
        if given == DataType::Int64 {
            return Ok(Some(expr.as_ref().clone()));
        }
        if is_counted(&given) {
            return Ok(Some(cast(expr.as_ref().clone(), DataType::Int64)));
        }
    }
    Ok(match value.get_type(input.schema())? {
        DataType::Float64 => Some(value.clone()),
        DataType::Float32 | DataType::Float16 => Some(cast(value.clone(), DataType::Float64)),
        _ => None,
    })
}

/// All that is asked of one set of values.
struct Counted {
    value: Expr,
    filter: Option<Box<Expr>>,
    fractions: Vec<f64>,
}

impl Counted {
    fn into_expr(self) -> Expr {
        let udaf = AggregateUDF::from(ExactPercentiles::at(self.fractions));
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

/// Adds a percentile to the count of its values; gives the count's place among `counts`, from 0, and the
/// percentile's place in its answer, from 1.
fn take_in(counts: &mut Vec<Counted>, percentile: Percentile) -> (usize, i64) {
    let Percentile { value, filter, fraction } = percentile;
    let known = counts.iter().position(|count| count.value == value && count.filter == filter);
    let place = known.unwrap_or_else(|| {
        counts.push(Counted { value, filter, fractions: Vec::new() });
        counts.len() - 1
    });
    let fractions = &mut counts[place].fractions;
    fractions.push(fraction);
    (place, i64::try_from(fractions.len()).unwrap_or(i64::MAX))
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
        ctx.add_analyzer_rule(Arc::new(CountedPercentiles));
        ctx
    }

    async fn answer(sql: &str) -> Vec<String> {
        rows(&context().sql(sql).await.unwrap().collect().await.unwrap())
    }

    async fn plan(sql: &str) -> String {
        context().sql(sql).await.unwrap().into_optimized_plan().unwrap().to_string()
    }

    #[tokio::test]
    async fn percentiles_of_one_column_are_one_count_and_keep_their_names() {
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
    async fn a_percentile_without_groups_has_its_own_row() {
        let sql = format!("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FROM {VALUES}");
        assert_eq!(answer(&sql).await, ["20.0"]);
        assert_eq!(answer(&format!("{sql} WHERE false")).await, ["NULL"]);
    }

    #[tokio::test]
    async fn medians_stay_and_distinct_percentiles_are_refused() {
        let median = plan(&format!("SELECT median(v) FROM {VALUES}")).await;
        assert!(!median.contains("exact_percentiles"), "{median}");
        let sql = format!("SELECT percentile_cont(DISTINCT v, 0.5) FROM {VALUES}");
        let error = context().sql(&sql).await.unwrap().into_optimized_plan().unwrap_err().to_string();
        assert!(error.contains("SELECT DISTINCT"), "{error}");
    }
}
