//! Sums of the groups of an aggregation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::arrow::array::{ArrayRef, ArrowNativeTypeOp, ArrowNumericType, AsArray as _, BooleanArray};
use datafusion::arrow::datatypes::{DataType, Decimal128Type};
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion_functions_aggregate_common::aggregate::groups_accumulator::prim_op::PrimitiveGroupsAccumulator;

use super::value::{MAX_DECIMAL, out_of_range};

/// DataFusion's accumulator of sums, with a flag that is set when an addition overflows.
pub(super) struct CheckedGroups {
    sums: Box<dyn GroupsAccumulator>,
    wrapped: Arc<AtomicBool>,
    data_type: DataType,
}

impl CheckedGroups {
    pub(super) fn boxed<T>(data_type: &DataType) -> Box<dyn GroupsAccumulator>
    where
        T: ArrowNumericType + Send,
        T::Native: ArrowNativeTypeOp,
    {
        let wrapped = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&wrapped);
        let add = move |sum: &mut T::Native, value: T::Native| match sum.add_checked(value) {
            Ok(added) => *sum = added,
            Err(_) => flag.store(true, Ordering::Relaxed),
        };
        let sums = PrimitiveGroupsAccumulator::<T, _>::new(data_type, add);
        Box::new(Self { sums: Box::new(sums), wrapped, data_type: data_type.clone() })
    }

    fn check(&self) -> Result<()> {
        if self.wrapped.load(Ordering::Relaxed) {
            return Err(out_of_range(&self.data_type));
        }
        Ok(())
    }
}

impl GroupsAccumulator for CheckedGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        groups: usize,
    ) -> Result<()> {
        self.sums.update_batch(values, group_indices, filter, groups)?;
        self.check()
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], groups: usize) -> Result<()> {
        self.sums.merge_batch(values, group_indices, groups)?;
        self.check()
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let sums = self.sums.evaluate(emit_to)?;
        if let Some(decimals) = sums.as_primitive_opt::<Decimal128Type>()
            && decimals.iter().flatten().any(|sum| sum.unsigned_abs() > MAX_DECIMAL.unsigned_abs())
        {
            return Err(out_of_range(&self.data_type));
        }
        Ok(sums)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.sums.state(emit_to)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.sums.convert_to_state(values, filter)
    }

    fn size(&self) -> usize {
        self.sums.size()
    }
}
