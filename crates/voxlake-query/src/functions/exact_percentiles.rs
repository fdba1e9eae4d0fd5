//! `exact_percentiles(value, fractions)`: several percentiles of one set of values.
//!
//! The engine's own `percentile_cont` cuts the weight of its interpolation to six digits, so that the
//! 95th percentile of 10, 30 and 60 comes out as 56.99997; and each percentile keeps its own copy of
//! all values. Here the weight has all its digits, and five percentiles share one copy.

use std::mem::size_of_val;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Schema};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};

use super::list;

/// `exact_percentiles(number, list of fractions) -> list of double`: for each fraction in 0 to 1 the
/// percentile as SQL's `percentile_cont` defines it, with linear interpolation between ranks. Nulls
/// are left out; null where there is no value.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ExactPercentiles {
    signature: Signature,
}

impl Default for ExactPercentiles {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for ExactPercentiles {
    fn name(&self) -> &'static str {
        "exact_percentiles"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list(DataType::Float64))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [value, _] if value.is_numeric() || value.is_null() => {
                Ok(vec![DataType::Float64, list(DataType::Float64)])
            }
            _ => plan_err!("exact_percentiles takes a number and a list of fractions"),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let name = format!("{}[values]", args.name);
        Ok(vec![Arc::new(Field::new(name, list(DataType::Float64), true))])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let Some(fractions) = args.exprs.get(1) else {
            return exec_err!("exact_percentiles takes 2 arguments");
        };
        // The fractions are constant, so they are the same for a row that has no columns.
        let no_columns = RecordBatch::try_new_with_options(
            Arc::new(Schema::empty()),
            vec![],
            &RecordBatchOptions::new().with_row_count(Some(1)),
        )?;
        let fractions = fractions.evaluate(&no_columns)?.to_array(1)?;
        let fractions = fractions.as_list::<i32>().value(0).as_primitive::<Float64Type>().values().to_vec();
        if fractions.iter().any(|fraction| !(0.0..=1.0).contains(fraction)) {
            return exec_err!("exact_percentiles takes fractions from 0 to 1, not {fractions:?}");
        }
        Ok(Box::new(Values { values: Vec::new(), fractions }))
    }
}

/// The values of one group.
#[derive(Debug)]
struct Values {
    values: Vec<f64>,
    fractions: Vec<f64>,
}

impl Values {
    fn list(&self, values: impl IntoIterator<Item = f64>) -> ScalarValue {
        let values = Float64Array::from_iter_values(values);
        SingleRowListArrayBuilder::new(Arc::new(values)).build_list_scalar()
    }
}

impl Accumulator for Values {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        if let Some(values) = columns.first() {
            self.values.extend(values.as_primitive::<Float64Type>().iter().flatten());
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for values in states.iter().flat_map(|state| state.as_list::<i32>().iter()).flatten() {
            self.values.extend(values.as_primitive::<Float64Type>().iter().flatten());
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = std::mem::take(&mut self.values);
        Ok(vec![self.list(values)])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.values.is_empty() {
            return ScalarValue::try_from(list(DataType::Float64));
        }
        self.values.sort_unstable_by(f64::total_cmp);
        Ok(self.list(self.fractions.iter().map(|fraction| percentile(&self.values, *fraction))))
    }

    fn size(&self) -> usize {
        size_of_val(self) + (self.values.capacity() + self.fractions.capacity()) * size_of::<f64>()
    }
}

/// The percentile of values in ascending order, of which there is at least one.
fn percentile(sorted: &[f64], fraction: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "ranks are far below 2^53")]
    let rank = fraction * (sorted.len() - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= rank < len")]
    let below = rank.floor() as usize;
    let lower = sorted[below];
    let upper = sorted.get(below + 1).copied().unwrap_or(lower);
    lower + (upper - lower) * (rank - rank.floor())
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::test_lake::rows;

    async fn answer(sql: &str) -> Vec<String> {
        let ctx = SessionContext::new();
        ctx.register_udaf(ExactPercentiles::default().into());
        rows(&ctx.sql(sql).await.unwrap().collect().await.unwrap())
    }

    #[tokio::test]
    async fn percentiles_interpolate_between_ranks_without_loss() {
        let sql = "SELECT exact_percentiles(column1, [0, 0.25, 0.5, 0.95, 1]) FROM (VALUES (60), (10), (NULL), (30))";
        assert_eq!(answer(sql).await, ["[10.0, 20.0, 30.0, 57.0, 60.0]"]);
    }

    #[tokio::test]
    async fn one_value_is_all_its_percentiles_and_no_value_has_none() {
        let sql = "SELECT exact_percentiles(column1, [0.5, 0.99])[2] FROM (VALUES (7), (NULL)) GROUP BY column1 ORDER BY column1";
        assert_eq!(answer(sql).await, ["7.0", "NULL"]);
    }

    #[tokio::test]
    async fn a_fraction_above_one_is_refused() {
        let ctx = SessionContext::new();
        ctx.register_udaf(ExactPercentiles::default().into());
        let error = match ctx.sql("SELECT exact_percentiles(1, [95])").await {
            Ok(frame) => frame.collect().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(error.to_string().contains("fractions from 0 to 1"), "{error}");
    }
}
