//! Columns that may be NULL although their values are not.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{internal_err, plan_datafusion_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, LogicalPlanBuilder, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};

/// The plan of a scalar subquery, whose column is nullable: without a row, the subquery is NULL.
///
/// `Projection: nullable(a.v) AS a.v` above the plan.
pub(super) fn column(plan: LogicalPlan) -> Result<LogicalPlan> {
    let [column] = <[_; 1]>::try_from(plan.schema().columns())
        .map_err(|columns| plan_datafusion_err!("a scalar subquery has {} columns", columns.len()))?;
    if plan.schema().field(0).is_nullable() {
        return Ok(plan);
    }
    let value = ScalarUDF::from(Nullable::default()).call(vec![Expr::Column(column.clone())]);
    LogicalPlanBuilder::from(plan).project([value.alias_qualified(column.relation, column.name)])?.build()
}

/// The identity, of which the planner knows nothing but the type.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Nullable {
    signature: Signature,
}

impl Default for Nullable {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
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
            [value] => Ok(value.clone()),
            _ => internal_err!("nullable takes one argument"),
        }
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        match arguments.arg_fields {
            [value] => Ok(Arc::new(Field::new(self.name(), value.data_type().clone(), true))),
            _ => internal_err!("nullable takes one argument"),
        }
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match <[ColumnarValue; 1]>::try_from(arguments.args) {
            Ok([value]) => Ok(value),
            Err(_) => internal_err!("nullable takes one argument"),
        }
    }
}
