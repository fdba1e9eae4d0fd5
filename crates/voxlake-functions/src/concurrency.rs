//! `concurrency(begins, ends, minutes, zone)`: how many spans there are at once, in each interval of the
//! local clock.
//!
//! SQL would put the begins and ends of all calls in one order, twenty million of ten million calls, and
//! add them up by a window. Here they are sorted by the hour as they come, which is nearly in order, and
//! one walk tells of each interval its peak, its traffic and the calls that overlap it.

mod moments;
mod sweep;

use std::mem::size_of_val;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, ListArray, StructArray, TimestampMillisecondArray, UInt32Array,
};
use datafusion::arrow::datatypes::{
    DataType, Field, FieldRef, Fields, Int64Type, TimeUnit, TimestampMillisecondType, UInt32Type,
};
use datafusion::common::{Result, ScalarValue, exec_err, not_impl_err, plan_err};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::{AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature, Volatility};

use super::clock::Clock;
use super::local_intervals::instant;
use super::local_time::time_zone;
use super::{list, one_list};
use moments::Moments;
use sweep::{Level, sweep};

/// `concurrency(timestamp, timestamp, integer, text) -> list of struct`, an aggregate over the spans
/// `[begins, ends)`: one entry for each interval from the first moment of any to the last, in time. Spans
/// of no length, and those of which an end is not known, are none; without a span the list is empty.
///
/// | field | meaning |
/// | --- | --- |
/// | begins | when the interval begins |
/// | local | what the clock shows then |
/// | spans | spans that overlap the interval |
/// | milliseconds | how long they do, added up |
/// | peak | the most at once |
/// | peak_at | when there were first as many; where they run on from before, the interval's beginning |
/// | peak_as_begun | the most just after one began; null where none began |
///
/// Intervals are those of `local_intervals`, of so many `minutes`, a part of a day or the whole; both
/// `minutes` and the zone are constants.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Concurrency {
    signature: Signature,
    /// The length of intervals, in minutes, and the zone, once a plan knows them.
    clock: Option<(i64, String)>,
}

impl Concurrency {
    fn new(clock: Option<(i64, String)>) -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), clock }
    }
}

impl Default for Concurrency {
    fn default() -> Self {
        Self::new(None)
    }
}

impl AggregateUDFImpl for Concurrency {
    fn name(&self) -> &'static str {
        "concurrency"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list(DataType::Struct(level_fields())))
    }

    fn is_nullable(&self) -> bool {
        false
    }

    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::List(Arc::new(levels(&[])?)))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let is_instant = |given: &DataType| matches!(given, DataType::Timestamp(..) | DataType::Null);
        match (given, &self.clock) {
            ([begins, ends], Some(_)) if is_instant(begins) && is_instant(ends) => {
                Ok(vec![instant(), instant()])
            }
            ([begins, ends, _, _], None) if is_instant(begins) && is_instant(ends) => {
                Ok(vec![instant(), instant(), DataType::Int64, DataType::Utf8])
            }
            _ => plan_err!("concurrency takes two timestamps, minutes and a time zone"),
        }
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        if self.clock.is_some() {
            return None;
        }
        // What is the same for all rows becomes part of the function, so that nothing makes columns of it.
        Some(Box::new(|mut function, _| {
            if let [_, _, Expr::Literal(ScalarValue::Int64(Some(minutes)), _), Expr::Literal(zone, _)] =
                function.params.args.as_slice()
                && let Some(Some(zone)) = zone.try_as_str()
            {
                Clock::try_new(time_zone(zone)?, *minutes)?;
                let udaf = AggregateUDF::from(Self::new(Some((*minutes, zone.to_owned()))));
                function.params.args.truncate(2);
                function = AggregateFunction { func: Arc::new(udaf), params: function.params };
            }
            Ok(Expr::AggregateFunction(function))
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field =
            |part: &str, item| Arc::new(Field::new(format!("{}[{part}]", args.name), list(item), true));
        Ok(vec![
            field("blocks", DataType::Int64),
            field("begins", DataType::UInt32),
            field("ends", DataType::UInt32),
            field("times", DataType::UInt32),
            field("counts", DataType::UInt32),
        ])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let Some((minutes, zone)) = &self.clock else {
            return not_impl_err!("concurrency takes constant minutes and a constant time zone");
        };
        if args.is_distinct {
            return not_impl_err!("concurrency does not take DISTINCT");
        }
        let clock = Clock::try_new(time_zone(zone)?, *minutes)?;
        Ok(Box::new(Spans { clock, moments: Moments::default() }))
    }
}

/// The spans of one group.
#[derive(Debug)]
struct Spans {
    clock: Clock,
    moments: Moments,
}

impl Accumulator for Spans {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let [begins, ends] = columns else { return exec_err!("a span is two instants") };
        let instants = |column: &ArrayRef| column.as_primitive::<TimestampMillisecondType>().clone();
        for (begins, ends) in instants(begins).iter().zip(&instants(ends)) {
            if let (Some(begins), Some(ends)) = (begins, ends) {
                self.moments.add(begins, ends);
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut moments = std::mem::take(&mut self.moments);
        moments.settle();
        let (mut blocks, mut lengths) = (Vec::new(), [Vec::new(), Vec::new()]);
        let (mut times, mut counts) = (Vec::new(), Vec::new());
        for (block, begins, ends) in moments.settled() {
            blocks.push(block);
            for (lengths, settled) in lengths.iter_mut().zip([begins, ends]) {
                lengths.push(u32::try_from(settled.len()).unwrap_or(u32::MAX));
                times.extend(settled.iter().map(|(time, _)| *time));
                counts.extend(settled.iter().map(|(_, count)| *count));
            }
        }
        let [begins, ends] = lengths.map(UInt32Array::from);
        let lists: [ArrayRef; 5] = [
            Arc::new(Int64Array::from(blocks)),
            Arc::new(begins),
            Arc::new(ends),
            Arc::new(UInt32Array::from(times)),
            Arc::new(UInt32Array::from(counts)),
        ];
        lists.into_iter().map(|values| Ok(ScalarValue::List(Arc::new(one_list(values)?)))).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [blocks, begins, ends, times, counts] = states else { return exec_err!("a state is five lists") };
        for row in 0..blocks.len() {
            let of = |lists: &ArrayRef| lists.as_list::<i32>().value(row);
            let (blocks, begins, ends) = (of(blocks), of(begins), of(ends));
            let (times, counts) = (of(times), of(counts));
            let numbers = |column: &ArrayRef| column.as_primitive::<UInt32Type>().values().clone();
            let (begins, ends) = (numbers(&begins), numbers(&ends));
            let (times, counts) = (numbers(&times), numbers(&counts));
            let mut settled = times.iter().copied().zip(counts.iter().copied());
            for ((block, begins), ends) in
                blocks.as_primitive::<Int64Type>().values().iter().zip(&begins).zip(&ends)
            {
                let block = self.moments.of(*block);
                block.begins.add(settled.by_ref().take(*begins as usize));
                block.ends.add(settled.by_ref().take(*ends as usize));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut moments = std::mem::take(&mut self.moments);
        moments.settle();
        Ok(ScalarValue::List(Arc::new(levels(&sweep(&moments, self.clock))?)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.moments.bytes()
    }
}

fn level_fields() -> Fields {
    [
        Field::new("begins", instant(), true),
        Field::new("local", DataType::Timestamp(TimeUnit::Millisecond, None), true),
        Field::new("spans", DataType::Int64, true),
        Field::new("milliseconds", DataType::Int64, true),
        Field::new("peak", DataType::Int64, true),
        Field::new("peak_at", instant(), true),
        Field::new("peak_as_begun", DataType::Int64, true),
    ]
    .into_iter()
    .collect()
}

/// One list of `levels`.
fn levels(levels: &[Level]) -> Result<ListArray> {
    let instants = |of: fn(&Level) -> i64| TimestampMillisecondArray::from_iter_values(levels.iter().map(of));
    let numbers = |of: fn(&Level) -> i64| Arc::new(Int64Array::from_iter_values(levels.iter().map(of)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(instants(|level| level.begins).with_timezone("UTC")),
        Arc::new(instants(|level| level.local)),
        numbers(|level| level.spans),
        numbers(|level| level.milliseconds),
        numbers(|level| level.peak),
        Arc::new(instants(|level| level.peak_at).with_timezone("UTC")),
        Arc::new(levels.iter().map(|level| level.peak_as_begun).collect::<Int64Array>()),
    ];
    one_list(Arc::new(StructArray::try_new(level_fields(), columns, None)?))
}

#[cfg(test)]
mod tests;
