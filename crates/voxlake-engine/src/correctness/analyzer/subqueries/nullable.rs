//! Marks columns as nullable although their values are not NULL.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{internal_err, plan_datafusion_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, LogicalPlanBuilder, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};

/// Marks the column of a scalar subquery as nullable: the subquery is NULL without a row.
///
/// Adds `Projection: nullable(a.v) AS a.v` above the plan.
pub(super) fn nullable_column(plan: LogicalPlan) -> Result<LogicalPlan> {
    let [column] = <[_; 1]>::try_from(plan.schema().columns())
        .map_err(|columns| plan_datafusion_err!("a scalar subquery has {} columns", columns.len()))?;
    if plan.schema().field(0).is_nullable() {
        return Ok(plan);
    }
    // Volatile, because constant folding would make the column NOT NULL again.
    let value = call(vec![Expr::Column(column.clone())], Volatility::Volatile);
    LogicalPlanBuilder::from(plan).project([value.alias_qualified(column.relation, column.name)])?.build()
}

/// Makes `value` depend on `column`, even if it could be computed without it.
pub(super) fn with_dependency(value: Expr, column: Expr) -> Expr {
    call(vec![value, column], Volatility::Immutable)
}

fn call(arguments: Vec<Expr>, volatility: Volatility) -> Expr {
    function(volatility).call(arguments)
}

fn function(volatility: Volatility) -> ScalarUDF {
    ScalarUDF::from(Nullable { signature: Signature::variadic_any(volatility) })
}

/// Returns both functions of this module.
pub(crate) fn functions() -> [ScalarUDF; 2] {
    [Volatility::Volatile, Volatility::Immutable].map(function)
}

/// Returns the first argument. The planner knows only its type.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Nullable {
    signature: Signature,
}

impl ScalarUDFImpl for Nullable {
    fn name(&self) -> &str {
        "nullable"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [value, ..] => Ok(value.clone()),
            [] => internal_err!("nullable takes an argument"),
        }
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        match arguments.arg_fields {
            [value, ..] => Ok(Arc::new(Field::new(self.name(), value.data_type().clone(), true))),
            [] => internal_err!("nullable takes an argument"),
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match arguments.args.into_iter().next() {
            Some(value) => Ok(value),
            None => internal_err!("nullable takes an argument"),
        }
    }
}
