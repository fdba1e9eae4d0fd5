//! `concurrency(begins, ends, minutes, zone)`: number of simultaneous calls in each local interval.
//!
//! SQL would sort the starts and ends of all calls, twenty million for ten million calls, and sum
//! them over a window. This aggregate sorts them by hour as they arrive, which is nearly their
//! order, and one sweep computes the peak, traffic and overlapping calls of each interval.

mod events;
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
use voxlake_model::schema::timestamp_type;

use super::local_time::time_zone;
use super::zoned_intervals::ZonedIntervals;
use crate::lists::{list_of, single_list};
use events::SpanEvents;
use sweep::{ConcurrencyBucket, sweep};

/// `concurrency(timestamp, timestamp, integer, text) -> list of struct`: an aggregate over time
/// spans `[begins, ends)`. Has one entry for each interval from the first start to the last end, in
/// chronological order. Ignores empty spans and spans with a null bound; without any span, the list
/// is empty.
///
/// | field | meaning |
/// | --- | --- |
/// | begins | start of the interval |
/// | local | local time at its start |
/// | spans | spans that overlap the interval |
/// | milliseconds | total length of these overlaps |
/// | peak | maximum number of simultaneous spans |
/// | peak_at | first instant with that number; the start if the spans began earlier |
/// | peak_as_begun | maximum number just after a span began; null if none began |
///
/// Intervals are those of `local_intervals`. `minutes` divides a day; it and the zone are
/// constants.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Concurrency {
    signature: Signature,
    /// Length of intervals in minutes, and the zone, once they are known from the plan.
    intervals: Option<(i64, String)>,
}

impl Concurrency {
    /// Creates the function for intervals of some minutes in a time zone, or without intervals.
    pub(crate) fn new(intervals: Option<(i64, String)>) -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), intervals }
    }

    /// Length of intervals in minutes, and the zone, if they are part of the function.
    pub(crate) fn intervals(&self) -> Option<&(i64, String)> {
        self.intervals.as_ref()
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
        Ok(list_of(DataType::Struct(bucket_fields())))
    }

    fn is_nullable(&self) -> bool {
        false
    }

    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::List(Arc::new(bucket_list(&[])?)))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let is_instant = |given: &DataType| matches!(given, DataType::Timestamp(..) | DataType::Null);
        match (given, &self.intervals) {
            ([begins, ends], Some(_)) if is_instant(begins) && is_instant(ends) => {
                Ok(vec![timestamp_type(), timestamp_type()])
            }
            ([begins, ends, _, _], None) if is_instant(begins) && is_instant(ends) => {
                Ok(vec![timestamp_type(), timestamp_type(), DataType::Int64, DataType::Utf8])
            }
            _ => plan_err!("concurrency takes two timestamps, minutes and a time zone"),
        }
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        if self.intervals.is_some() {
            return None;
        }
        // Constants become part of the function, so that they are not expanded into columns.
        Some(Box::new(|mut function, _| {
            if let [_, _, Expr::Literal(ScalarValue::Int64(Some(minutes)), _), Expr::Literal(zone, _)] =
                function.params.args.as_slice()
                && let Some(Some(zone)) = zone.try_as_str()
            {
                ZonedIntervals::try_new(time_zone(zone)?, *minutes)?;
                let udaf = AggregateUDF::from(Self::new(Some((*minutes, zone.to_owned()))));
                function.params.args.truncate(2);
                function = AggregateFunction { func: Arc::new(udaf), params: function.params };
            }
            Ok(Expr::AggregateFunction(function))
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field =
            |part: &str, item| Arc::new(Field::new(format!("{}[{part}]", args.name), list_of(item), true));
        Ok(vec![
            field("blocks", DataType::Int64),
            field("begins", DataType::UInt32),
            field("ends", DataType::UInt32),
            field("times", DataType::UInt32),
            field("counts", DataType::UInt32),
        ])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let Some((minutes, zone)) = &self.intervals else {
            return not_impl_err!("concurrency takes constant minutes and a constant time zone");
        };
        if args.is_distinct {
            return not_impl_err!("concurrency does not take DISTINCT");
        }
        let intervals = ZonedIntervals::try_new(time_zone(zone)?, *minutes)?;
        Ok(Box::new(ConcurrencyAccumulator { intervals, events: SpanEvents::default() }))
    }
}

/// Time spans of one group.
#[derive(Debug)]
struct ConcurrencyAccumulator {
    intervals: ZonedIntervals,
    events: SpanEvents,
}

impl Accumulator for ConcurrencyAccumulator {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let [begins, ends] = columns else { return exec_err!("concurrency takes two timestamps") };
        let instants = |column: &ArrayRef| column.as_primitive::<TimestampMillisecondType>().clone();
        for (begins, ends) in instants(begins).iter().zip(&instants(ends)) {
            if let (Some(begins), Some(ends)) = (begins, ends) {
                self.events.add(begins, ends);
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut events = std::mem::take(&mut self.events);
        events.sort_pending();
        let (mut blocks, mut lengths) = (Vec::new(), [Vec::new(), Vec::new()]);
        let (mut times, mut counts) = (Vec::new(), Vec::new());
        for (block, begins, ends) in events.sorted_blocks() {
            blocks.push(block);
            for (lengths, times_of_kind) in lengths.iter_mut().zip([begins, ends]) {
                lengths.push(u32::try_from(times_of_kind.len()).unwrap_or(u32::MAX));
                times.extend(times_of_kind.iter().map(|(time, _)| *time));
                counts.extend(times_of_kind.iter().map(|(_, count)| *count));
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
        lists.into_iter().map(|values| Ok(ScalarValue::List(Arc::new(single_list(values)?)))).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [blocks, begins, ends, times, counts] = states else {
            return exec_err!("the state of concurrency has five lists");
        };
        for row in 0..blocks.len() {
            let of = |lists: &ArrayRef| lists.as_list::<i32>().value(row);
            let (blocks, begins, ends) = (of(blocks), of(begins), of(ends));
            let (times, counts) = (of(times), of(counts));
            let numbers = |column: &ArrayRef| column.as_primitive::<UInt32Type>().values().clone();
            let (begins, ends) = (numbers(&begins), numbers(&ends));
            let (times, counts) = (numbers(&times), numbers(&counts));
            let mut counted = times.iter().copied().zip(counts.iter().copied());
            for ((block, begins), ends) in
                blocks.as_primitive::<Int64Type>().values().iter().zip(&begins).zip(&ends)
            {
                let block = self.events.block_mut(*block);
                block.begins.add(counted.by_ref().take(*begins as usize));
                block.ends.add(counted.by_ref().take(*ends as usize));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut events = std::mem::take(&mut self.events);
        events.sort_pending();
        Ok(ScalarValue::List(Arc::new(bucket_list(&sweep(&events, self.intervals))?)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.events.bytes()
    }
}

fn bucket_fields() -> Fields {
    [
        Field::new("begins", timestamp_type(), true),
        Field::new("local", DataType::Timestamp(TimeUnit::Millisecond, None), true),
        Field::new("spans", DataType::Int64, true),
        Field::new("milliseconds", DataType::Int64, true),
        Field::new("peak", DataType::Int64, true),
        Field::new("peak_at", timestamp_type(), true),
        Field::new("peak_as_begun", DataType::Int64, true),
    ]
    .into_iter()
    .collect()
}

/// Builds one list of `buckets`.
fn bucket_list(buckets: &[ConcurrencyBucket]) -> Result<ListArray> {
    let instants = |of: fn(&ConcurrencyBucket) -> i64| {
        TimestampMillisecondArray::from_iter_values(buckets.iter().map(of))
    };
    let numbers =
        |of: fn(&ConcurrencyBucket) -> i64| Arc::new(Int64Array::from_iter_values(buckets.iter().map(of)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(instants(|bucket| bucket.begins).with_timezone("UTC")),
        Arc::new(instants(|bucket| bucket.local)),
        numbers(|bucket| bucket.spans),
        numbers(|bucket| bucket.milliseconds),
        numbers(|bucket| bucket.peak),
        Arc::new(instants(|bucket| bucket.peak_at).with_timezone("UTC")),
        Arc::new(buckets.iter().map(|bucket| bucket.peak_as_begun).collect::<Int64Array>()),
    ];
    single_list(Arc::new(StructArray::try_new(bucket_fields(), columns, None)?))
}

#[cfg(test)]
mod tests;
