//! Corrects functions that DataFusion evaluates wrongly for some arguments.
//!
//! `range` over dates omits its last step. It is evaluated over timestamps:
//!
//! ```text
//! Projection: range(day, until, IntervalMonthDayNano(1 day))
//! ```
//! becomes
//! ```text
//! Projection: CAST(range(CAST(day AS Timestamp(ns)), CAST(until AS Timestamp(ns)),
//!                        IntervalMonthDayNano(1 day)) AS List(Date32))
//! ```
//!
//! DataFusion turns `array_has` over a list constructor into an IN list, which is null where the
//! function is false. A barrier hides the list. A constant list is compared in a CASE:
//!
//! ```text
//! Filter: array_has(make_array(1, b), a)
//! Filter: array_has(make_array(1, NULL), a)
//! ```
//! becomes
//! ```text
//! Filter: array_has(optimization_barrier(make_array(1, b)), a)
//! Filter: CASE WHEN make_array(1, NULL) IS NOT NULL AND a IS NOT NULL
//!              THEN coalesce(array_has(make_array(1, NULL), a), false) END
//! ```
//!
//! `array_max` and `array_min` fail for an empty batch. The plan shows the same names, but calls
//! [`without_rows`](crate::correctness::without_rows):
//!
//! ```text
//! Projection: array_max(make_array(a, b))         DataFusion's function
//! Projection: array_max(make_array(a, b))         `without_rows(array_max)`
//! ```
//!
//! Two calls are refused: `round(x, 400)`, which returns NaN because a number has fewer digits, and
//! a constant length that exceeds any memory, such as `repeat(s, 1000000000)`.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, cast, lit, when};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::barrier::barrier;
use crate::correctness::without_rows::{is_without_rows, without_rows};
use crate::expressions::rewrite_expressions;

/// Maximum digits after the point.
const MAX_DIGITS: i64 = 38;
/// Maximum values of a list or characters of a text that a constant requests: 80 MB of numbers.
const MAX_LENGTH: i64 = 10_000_000;

/// Corrects or refuses calls of these functions.
#[derive(Debug)]
pub(super) struct CorrectFunctionCalls;

impl AnalyzerRule for CorrectFunctionCalls {
    fn name(&self) -> &'static str {
        "correct_function_calls"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(
                plan,
                |expr| matches!(expr, Expr::ScalarFunction(_)),
                |expr, schema| expr.transform_up(|expr| correct_call(expr, schema)),
            )
        })?;
        Ok(rewritten.data)
    }
}

fn correct_call(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Expr::ScalarFunction(function) = expr else { return Ok(Transformed::no(expr)) };
    check_length(&function)?;
    match function.name() {
        "range" => correct_range(function, schema),
        "array_has" => correct_array_has(function),
        "array_max" | "array_min" if !is_without_rows(&function.func) => {
            let ScalarFunction { func, args } = function;
            Ok(Transformed::yes(without_rows(func).call(args)))
        }
        "round" | "trunc" => {
            if let Some(digits) = function.args.get(1).and_then(constant_integer)
                && !(-MAX_DIGITS..=MAX_DIGITS).contains(&digits)
            {
                return plan_err!(
                    "{} takes from -{MAX_DIGITS} to {MAX_DIGITS} digits, not {digits}",
                    function.name()
                );
            }
            Ok(Transformed::no(Expr::ScalarFunction(function)))
        }
        _ => Ok(Transformed::no(Expr::ScalarFunction(function))),
    }
}

/// Returns a constant whole number. Dates and timestamps are not converted: their steps are
/// intervals.
fn constant_integer(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Cast(Cast { expr, .. }) => constant_integer(expr),
        Expr::Literal(value, _) if !value.data_type().is_temporal() => {
            i64::try_from(value.cast_to(&DataType::Int64).ok()?).ok()
        }
        _ => None,
    }
}

fn check_length(function: &ScalarFunction) -> Result<()> {
    let argument = |at: usize| function.args.get(at).and_then(constant_integer);
    let length = match function.name() {
        "array_repeat" | "array_resize" | "lpad" | "repeat" | "rpad" => argument(1),
        "range" | "generate_series" => match function.args.len() {
            1 => argument(0),
            _ => argument(1).zip(argument(0)).map(|(to, from)| {
                let step = argument(2).map_or(1, i64::saturating_abs).max(1);
                to.saturating_sub(from).saturating_abs() / step
            }),
        },
        _ => None,
    };
    match length {
        Some(length) if length > MAX_LENGTH => {
            plan_err!("{} returns at most {MAX_LENGTH} values or characters, not {length}", function.name())
        }
        _ => Ok(()),
    }
}

fn correct_range(mut function: ScalarFunction, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let [from, to, _] = function.args.as_mut_slice() else {
        return Ok(Transformed::no(Expr::ScalarFunction(function)));
    };
    if from.get_type(schema)? != DataType::Date32 || to.get_type(schema)? != DataType::Date32 {
        return Ok(Transformed::no(Expr::ScalarFunction(function)));
    }
    for date in [from, to] {
        *date = cast(date.clone(), DataType::Timestamp(TimeUnit::Nanosecond, None));
    }
    let dates = DataType::List(Arc::new(Field::new_list_field(DataType::Date32, true)));
    Ok(Transformed::yes(cast(Expr::ScalarFunction(function), dates)))
}

/// Makes `array_has` over a list constructor false where DataFusion's IN list would be null, as it
/// is for a list column.
fn correct_array_has(mut function: ScalarFunction) -> Result<Transformed<Expr>> {
    let [list, value] = function.args.as_slice() else {
        return Ok(Transformed::no(Expr::ScalarFunction(function)));
    };
    let is_constant = list.column_refs().is_empty() && !list.is_volatile();
    if has_no_nulls(list) || !(is_constant || is_list_constructor(list)) || is_constant && value.is_volatile()
    {
        return Ok(Transformed::no(Expr::ScalarFunction(function)));
    }
    if is_constant {
        let both = list.clone().is_not_null().and(value.clone().is_not_null());
        let found = coalesce(vec![Expr::ScalarFunction(function), lit(false)]);
        return when(both, found).end().map(Transformed::yes);
    }
    let list = std::mem::take(&mut function.args[0]);
    function.args[0] = barrier(list);
    Ok(Transformed::yes(Expr::ScalarFunction(function)))
}

/// Returns whether `list` is a list constructor.
fn is_list_constructor(list: &Expr) -> bool {
    match list {
        Expr::Cast(Cast { expr, .. }) => is_list_constructor(expr),
        Expr::ScalarFunction(function) => function.name() == "make_array",
        _ => false,
    }
}

/// Returns whether `list` consists of non-null constants.
fn has_no_nulls(list: &Expr) -> bool {
    match list {
        Expr::Cast(Cast { expr, .. }) => has_no_nulls(expr),
        Expr::ScalarFunction(function) if function.name() == "make_array" => {
            function.args.iter().all(|entry| matches!(entry, Expr::Literal(value, _) if !value.is_null()))
        }
        _ => false,
    }
}
