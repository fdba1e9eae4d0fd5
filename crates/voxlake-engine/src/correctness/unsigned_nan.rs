//! `unsigned_nan(number)`: the number, with NaN without a sign.
//!
//! Arrow compares floating-point numbers by their bits: a NaN with a sign is less than all numbers,
//! not equal to a NaN without one, and in another group. Processors return it for `0.0 / 0.0`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray as _, PrimitiveArray};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, DataType, Float32Type, Float64Type};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Builds `unsigned_nan(number)` for a floating-point number.
pub(super) fn unsigned_nan(number: Expr) -> Expr {
    function().call(vec![number])
}

/// Returns the function.
pub(super) fn function() -> ScalarUDF {
    let floats = vec![DataType::Float16, DataType::Float32, DataType::Float64];
    let signature = Signature::uniform(1, floats, Volatility::Immutable);
    ScalarUDF::from(UnsignedNan { signature })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct UnsignedNan {
    signature: Signature,
}

impl ScalarUDFImpl for UnsignedNan {
    fn name(&self) -> &'static str {
        "unsigned_nan"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [data_type] => Ok(data_type.clone()),
            _ => exec_err!("unsigned_nan takes 1 argument"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.as_slice() {
            [ColumnarValue::Array(numbers)] => Ok(ColumnarValue::Array(without_signs(numbers))),
            [ColumnarValue::Scalar(number)] => {
                let number = without_signs(&number.to_array()?);
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&number, 0)?))
            }
            _ => exec_err!("unsigned_nan takes 1 argument"),
        }
    }
}

fn without_signs(numbers: &ArrayRef) -> ArrayRef {
    match numbers.data_type() {
        DataType::Float32 => replace_nan::<Float32Type>(numbers, f32::is_nan, f32::NAN),
        DataType::Float64 => replace_nan::<Float64Type>(numbers, f64::is_nan, f64::NAN),
        _ => ArrayRef::clone(numbers),
    }
}

/// Replaces each NaN in `numbers` with `nan`.
fn replace_nan<T: ArrowPrimitiveType>(
    numbers: &ArrayRef,
    is_nan: impl Fn(T::Native) -> bool,
    nan: T::Native,
) -> ArrayRef {
    let values: &PrimitiveArray<T> = numbers.as_primitive();
    if !values.values().iter().any(|number| is_nan(*number)) {
        return ArrayRef::clone(numbers);
    }
    let values: PrimitiveArray<T> = values.unary(|number| if is_nan(number) { nan } else { number });
    Arc::new(values)
}
