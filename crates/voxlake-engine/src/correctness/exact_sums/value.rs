//! Values and limits of exact sums.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_datafusion_err};

/// Largest unscaled value of a decimal of 38 digits.
pub(super) const MAX_DECIMAL: i128 = 10_i128.pow(38) - 1;

pub(super) fn out_of_range(data_type: &DataType) -> DataFusionError {
    exec_datafusion_err!("a sum is out of range of {data_type}")
}

/// Converts a sum to `data_type`.
pub(super) fn sum_to_scalar(sum: i128, data_type: &DataType) -> Result<ScalarValue> {
    let value = match *data_type {
        DataType::Int64 => i64::try_from(sum).ok().map(ScalarValue::from),
        DataType::UInt64 => u64::try_from(sum).ok().map(ScalarValue::from),
        DataType::Decimal128(precision, scale) if (-MAX_DECIMAL..=MAX_DECIMAL).contains(&sum) => {
            Some(ScalarValue::Decimal128(Some(sum), precision, scale))
        }
        _ => None,
    };
    value.ok_or_else(|| out_of_range(data_type))
}

/// Returns the unscaled number of a value.
pub(super) fn unscaled_value(value: &ScalarValue) -> Option<i128> {
    match value {
        ScalarValue::Int64(value) => value.map(i128::from),
        ScalarValue::UInt64(value) => value.map(i128::from),
        ScalarValue::Decimal128(value, ..) => *value,
        _ => None,
    }
}
