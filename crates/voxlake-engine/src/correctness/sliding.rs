//! Aggregates over sliding frames without subtraction.
//!
//! DataFusion removes values that leave a frame by subtracting them. That keeps the rounding errors
//! of large values, and infinities cannot be removed: `stddev` of equal numbers is the root of a
//! tiny negative number, and so NaN.
//!
//! [`SlidingAccumulator`] keeps the rows of the frame in a queue of two stacks. The back consists
//! of the newer rows and one accumulator over them. When the front is empty, the back is turned
//! over: the states of its suffixes are computed from the last row to the first. Removing a row
//! then drops a state, and the result merges the first state of the front with the back. Each row
//! is added twice.

use std::collections::VecDeque;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};

/// Returns `function` with results over sliding frames that depend on the frame's rows alone.
pub(super) fn sliding(function: Arc<AggregateUDF>) -> AggregateUDF {
    let signature = Signature::variadic_any(Volatility::Immutable);
    AggregateUDF::from(SlidingAggregate { inner: function, signature })
}

/// Returns whether `function` is one of [`sliding`].
pub(super) fn is_sliding(function: &AggregateUDF) -> bool {
    function.inner().is::<SlidingAggregate>()
}

/// Returns the function inside one of [`sliding`].
pub(super) fn without_sliding(function: &AggregateUDF) -> Option<&Arc<AggregateUDF>> {
    Some(&function.inner().downcast_ref::<SlidingAggregate>()?.inner)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SlidingAggregate {
    inner: Arc<AggregateUDF>,
    signature: Signature,
}

impl AggregateUDFImpl for SlidingAggregate {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.inner().return_type(arguments)
    }

    fn return_field(&self, arguments: &[FieldRef]) -> Result<FieldRef> {
        self.inner.return_field(arguments)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        self.inner.accumulator(args)
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(SlidingAccumulator::new(Arc::clone(&self.inner), &args)))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.inner.state_fields(args)
    }
}

/// Accumulator whose oldest rows can be removed.
#[derive(Debug)]
pub(super) struct SlidingAccumulator {
    make: Factory,
    /// States of the older rows. The last one covers all of them; each one before lacks one more of
    /// the oldest rows.
    front: Vec<Vec<ScalarValue>>,
    /// Newer rows, oldest first.
    back: VecDeque<Vec<ArrayRef>>,
    /// Accumulator of the newer rows.
    sum: Option<Box<dyn Accumulator>>,
}

impl SlidingAccumulator {
    pub(super) fn new(function: Arc<AggregateUDF>, args: &AccumulatorArgs<'_>) -> Self {
        Self { make: Factory::new(function, args), front: Vec::new(), back: VecDeque::new(), sum: None }
    }

    fn back_mut(&mut self) -> Result<&mut Box<dyn Accumulator>> {
        let sum = match self.sum.take() {
            Some(sum) => sum,
            None => self.make.accumulator()?,
        };
        Ok(self.sum.insert(sum))
    }

    /// Moves the newer rows to the front.
    fn turn_over(&mut self) -> Result<()> {
        let mut older = self.make.accumulator()?;
        while let Some(row) = self.back.pop_back() {
            older.update_batch(&row)?;
            self.front.push(older.state()?);
        }
        self.sum = None;
        Ok(())
    }
}

impl Accumulator for SlidingAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.back_mut()?.update_batch(values)?;
        let rows = values.first().map_or(0, |column| column.len());
        self.back.extend((0..rows).map(|row| values.iter().map(|column| column.slice(row, 1)).collect()));
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for _ in 0..values.first().map_or(0, |column| column.len()) {
            if self.front.is_empty() {
                self.turn_over()?;
            }
            if self.front.pop().is_none() {
                return internal_err!("a row leaves an empty frame");
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut whole = self.make.accumulator()?;
        if let Some(older) = self.front.last() {
            whole.merge_batch(&state_columns(older)?)?;
        }
        if let Some(newer) = &mut self.sum {
            whole.merge_batch(&state_columns(&newer.state()?)?)?;
        }
        whole.evaluate()
    }

    fn merge_batch(&mut self, _: &[ArrayRef]) -> Result<()> {
        internal_err!("a frame is not merged with another")
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        internal_err!("a frame is not merged with another")
    }

    fn size(&self) -> usize {
        let states = self.front.iter().flatten().map(ScalarValue::size).sum::<usize>();
        let rows = self.back.iter().flatten().map(|column| column.get_array_memory_size()).sum::<usize>();
        size_of_val(self) + states + rows
    }
}

/// Converts a state into columns of one row.
fn state_columns(state: &[ScalarValue]) -> Result<Vec<ArrayRef>> {
    state.iter().map(ScalarValue::to_array).collect()
}

/// Arguments from which accumulators are created.
#[derive(Debug)]
struct Factory {
    function: Arc<AggregateUDF>,
    return_field: FieldRef,
    schema: Schema,
    name: String,
    exprs: Vec<Arc<dyn PhysicalExpr>>,
    expr_fields: Vec<FieldRef>,
    order_bys: Vec<PhysicalSortExpr>,
    is_distinct: bool,
    is_reversed: bool,
    ignore_nulls: bool,
}

impl Factory {
    fn new(function: Arc<AggregateUDF>, args: &AccumulatorArgs<'_>) -> Self {
        Self {
            function,
            return_field: Arc::clone(&args.return_field),
            schema: args.schema.clone(),
            name: args.name.to_owned(),
            exprs: args.exprs.to_vec(),
            expr_fields: args.expr_fields.to_vec(),
            order_bys: args.order_bys.to_vec(),
            is_distinct: args.is_distinct,
            is_reversed: args.is_reversed,
            ignore_nulls: args.ignore_nulls,
        }
    }

    fn accumulator(&self) -> Result<Box<dyn Accumulator>> {
        self.function.accumulator(AccumulatorArgs {
            return_field: Arc::clone(&self.return_field),
            schema: &self.schema,
            ignore_nulls: self.ignore_nulls,
            order_bys: &self.order_bys,
            is_reversed: self.is_reversed,
            name: &self.name,
            is_distinct: self.is_distinct,
            exprs: &self.exprs,
            expr_fields: &self.expr_fields,
        })
    }
}
