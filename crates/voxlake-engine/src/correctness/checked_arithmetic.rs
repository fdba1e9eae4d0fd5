//! Arithmetic that fails if the result is out of the range of its type.
//!
//! DataFusion's integer operators wrap: `9223372036854775807 + 1` is a negative number. Its decimal
//! operators return results with more than the 38 digits of their type.

use std::sync::Arc;

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::compute::kernels::numeric::{add, mul, neg, sub};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use datafusion::physical_expr_common::datum::apply;

/// Builds a checked `left op right`, or returns `None` if `op` cannot overflow. Both operands must
/// have the same integer type.
pub(super) fn checked(left: Expr, op: Operator, right: Expr) -> Option<Expr> {
    let operation = match op {
        Operator::Plus => Operation::Add,
        Operator::Minus => Operation::Subtract,
        Operator::Multiply => Operation::Multiply,
        _ => return None,
    };
    Some(call(operation, vec![left, right]))
}

/// Builds a checked `-value`.
pub(super) fn checked_negative(value: Expr) -> Expr {
    call(Operation::Negate, vec![value])
}

/// Builds a check that the decimal `value` has no more digits than its type.
pub(super) fn checked_digits(value: Expr) -> Expr {
    call(Operation::CheckDigits, vec![value])
}

/// Returns whether `expr` is an operation of this module.
pub(super) fn is_checked(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(function) if function.func.inner().is::<CheckedArithmetic>())
}

fn call(operation: Operation, arguments: Vec<Expr>) -> Expr {
    function(operation, arguments.len()).call(arguments)
}

fn function(operation: Operation, arguments: usize) -> ScalarUDF {
    let signature = Signature::any(arguments, Volatility::Immutable);
    ScalarUDF::from(CheckedArithmetic { operation, signature })
}

/// Returns all functions of this module.
pub(super) fn functions() -> [ScalarUDF; 5] {
    [
        function(Operation::Add, 2),
        function(Operation::Subtract, 2),
        function(Operation::Multiply, 2),
        function(Operation::Negate, 1),
        function(Operation::CheckDigits, 1),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Operation {
    Add,
    Subtract,
    Multiply,
    Negate,
    CheckDigits,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CheckedArithmetic {
    operation: Operation,
    signature: Signature,
}

impl ScalarUDFImpl for CheckedArithmetic {
    fn name(&self) -> &'static str {
        match self.operation {
            Operation::Add => "checked_add",
            Operation::Subtract => "checked_subtract",
            Operation::Multiply => "checked_multiply",
            Operation::Negate => "checked_negate",
            Operation::CheckDigits => "checked_digits",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        internal_err!("the type is that of the arguments' fields")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let Some(first) = args.arg_fields.first() else {
            return internal_err!("{} takes arguments", self.name());
        };
        let nullable = args.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(self.name(), first.data_type().clone(), nullable)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let result = match (self.operation, args.args.as_slice()) {
            (Operation::Add, [left, right]) => apply(left, right, add),
            (Operation::Subtract, [left, right]) => apply(left, right, sub),
            (Operation::Multiply, [left, right]) => apply(left, right, mul),
            (Operation::Negate, [ColumnarValue::Array(values)]) => {
                neg(values).map(ColumnarValue::Array).map_err(Into::into)
            }
            (Operation::Negate, [ColumnarValue::Scalar(value)]) => {
                let negative = neg(&value.to_array()?).map_err(Into::into);
                negative.and_then(|values| ScalarValue::try_from_array(&values, 0)).map(ColumnarValue::Scalar)
            }
            (Operation::CheckDigits, [value]) => check_digits(value),
            _ => exec_err!("{} has the wrong number of arguments", self.name()),
        };
        let data_type = args.return_field.data_type();
        let kind = if data_type.is_integer() { "integers" } else { "decimals" };
        result.map_err(|_| exec_datafusion_err!("a result of {kind} is out of range of {data_type}"))
    }
}

fn check_digits(value: &ColumnarValue) -> Result<ColumnarValue> {
    let array = value.to_array(1)?;
    if let Some(decimals) = array.as_primitive_opt::<Decimal128Type>() {
        decimals.validate_decimal_precision(decimals.precision())?;
    }
    Ok(value.clone())
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{col, lit};

    use super::*;

    #[test]
    fn only_operators_that_overflow_are_checked() {
        for op in [Operator::Plus, Operator::Minus, Operator::Multiply] {
            assert!(checked(col("a"), op, lit(1_i64)).as_ref().is_some_and(is_checked));
        }
        assert_eq!(checked(col("a"), Operator::Divide, lit(1_i64)), None);
    }
}
