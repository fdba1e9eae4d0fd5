//! `min` and `max` of floating-point numbers with NaN greater than any other number, as in sorting.
//!
//! DataFusion's aggregates discard their intermediate result at a NaN: the maximum of `inf`, `NaN`
//! and `1` in a group is 1.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray as _};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

use super::sliding::SlidingAccumulator;

/// Returns the corrected form of `function`; `None` if it is neither `min` nor `max`, or the
/// corrected form already.
pub(super) fn with_nan_order(function: &AggregateUDF) -> Option<AggregateUDF> {
    let wins = match function.name() {
        "max" => Ordering::Greater,
        "min" => Ordering::Less,
        _ => return None,
    };
    let is_corrected = function.inner().is::<FloatExtreme>();
    (!is_corrected).then(|| AggregateUDF::from(FloatExtreme::new(wins)))
}

/// Returns the corrected forms of `min` and `max`.
pub(super) fn functions() -> [AggregateUDF; 2] {
    [Ordering::Less, Ordering::Greater].map(|wins| AggregateUDF::from(FloatExtreme::new(wins)))
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct FloatExtreme {
    /// Result of comparing a new number with the current extreme that makes it the new extreme.
    wins: Ordering,
    signature: Signature,
}

impl FloatExtreme {
    fn new(wins: Ordering) -> Self {
        let floats = vec![DataType::Float16, DataType::Float32, DataType::Float64];
        Self { wins, signature: Signature::uniform(1, floats, Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for FloatExtreme {
    fn name(&self) -> &str {
        if self.wins == Ordering::Greater { "max" } else { "min" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [data_type] => Ok(data_type.clone()),
            _ => internal_err!("{} takes one argument", self.name()),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let data_type = args.return_field.data_type().clone();
        Ok(Box::new(Extreme { wins: self.wins, data_type, number: None }))
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let function = Arc::new(AggregateUDF::from(self.clone()));
        Ok(Box::new(SlidingAccumulator::new(function, &args)))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

#[derive(Debug)]
struct Extreme {
    wins: Ordering,
    data_type: DataType,
    number: Option<f64>,
}

impl Accumulator for Extreme {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [numbers] = values else { return internal_err!("min and max take one column of numbers") };
        let numbers = cast(numbers, &DataType::Float64)?;
        for number in numbers.as_primitive::<Float64Type>().iter().flatten() {
            if self.number.is_none_or(|known| compare(number, known) == self.wins) {
                self.number = Some(number);
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::Float64(self.number).cast_to(&self.data_type)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// Compares numbers with NaN as the greatest.
fn compare(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}
