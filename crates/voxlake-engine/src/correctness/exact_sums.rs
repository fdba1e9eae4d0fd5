//! `sum` that fails if the result is out of the range of its type. Outside of sliding frames, a
//! partial sum out of range fails as well, even if later values would bring it back into range.
//!
//! DataFusion's `sum` wraps: the sum of `9223372036854775807` and `1` is a negative number. Over a
//! sliding frame of floating-point numbers, it subtracts the values that leave the frame, so that
//! `1e20` leaves a rounding error.

mod groups;
mod value;
mod whole;

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Decimal128Type, FieldRef, Int64Type, UInt64Type};
use datafusion::common::Result;
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, GroupsAccumulator, ReversedUDAF,
    SetMonotonicity, Signature,
};

use self::groups::CheckedGroups;
use self::whole::{DistinctSum, SlidingSum, WholeSum};
use super::sliding::SlidingAccumulator;

/// Returns DataFusion's `sum` with checked accumulators for integers and decimals.
pub(super) fn exact_sum() -> AggregateUDF {
    AggregateUDF::from(ExactSum { inner: sum_udaf() })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ExactSum {
    inner: Arc<AggregateUDF>,
}

impl AggregateUDFImpl for ExactSum {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.inner().return_type(arguments)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let data_type = args.return_field.data_type().clone();
        match data_type {
            _ if args.is_distinct => match data_type {
                DataType::Int64 | DataType::UInt64 | DataType::Decimal128(..) => {
                    Ok(Box::new(DistinctSum::new(self.inner.accumulator(args)?, data_type)))
                }
                _ => self.inner.accumulator(args),
            },
            DataType::Int64 => Ok(Box::new(WholeSum::<Int64Type>::new(data_type))),
            DataType::UInt64 => Ok(Box::new(WholeSum::<UInt64Type>::new(data_type))),
            DataType::Decimal128(..) => Ok(Box::new(WholeSum::<Decimal128Type>::new(data_type))),
            _ => self.inner.accumulator(args),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.inner.state_fields(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        self.inner.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        match args.return_field.data_type() {
            data_type @ DataType::Int64 => Ok(CheckedGroups::boxed::<Int64Type>(data_type)),
            data_type @ DataType::UInt64 => Ok(CheckedGroups::boxed::<UInt64Type>(data_type)),
            data_type @ DataType::Decimal128(..) => Ok(CheckedGroups::boxed::<Decimal128Type>(data_type)),
            _ => self.inner.create_groups_accumulator(args),
        }
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let data_type = args.return_field.data_type().clone();
        match data_type {
            DataType::Float64 if !args.is_distinct => {
                Ok(Box::new(SlidingAccumulator::new(Arc::clone(&self.inner), &args)))
            }
            DataType::Int64 if args.is_distinct => {
                Ok(Box::new(DistinctSum::new(self.inner.create_sliding_accumulator(args)?, data_type)))
            }
            DataType::Int64 | DataType::UInt64 | DataType::Decimal128(..) if !args.is_distinct => {
                Ok(Box::new(SlidingSum::new(data_type)))
            }
            _ => self.inner.create_sliding_accumulator(args),
        }
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        self.inner.reverse_udf()
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.inner.order_sensitivity()
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }

    fn set_monotonicity(&self, data_type: &DataType) -> SetMonotonicity {
        self.inner.inner().set_monotonicity(data_type)
    }
}
