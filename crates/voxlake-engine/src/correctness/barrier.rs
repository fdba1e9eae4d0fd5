//! `optimization_barrier(x)`: returns `x` and hides it from DataFusion's simplifications.

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, exec_err, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The identity function. It occurs only in plans that a correction has rewritten.
#[derive(Debug, PartialEq, Eq, Hash)]
struct OptimizationBarrier {
    signature: Signature,
}

impl ScalarUDFImpl for OptimizationBarrier {
    fn name(&self) -> &'static str {
        "optimization_barrier"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        internal_err!("the type is that of the argument's field")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        match args.arg_fields {
            [field] => Ok(FieldRef::clone(field)),
            _ => exec_err!("optimization_barrier takes 1 argument"),
        }
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.pop() {
            // A scalar would reveal that the batch is empty or that all its rows are equal.
            Some(value) => Ok(ColumnarValue::Array(value.into_array(args.number_rows)?)),
            None => exec_err!("optimization_barrier takes 1 argument"),
        }
    }
}

/// Returns whether `expr` is hidden from simplifications.
pub(super) fn is_barrier(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(function) if function.func.inner().is::<OptimizationBarrier>())
}

/// Hides `expr` from simplifications.
pub(super) fn barrier(expr: Expr) -> Expr {
    function().call(vec![expr])
}

/// Returns the function.
pub(super) fn function() -> ScalarUDF {
    ScalarUDF::from(OptimizationBarrier { signature: Signature::any(1, Volatility::Immutable) })
}
