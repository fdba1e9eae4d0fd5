//! `optimization_barrier(x)`: `x`, in a form that DataFusion's simplifications do not look into.

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, exec_err, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The identity function. It only stands in plans, where a correction put it.
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
            // A value that is not an array would show that there are no rows, or that they are all alike.
            Some(value) => Ok(ColumnarValue::Array(value.into_array(args.number_rows)?)),
            None => exec_err!("optimization_barrier takes 1 argument"),
        }
    }
}

/// Whether `expr` is hidden from simplifications.
pub(super) fn is_barrier(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(function) if function.func.inner().is::<OptimizationBarrier>())
}

/// Hides `expr` from simplifications.
pub(super) fn barrier(expr: Expr) -> Expr {
    let signature = Signature::any(1, Volatility::Immutable);
    ScalarUDF::from(OptimizationBarrier { signature }).call(vec![expr])
}
