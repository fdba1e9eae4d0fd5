//! `exact_percentiles(value, fractions)`: several percentiles of one set of values.
//! `exact_percentiles_of_counts(value, count, fractions)` takes values with counts, and
//! `decimal_percentiles_of_counts(value, count, fractions)` returns decimals.
//!
//! `percentile_cont` of DataFusion 55 truncates the weight of its interpolation to six digits, so
//! that the 95th percentile of 10, 30 and 60 is 56.99997. Each percentile also keeps its own copy
//! of all values. Here ranks and weights are exact fractions, and each distinct value is stored
//! once with its count.

mod groups;
mod histogram;
mod kind;
mod rank;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Schema};
use datafusion::common::{Result, ScalarValue, exec_err, not_impl_err, plan_err};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::{AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Expr, GroupsAccumulator, Signature, Volatility,
};

use crate::lists::list_of;
use groups::{PercentileAccumulator, ValueKind};
use kind::{PercentileKind, decimal_type};

/// `exact_percentiles(number, list of fractions) -> list of double`: one percentile for each
/// fraction from 0 to 1, defined as SQL's `percentile_cont`, with linear interpolation between
/// ranks. Ignores nulls; null if there is no value.
///
/// `exact_percentiles_of_counts(number, count, list of fractions)` counts each value `count` times.
/// A count is a non-negative integer; values with a null count are ignored.
///
/// `decimal_percentiles_of_counts(integer, count, list of fractions) -> list of decimal(38, 6)` is
/// exact to the millionth for integers of any size, where a double has 15 to 16 digits.
///
/// Fractions are exact in their decimal notation. Integers of up to 64 signed or 32 unsigned bits
/// are counted exactly, other numbers as doubles.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ExactPercentiles {
    signature: Signature,
    kind: PercentileKind,
    /// Fractions, once they are known from the plan. They are then no longer an argument, so that
    /// they are not expanded into a column.
    fractions: Option<Fractions>,
}

/// Fractions from 0 to 1. Equality and hash use their bits.
#[derive(Clone, Debug)]
struct Fractions(Vec<f64>);

impl Fractions {
    fn try_new(list: &dyn Array) -> Result<Self> {
        let list = list.as_list::<i32>().value(0);
        let fractions = list.as_primitive::<Float64Type>().values().to_vec();
        if list.null_count() > 0 || fractions.iter().any(|fraction| !(0.0..=1.0).contains(fraction)) {
            return exec_err!("exact_percentiles takes fractions from 0 to 1, not {list:?}");
        }
        Ok(Self(fractions))
    }

    fn bits(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|fraction| fraction.to_bits())
    }
}

impl PartialEq for Fractions {
    fn eq(&self, other: &Self) -> bool {
        self.bits().eq(other.bits())
    }
}

impl Eq for Fractions {}

impl Hash for Fractions {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits().for_each(|bits| bits.hash(state));
    }
}

impl ExactPercentiles {
    /// Creates `exact_percentiles`.
    pub fn of_values() -> Self {
        Self::new(PercentileKind::default(), None)
    }

    /// Creates `exact_percentiles_of_counts`.
    pub fn of_counts() -> Self {
        Self::new(PercentileKind { counted: true, decimal: false }, None)
    }

    /// Creates `decimal_percentiles_of_counts`.
    pub fn decimals_of_counts() -> Self {
        Self::new(PercentileKind { counted: true, decimal: true }, None)
    }

    /// Creates `exact_percentiles` for fixed fractions, which must be from 0 to 1.
    pub fn with_fractions(fractions: Vec<f64>) -> Self {
        Self::new(PercentileKind::default(), Some(Fractions(fractions)))
    }

    fn new(kind: PercentileKind, fractions: Option<Fractions>) -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), kind, fractions }
    }

    /// Fractions that are part of the function, as the bits of floating-point numbers.
    pub(crate) fn fraction_bits(&self) -> Option<Vec<u64>> {
        self.fractions.as_ref().map(|fractions| fractions.bits().collect())
    }

    /// Returns this function with `fractions`, the bits of floating-point numbers, as its state.
    pub(crate) fn with_fraction_bits(&self, fractions: &[u64]) -> Self {
        let fractions = fractions.iter().map(|bits| f64::from_bits(*bits)).collect();
        Self::new(self.kind, Some(Fractions(fractions)))
    }

    fn percentile_accumulator(
        &self,
        args: &AccumulatorArgs<'_>,
        make: impl FnOnce(ValueKind, PercentileKind, &[f64]) -> PercentileAccumulator,
    ) -> Result<PercentileAccumulator> {
        if args.is_distinct {
            return not_impl_err!("{} does not take DISTINCT", self.name());
        }
        let values = match args.expr_fields.first().map(|field| field.data_type()) {
            Some(DataType::Int64) => ValueKind::Integer,
            _ => ValueKind::Float,
        };
        let fractions = match (&self.fractions, args.exprs.last()) {
            (Some(fractions), _) => fractions.clone(),
            (None, Some(fractions)) => {
                // The fractions are constant, so a batch without columns suffices.
                let no_columns = RecordBatch::try_new_with_options(
                    Arc::new(Schema::empty()),
                    vec![],
                    &RecordBatchOptions::new().with_row_count(Some(1)),
                )?;
                Fractions::try_new(&fractions.evaluate(&no_columns)?.to_array(1)?)?
            }
            (None, None) => return exec_err!("{} takes fractions", self.name()),
        };
        Ok(make(values, self.kind, &fractions.0))
    }
}

impl AggregateUDFImpl for ExactPercentiles {
    fn name(&self) -> &'static str {
        match self.kind {
            PercentileKind { decimal: true, .. } => "decimal_percentiles_of_counts",
            PercentileKind { counted: true, .. } => "exact_percentiles_of_counts",
            PercentileKind { .. } => "exact_percentiles",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(if self.kind.decimal { decimal_type() } else { DataType::Float64 }))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let (fractions, rest) = match (&self.fractions, given) {
            (Some(_), rest) => (None, rest),
            (None, [rest @ .., _]) => (Some(list_of(DataType::Float64)), rest),
            (None, []) => (None, given),
        };
        let takes = |value: &DataType| {
            if self.kind.decimal { counted_type(value) == DataType::Int64 } else { is_number(value) }
        };
        let wanted = match (rest, self.kind.counted) {
            ([value], false) if is_number(value) => vec![counted_type(value)],
            ([value, count], true) if takes(value) && (count.is_integer() || count.is_null()) => {
                vec![counted_type(value), DataType::Int64]
            }
            (_, false) => return plan_err!("exact_percentiles takes a number and a list of fractions"),
            (_, true) => {
                let number = if self.kind.decimal { "an integer" } else { "a number" };
                return plan_err!("{} takes {number}, an integer and a list of fractions", self.name());
            }
        };
        Ok(wanted.into_iter().chain(fractions).collect())
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        if self.fractions.is_some() {
            return None;
        }
        let kind = self.kind;
        Some(Box::new(move |mut function, _| {
            if let Some(Expr::Literal(ScalarValue::List(fractions), _)) = function.params.args.last() {
                let fractions = Fractions::try_new(fractions.as_ref())?;
                function.params.args.pop();
                let udaf = AggregateUDF::from(Self::new(kind, Some(fractions)));
                function = AggregateFunction { func: Arc::new(udaf), params: function.params };
            }
            Ok(Expr::AggregateFunction(function))
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field =
            |part| Arc::new(Field::new(format!("{}[{part}]", args.name), list_of(DataType::Int64), true));
        Ok(vec![field("values"), field("counts")])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(self.percentile_accumulator(&args, PercentileAccumulator::single_group)?))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.percentile_accumulator(&args, PercentileAccumulator::new)?))
    }
}

fn is_number(given: &DataType) -> bool {
    given.is_numeric() || given.is_null()
}

/// Returns the type in which values of type `given` are counted.
fn counted_type(given: &DataType) -> DataType {
    if given.is_null() || is_counted_exactly(given) { DataType::Int64 } else { DataType::Float64 }
}

/// Returns whether values of this type are integers that are counted exactly.
pub fn is_counted_exactly(given: &DataType) -> bool {
    given.is_integer() && *given != DataType::UInt64
}

#[cfg(test)]
mod tests;
