//! Sums of a single group.

use datafusion::arrow::array::{Array as _, ArrayRef, ArrowNativeTypeOp, ArrowNumericType, AsArray as _};
use datafusion::arrow::compute::sum_checked;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::Accumulator;

use super::value::{out_of_range, sum_to_scalar, unscaled_value};

/// Sum of integers, or of decimals by their unscaled values.
#[derive(Debug)]
pub(super) struct WholeSum<T: ArrowNumericType> {
    sum: Option<T::Native>,
    data_type: DataType,
}

impl<T: ArrowNumericType> WholeSum<T> {
    pub(super) fn new(data_type: DataType) -> Self {
        Self { sum: None, data_type }
    }
}

impl<T: ArrowNumericType + std::fmt::Debug> Accumulator for WholeSum<T> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [values] = values else { return internal_err!("sum takes one column") };
        let out_of_range = |_| out_of_range(&self.data_type);
        if let Some(sum) = sum_checked(values.as_primitive::<T>()).map_err(out_of_range)? {
            self.sum = Some(match self.sum {
                Some(before) => before.add_checked(sum).map_err(out_of_range)?,
                None => sum,
            });
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::new_primitive::<T>(self.sum, &self.data_type)?])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let sum = ScalarValue::new_primitive::<T>(self.sum, &self.data_type)?;
        match unscaled_value(&sum) {
            Some(number) => sum_to_scalar(number, &self.data_type),
            None => Ok(sum),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// Sum as `high * 2^64 + low`, whose additions never overflow.
#[derive(Clone, Copy, Debug, Default)]
struct WideSum {
    high: i128,
    low: i128,
}

impl WideSum {
    fn from_number(number: i128) -> Self {
        Self { high: number >> 64, low: number & i128::from(u64::MAX) }
    }

    fn plus(self, other: Self) -> Self {
        Self { high: self.high + other.high, low: self.low + other.low }
    }

    fn minus(self, other: Self) -> Self {
        Self { high: self.high - other.high, low: self.low - other.low }
    }

    /// Returns the sum if it fits into 128 bits.
    fn total(self) -> Option<i128> {
        let high = self.high + (self.low >> 64);
        high.checked_mul(1 << 64)?.checked_add(self.low & i128::from(u64::MAX))
    }

    fn to_scalar(self, data_type: &DataType) -> Result<ScalarValue> {
        match self.total() {
            Some(sum) => sum_to_scalar(sum, data_type),
            None => Err(out_of_range(data_type)),
        }
    }
}

/// Sum over a sliding frame. Intermediate sums may be out of range; only the result is checked.
#[derive(Debug)]
pub(super) struct SlidingSum {
    sum: WideSum,
    count: usize,
    data_type: DataType,
}

impl SlidingSum {
    pub(super) fn new(data_type: DataType) -> Self {
        Self { sum: WideSum::default(), count: 0, data_type }
    }

    /// Returns the sum and the number of non-null values of a column.
    fn sum_and_count(values: &[ArrayRef]) -> Result<(WideSum, usize)> {
        let [values] = values else { return internal_err!("sum takes one column") };
        let mut sum = WideSum::default();
        for row in (0..values.len()).filter(|row| values.is_valid(*row)) {
            let number = unscaled_value(&ScalarValue::try_from_array(values, row)?);
            sum = sum.plus(WideSum::from_number(number.unwrap_or_default()));
        }
        Ok((sum, values.len() - values.null_count()))
    }
}

impl Accumulator for SlidingSum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (sum, count) = Self::sum_and_count(values)?;
        (self.sum, self.count) = (self.sum.plus(sum), self.count + count);
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (sum, count) = Self::sum_and_count(values)?;
        (self.sum, self.count) = (self.sum.minus(sum), self.count.saturating_sub(count));
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match self.count {
            0 => ScalarValue::try_from(&self.data_type),
            _ => self.sum.to_scalar(&self.data_type),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// Sum of the distinct values that DataFusion's accumulator collects.
#[derive(Debug)]
pub(super) struct DistinctSum {
    distinct: Box<dyn Accumulator>,
    data_type: DataType,
}

impl DistinctSum {
    pub(super) fn new(distinct: Box<dyn Accumulator>, data_type: DataType) -> Self {
        Self { distinct, data_type }
    }
}

impl Accumulator for DistinctSum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.distinct.update_batch(values)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.distinct.retract_batch(values)
    }

    fn supports_retract_batch(&self) -> bool {
        self.distinct.supports_retract_batch()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.distinct.merge_batch(states)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.distinct.state()
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        // DataFusion's sum may have wrapped; its values have not.
        let state = self.distinct.state()?;
        let [ScalarValue::List(lists)] = state.as_slice() else {
            return internal_err!("the state of sum(DISTINCT …) is a list of values");
        };
        let values = lists.value(0);
        let (sum, count) = SlidingSum::sum_and_count(&[values])?;
        match count {
            0 => ScalarValue::try_from(&self.data_type),
            _ => sum.to_scalar(&self.data_type),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.distinct.size()
    }
}
