//! `exact_percentiles(value, fractions)`: several percentiles of one set of values;
//! `exact_percentiles_of_counts(value, count, fractions)`: the same of values that were counted
//! before; and `decimal_percentiles_of_counts(value, count, fractions)`: those as decimals.
//!
//! `percentile_cont` of DataFusion 55 cuts the weight of its interpolation to six digits, so that
//! the 95th percentile of 10, 30 and 60 comes out as 56.99997; and each percentile keeps its own
//! copy of all values. Here ranks and weights are exact fractions, and each value is kept once with
//! its count.

mod groups;
mod rank;
mod tally;

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

use super::list;
use groups::{Numbers, Tallies};

/// `exact_percentiles(number, list of fractions) -> list of double`: for each fraction in 0 to 1 the
/// percentile as SQL's `percentile_cont` defines it, with linear interpolation between ranks. Nulls
/// are left out; null where there is no value.
///
/// `exact_percentiles_of_counts(number, count, list of fractions)` takes each value as there `count`
/// times, a whole number that is not negative; a value with a null count is left out.
///
/// `decimal_percentiles_of_counts(whole number, count, list of fractions) -> list of decimal(38, 6)`
/// gives whole numbers of any size exactly, to the millionth, where a double has 15 to 16 digits.
///
/// A fraction counts with the digits that it is written with. Whole numbers of up to 64 bits with a
/// sign, and up to 32 without one, are counted as they are; any other number as a double.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ExactPercentiles {
    signature: Signature,
    kind: Kind,
    /// The fractions, once a plan knows them; they are no argument any more then, so that nothing
    /// makes a column of them.
    fractions: Option<Fractions>,
}

/// Differences between the functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Kind {
    /// Whether a column of counts follows the values.
    counted: bool,
    /// Whether percentiles are decimals.
    decimal: bool,
}

/// The type of a percentile as a decimal.
fn decimal() -> DataType {
    DataType::Decimal128(38, 6)
}

/// Fractions from 0 to 1, compared by their bits.
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
    /// `exact_percentiles`, of values.
    pub fn of_values() -> Self {
        Self::new(Kind::default(), None)
    }

    /// `exact_percentiles_of_counts`, of values and how often each is there.
    pub fn of_counts() -> Self {
        Self::new(Kind { counted: true, decimal: false }, None)
    }

    /// `decimal_percentiles_of_counts`, of whole numbers and how often each is there.
    pub fn decimals_of_counts() -> Self {
        Self::new(Kind { counted: true, decimal: true }, None)
    }

    /// `exact_percentiles` at fractions that a plan has checked already.
    pub fn at(fractions: Vec<f64>) -> Self {
        Self::new(Kind::default(), Some(Fractions(fractions)))
    }

    fn new(kind: Kind, fractions: Option<Fractions>) -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), kind, fractions }
    }

    fn tallies(
        &self,
        args: &AccumulatorArgs<'_>,
        make: impl FnOnce(Numbers, Kind, &[f64]) -> Tallies,
    ) -> Result<Tallies> {
        if args.is_distinct {
            return not_impl_err!("{} does not take DISTINCT", self.name());
        }
        let numbers = match args.expr_fields.first().map(|field| field.data_type()) {
            Some(DataType::Int64) => Numbers::Whole,
            _ => Numbers::Real,
        };
        let fractions = match (&self.fractions, args.exprs.last()) {
            (Some(fractions), _) => fractions.clone(),
            (None, Some(fractions)) => {
                // They are constant, and so the same for a row that has no columns.
                let no_columns = RecordBatch::try_new_with_options(
                    Arc::new(Schema::empty()),
                    vec![],
                    &RecordBatchOptions::new().with_row_count(Some(1)),
                )?;
                Fractions::try_new(&fractions.evaluate(&no_columns)?.to_array(1)?)?
            }
            (None, None) => return exec_err!("{} takes fractions", self.name()),
        };
        Ok(make(numbers, self.kind, &fractions.0))
    }
}

impl AggregateUDFImpl for ExactPercentiles {
    fn name(&self) -> &'static str {
        match self.kind {
            Kind { decimal: true, .. } => "decimal_percentiles_of_counts",
            Kind { counted: true, .. } => "exact_percentiles_of_counts",
            Kind { .. } => "exact_percentiles",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list(if self.kind.decimal { decimal() } else { DataType::Float64 }))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let (fractions, rest) = match (&self.fractions, given) {
            (Some(_), rest) => (None, rest),
            (None, [rest @ .., _]) => (Some(list(DataType::Float64)), rest),
            (None, []) => (None, given),
        };
        let takes = |value: &DataType| {
            if self.kind.decimal { tallied(value) == DataType::Int64 } else { is_number(value) }
        };
        let wanted = match (rest, self.kind.counted) {
            ([value], false) if is_number(value) => vec![tallied(value)],
            ([value, count], true) if takes(value) && (count.is_integer() || count.is_null()) => {
                vec![tallied(value), DataType::Int64]
            }
            (_, false) => return plan_err!("exact_percentiles takes a number and a list of fractions"),
            (_, true) => {
                let number = if self.kind.decimal { "a whole number" } else { "a number" };
                return plan_err!("{} takes {number}, a whole number and a list of fractions", self.name());
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
            |part| Arc::new(Field::new(format!("{}[{part}]", args.name), list(DataType::Int64), true));
        Ok(vec![field("values"), field("counts")])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(self.tallies(&args, Tallies::single)?))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.tallies(&args, Tallies::new)?))
    }
}

fn is_number(given: &DataType) -> bool {
    given.is_numeric() || given.is_null()
}

/// The type that values of type `given` are counted as.
fn tallied(given: &DataType) -> DataType {
    if given.is_null() || is_counted(given) { DataType::Int64 } else { DataType::Float64 }
}

/// Whether values of this type are whole numbers that are counted as they are.
pub fn is_counted(given: &DataType) -> bool {
    given.is_integer() && *given != DataType::UInt64
}

#[cfg(test)]
mod tests;
