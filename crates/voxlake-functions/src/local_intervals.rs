//! `local_intervals(from, to, minutes, zone)`: the local intervals that a time range overlaps, and
//! the length of each overlap.
//!
//! Traffic reports distribute a call over the intervals that it overlaps, and a mean per hour
//! divides by the number of times that the hour occurred. On days with a clock change, an hour is
//! missing or occurs twice, and the day has 23 or 25 hours. Splitting ranges here applies the
//! zone's rules in one place.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, ListArray, StructArray, TimestampMillisecondArray,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields, Int64Type, TimeUnit, TimestampMillisecondType};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use voxlake_model::schema::timestamp_type;

use super::local_time::time_zone;
use super::zoned_intervals::ZonedIntervals;
use crate::arguments::coerce_arguments;
use crate::lists::list_of;

/// Maximum intervals of one range: 285 years of quarter hours.
const MAX_INTERVALS: i64 = 10_000_000;

/// `local_intervals(from, to, minutes, zone) -> list of struct`: one entry for each part of `[from,
/// to)` that lies in one interval, in chronological order. Empty if `to` is not after `from`; null
/// if an argument is null.
///
/// | field | meaning |
/// | --- | --- |
/// | begins | start of the interval |
/// | local | local time at its start |
/// | milliseconds | length of the part |
///
/// Intervals are counted from local midnight, and `minutes` divides a day. An hour that is repeated
/// by a clock change is two intervals with the same `local`; a day is one interval, however long it
/// is.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct LocalIntervals {
    signature: Signature,
}

impl Default for LocalIntervals {
    fn default() -> Self {
        // Declared volatile, although it is deterministic. DataFusion would otherwise evaluate
        // calls with constant arguments during planning and repeat all intervals in column names:
        // half a second for ten years of hours.
        Self { signature: Signature::user_defined(Volatility::Volatile) }
    }
}

impl ScalarUDFImpl for LocalIntervals {
    fn name(&self) -> &'static str {
        "local_intervals"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(DataType::Struct(piece_fields())))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_arguments(
            self.name(),
            given,
            &[timestamp_type(), timestamp_type(), DataType::Int64, DataType::Utf8],
        )
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let columns = ColumnarValue::values_to_arrays(&args.args)?;
        let [from, to, minutes, zones] = columns.as_slice() else {
            return exec_err!("local_intervals takes 4 arguments");
        };
        let (from, to) =
            (from.as_primitive::<TimestampMillisecondType>(), to.as_primitive::<TimestampMillisecondType>());
        let (minutes, zones) = (minutes.as_primitive::<Int64Type>(), zones.as_string::<i32>());
        // An argument of one row is a constant, as the zone usually is.
        let index_in = |array: &dyn Array, row: usize| if array.len() == 1 { 0 } else { row };
        let (mut pieces, mut lengths, mut valid) = (Vec::new(), Vec::new(), Vec::new());
        let mut last: Option<(&str, ZonedIntervals)> = None;
        for row in 0..rows {
            let (f, t, m, z) =
                (index_in(from, row), index_in(to, row), index_in(minutes, row), index_in(zones, row));
            let known = from.is_valid(f) && to.is_valid(t) && minutes.is_valid(m) && zones.is_valid(z);
            let before = pieces.len();
            if known {
                let (minutes, zone) = (minutes.value(m), zones.value(z));
                let intervals = match last.filter(|(name, last)| *name == zone && last.has_minutes(minutes)) {
                    Some((_, intervals)) => intervals,
                    None => last.insert((zone, ZonedIntervals::try_new(time_zone(zone)?, minutes)?)).1,
                };
                let (from, to) = (from.value(f), to.value(t));
                if to.saturating_sub(from) / intervals.step_ms() > MAX_INTERVALS {
                    return exec_err!(
                        "the time range has more than {MAX_INTERVALS} intervals of {minutes} minutes: \
                         use a shorter range or longer intervals"
                    );
                }
                intervals.split(from, to, &mut pieces);
            }
            lengths.push(pieces.len() - before);
            valid.push(known);
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(
                TimestampMillisecondArray::from_iter_values(pieces.iter().map(|piece| piece.begins))
                    .with_timezone("UTC"),
            ),
            Arc::new(TimestampMillisecondArray::from_iter_values(pieces.iter().map(|piece| piece.local))),
            Arc::new(Int64Array::from_iter_values(pieces.iter().map(|piece| piece.milliseconds))),
        ];
        let pieces = StructArray::try_new(piece_fields(), columns, None)?;
        let item = Arc::new(Field::new_list_field(pieces.data_type().clone(), true));
        let offsets = OffsetBuffer::from_lengths(lengths);
        let pieces = ListArray::try_new(item, offsets, Arc::new(pieces), Some(valid.into()))?;
        Ok(ColumnarValue::Array(Arc::new(pieces)))
    }
}

fn piece_fields() -> Fields {
    [
        Field::new("begins", timestamp_type(), true),
        Field::new("local", DataType::Timestamp(TimeUnit::Millisecond, None), true),
        Field::new("milliseconds", DataType::Int64, true),
    ]
    .into_iter()
    .collect()
}
