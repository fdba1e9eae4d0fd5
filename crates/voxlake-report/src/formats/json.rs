//! JSON as one array, or as one object per line. NULL is written as null. NaN and infinity, which
//! JSON cannot represent, are null too.

use std::io::Write;

use arrow::array::{Array, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, TimestampMicrosecondType, TimestampMillisecondType};
use arrow::datatypes::{TimeUnit, TimestampSecondType};
use arrow::error::ArrowError;
use arrow::json::writer::{JsonArray, JsonFormat, LineDelimited, Writer, WriterBuilder};

use crate::error::ReportError;
use crate::result_writer::ResultWriter;

pub(crate) struct JsonWriter<W: Write, F: JsonFormat> {
    writer: Writer<W, F>,
    /// Text after the last row.
    end: &'static str,
}

impl<W: Write> JsonWriter<W, JsonArray> {
    pub(crate) fn array(out: W) -> Self {
        Self { writer: builder().build(out), end: "\n" }
    }
}

impl<W: Write> JsonWriter<W, LineDelimited> {
    pub(crate) fn lines(out: W) -> Self {
        Self { writer: builder().build(out), end: "" }
    }
}

fn builder() -> WriterBuilder {
    WriterBuilder::new().with_explicit_nulls(true)
}

impl<W: Write, F: JsonFormat> ResultWriter for JsonWriter<W, F> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        batch.columns().iter().try_for_each(|column| check_times(column.as_ref()))?;
        Ok(self.writer.write(batch)?)
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        self.writer.finish()?;
        let out = self.writer.get_mut();
        out.write_all(self.end.as_bytes())?;
        Ok(out.flush()?)
    }
}

/// Maximum days from 1970. chrono ends at day 95,026,236; for later dates, arrow would write an
/// error message as the value.
const MAX_DAYS: i64 = 365 * 260_000;
const MAX_SECONDS: i64 = MAX_DAYS * 86_400;

/// Rejects dates and timestamps that chrono cannot format.
fn check_times(values: &dyn Array) -> Result<(), ArrowError> {
    let largest = match values.data_type() {
        DataType::Date32 => {
            largest_magnitude(values.as_primitive::<Date32Type>().iter().flatten().map(i64::from)) / MAX_DAYS
        }
        DataType::Timestamp(TimeUnit::Second, _) => {
            largest_magnitude(values.as_primitive::<TimestampSecondType>().iter().flatten()) / MAX_SECONDS
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            largest_magnitude(values.as_primitive::<TimestampMillisecondType>().iter().flatten())
                / MAX_SECONDS
                / 1_000
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            largest_magnitude(values.as_primitive::<TimestampMicrosecondType>().iter().flatten())
                / MAX_SECONDS
                / 1_000_000
        }
        DataType::List(_) => return check_times(values.as_list::<i32>().values().as_ref()),
        DataType::Struct(_) => {
            return values.as_struct().columns().iter().try_for_each(|field| check_times(field.as_ref()));
        }
        _ => 0,
    };
    match largest {
        0 => Ok(()),
        _ => {
            Err(ArrowError::CastError("a date or timestamp is more than 260,000 years from 1970".to_owned()))
        }
    }
}

/// Returns the largest absolute value.
fn largest_magnitude(values: impl Iterator<Item = i64>) -> i64 {
    values.map(i64::saturating_abs).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, TimestampMillisecondArray, TimestampSecondArray};

    use super::*;

    #[test]
    fn out_of_range_timestamps_are_rejected() {
        let written = |value: ArrayRef| {
            let batch = RecordBatch::try_from_iter([("t", value)]).unwrap();
            let mut out = Vec::new();
            JsonWriter::lines(&mut out).write(&batch).map(|()| String::from_utf8(out).unwrap())
        };
        let seconds = |value| written(std::sync::Arc::new(TimestampSecondArray::from(vec![value])));
        assert!(seconds(0).unwrap().contains("1970-01-01T00:00:00"));
        assert!(seconds(i64::MAX).is_err());
        assert!(seconds(i64::MIN).is_err());
        let milliseconds = TimestampMillisecondArray::from(vec![i64::MAX]);
        assert!(written(std::sync::Arc::new(milliseconds)).is_err());
    }
}
