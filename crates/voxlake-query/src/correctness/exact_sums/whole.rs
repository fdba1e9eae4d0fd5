//! Sums of one group.

use datafusion::arrow::array::{Array as _, ArrayRef, ArrowNativeTypeOp, ArrowNumericType, AsArray as _};
use datafusion::arrow::compute::sum_checked;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::Accumulator;

use super::{number, out_of_range, value};

/// The sum of whole numbers, or of decimals by their unscaled numbers.
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
        match number(&sum) {
            Some(number) => value(number, &self.data_type),
            None => Ok(sum),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// The sum over a sliding frame. It may pass the range of its type on the way: the result counts.
#[derive(Debug)]
pub(super) struct SlidingSum {
    /// Modulo 2^128, which is exact for every result in range.
    sum: i128,
    count: usize,
    data_type: DataType,
}

impl SlidingSum {
    pub(super) fn new(data_type: DataType) -> Self {
        Self { sum: 0, count: 0, data_type }
    }

    /// The sum of a column, and how many values it has.
    fn of(values: &[ArrayRef]) -> Result<(i128, usize)> {
        let [values] = values else { return internal_err!("sum takes one column") };
        let mut sum = 0_i128;
        for row in (0..values.len()).filter(|row| values.is_valid(*row)) {
            let number = number(&ScalarValue::try_from_array(values, row)?);
            sum = sum.wrapping_add(number.unwrap_or_default());
        }
        Ok((sum, values.len() - values.null_count()))
    }
}

impl Accumulator for SlidingSum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (sum, count) = Self::of(values)?;
        (self.sum, self.count) = (self.sum.wrapping_add(sum), self.count + count);
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (sum, count) = Self::of(values)?;
        (self.sum, self.count) = (self.sum.wrapping_sub(sum), self.count.saturating_sub(count));
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
            _ => value(self.sum, &self.data_type),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// The sum of distinct values, which DataFusion's accumulator collects.
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
        let (sum, count) = SlidingSum::of(&[values])?;
        match count {
            0 => ScalarValue::try_from(&self.data_type),
            _ => value(sum, &self.data_type),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.distinct.size()
    }
}
