//! `local_intervals(from, to, minutes, zone)`: the intervals of the local clock that a span of time
//! touches, and how much of each.
//!
//! Traffic spreads a call over the intervals that it spans, and a mean per hour needs to know how
//! often that hour came. On the days when clocks change, an hour is missing or comes twice and the
//! day has 23 or 25; cutting spans here, where the zone's rules are known, gets that right once.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, ListArray, StructArray, TimestampMillisecondArray,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields, Int64Type, TimeUnit, TimestampMillisecondType};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::clock::Clock;
use super::local_time::time_zone;
use super::{coerce_to, list};

/// Intervals of one span: those of 285 years by the quarter of an hour.
const MAX_INTERVALS: i64 = 10_000_000;

/// `local_intervals(from, to, minutes, zone) -> list of struct`, one entry for each piece of
/// `[from, to)` that lies in one interval, in time: `begins`, when the interval begins; `local`, what
/// the clock shows then; `milliseconds`, how long the piece is. Empty where `to` is not after `from`;
/// null where an argument is.
///
/// Intervals are counted from local midnight, and `minutes` is a part of a day or the whole. An hour
/// that the clock repeats is two intervals with the same `local`; a day is one, however long it is.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct LocalIntervals {
    signature: Signature,
}

impl Default for LocalIntervals {
    fn default() -> Self {
        // It says the same for the same. But as a constant, the engine would work it out while it plans and then write all of
        // its intervals into names of columns, again and again: of ten years by the hour, half a second.
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
        Ok(list(DataType::Struct(piece_fields())))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_to(self.name(), given, &[instant(), instant(), DataType::Int64, DataType::Utf8])
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
        // Constants come as arrays of one row; most often the clock is one.
        let at = |array: &dyn Array, row: usize| if array.len() == 1 { 0 } else { row };
        let (mut pieces, mut lengths, mut valid) = (Vec::new(), Vec::new(), Vec::new());
        let mut clock: Option<(&str, Clock)> = None;
        for row in 0..rows {
            let (f, t, m, z) = (at(from, row), at(to, row), at(minutes, row), at(zones, row));
            let known = from.is_valid(f) && to.is_valid(t) && minutes.is_valid(m) && zones.is_valid(z);
            let before = pieces.len();
            if known {
                let (minutes, zone) = (minutes.value(m), zones.value(z));
                let clock = match clock.filter(|(name, clock)| *name == zone && clock.is_of(minutes)) {
                    Some((_, clock)) => clock,
                    None => clock.insert((zone, Clock::try_new(time_zone(zone)?, minutes)?)).1,
                };
                let (from, to) = (from.value(f), to.value(t));
                if to.saturating_sub(from) / clock.step() > MAX_INTERVALS {
                    return exec_err!(
                        "a period of more than {MAX_INTERVALS} intervals of {minutes} minutes has too many: \
                         take a shorter period or longer intervals"
                    );
                }
                clock.cut(from, to, &mut pieces);
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

/// The type of an instant.
pub(super) fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

fn piece_fields() -> Fields {
    [
        Field::new("begins", instant(), true),
        Field::new("local", DataType::Timestamp(TimeUnit::Millisecond, None), true),
        Field::new("milliseconds", DataType::Int64, true),
    ]
    .into_iter()
    .collect()
}
