//! `interval_length(interval)`: the length of an interval in nanoseconds.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Decimal128Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNanoType, IntervalUnit};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use voxlake_model::time::DAY_MS;

const NANOSECONDS_PER_DAY: i128 = DAY_MS as i128 * 1_000_000;
/// Days of a month when intervals are compared, as in PostgreSQL.
const DAYS_PER_MONTH: i128 = 30;
/// Type with enough digits for the longest interval, about 6 × 10²⁴ ns.
const LENGTH: DataType = DataType::Decimal128(38, 0);

/// `interval_length(interval) -> decimal(38, 0)`: nanoseconds, with days of 24 hours and months of
/// 30 days.
#[derive(Debug, PartialEq, Eq, Hash)]
struct IntervalLength {
    signature: Signature,
}

impl ScalarUDFImpl for IntervalLength {
    fn name(&self) -> &'static str {
        "interval_length"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(LENGTH)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [value] = args.args.as_slice() else {
            return exec_err!("interval_length takes 1 argument");
        };
        match value {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(lengths(array)?)),
            ColumnarValue::Scalar(scalar) => {
                let length = lengths(&scalar.to_array()?)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&length, 0)?))
            }
        }
    }
}

fn lengths(intervals: &ArrayRef) -> Result<ArrayRef> {
    let intervals = cast(intervals, &DataType::Interval(IntervalUnit::MonthDayNano))?;
    let lengths = intervals.as_primitive::<IntervalMonthDayNanoType>().iter().map(|interval| {
        interval.map(|interval| {
            let days = i128::from(interval.months) * DAYS_PER_MONTH + i128::from(interval.days);
            days * NANOSECONDS_PER_DAY + i128::from(interval.nanoseconds)
        })
    });
    Ok(Arc::new(lengths.collect::<Decimal128Array>().with_data_type(LENGTH)))
}

/// Builds the length of `interval`, which is an interval, a duration or null.
pub(super) fn interval_length(interval: Expr) -> Expr {
    function().call(vec![interval])
}

/// Returns the function.
pub(super) fn function() -> ScalarUDF {
    ScalarUDF::from(IntervalLength { signature: Signature::any(1, Volatility::Immutable) })
}
