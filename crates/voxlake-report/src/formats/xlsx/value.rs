//! What a sheet can hold of a value: numbers are doubles there, and times are numbers of days.
//!
//! The text of a value says it exactly. It becomes a number where the number says the same, and stays
//! text where it would not: no digit is lost.

use arrow::datatypes::DataType;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

/// Decimal digits that every double keeps, and all that Excel shows.
const DIGITS: usize = 15;
/// Decimal places that a number format takes.
const PLACES: usize = 30;
const MILLISECONDS_A_DAY: f64 = 86_400_000.0;
/// The day 1970-01-01 of a sheet, whose day 1 is 1900-01-01.
const UNIX_EPOCH: f64 = 25_569.0;
/// The days that a sheet counts as the calendar does: from March 1900, because it has a 29th of February
/// before, to the end of 9999.
const DAYS: std::ops::Range<f64> = 61.0..2_958_466.0;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whole numbers and decimals, with the places after the point.
    Exact(usize),
    Float,
    Boolean,
    Date,
    /// A point in time.
    Instant,
    /// A date and time of some clock.
    Local,
    Text,
}

/// What goes into a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    /// A number in the column's format.
    Number(f64),
    /// A time, in days, that is not of a whole second.
    Milliseconds(f64),
    Boolean(bool),
    /// The text of the value as it is.
    Text,
}

impl Kind {
    pub(crate) fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale) => Self::Exact(usize::try_from(*scale).unwrap_or(0)),
            integer if integer.is_integer() => Self::Exact(0),
            float if float.is_floating() => Self::Float,
            DataType::Boolean => Self::Boolean,
            DataType::Date32 => Self::Date,
            DataType::Timestamp(_, Some(_)) => Self::Instant,
            DataType::Timestamp(_, None) | DataType::Date64 => Self::Local,
            _ => Self::Text,
        }
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Exact(_) | Self::Float)
    }

    /// The format that shows the values whole; `None` for what needs none.
    pub(crate) fn number_format(self) -> Option<String> {
        match self {
            Self::Exact(0) => Some("0".to_owned()),
            Self::Exact(scale) => Some(format!("0.{}", "0".repeat(scale.min(PLACES)))),
            Self::Float => Some("General".to_owned()),
            Self::Date => Some("yyyy-mm-dd".to_owned()),
            Self::Instant | Self::Local => Some("yyyy-mm-dd hh:mm:ss".to_owned()),
            Self::Boolean | Self::Text => None,
        }
    }

    /// The value that `text` says, if a sheet's value says it exactly.
    pub(crate) fn value(self, text: &str) -> Value {
        match self {
            Self::Exact(_) => exact(text),
            Self::Float => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Number),
            Self::Boolean => text.parse().ok().map(Value::Boolean),
            Self::Date => text.parse().ok().and_then(|date: NaiveDate| time(date.and_time(NaiveTime::MIN))),
            Self::Instant => {
                DateTime::parse_from_rfc3339(text).ok().and_then(|moment| time(moment.naive_utc()))
            }
            Self::Local => text.replacen(' ', "T", 1).parse().ok().and_then(time),
            Self::Text => None,
        }
        .unwrap_or(Value::Text)
    }
}

/// A whole number or decimal of so few digits that a double tells it from every other.
fn exact(text: &str) -> Option<Value> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let few = digits.trim_matches('0').len() <= DIGITS;
    text.parse().ok().filter(|_| few).map(Value::Number)
}

/// A time as a number of days, if it is within the days of a sheet and no finer than it shows.
fn time(at: NaiveDateTime) -> Option<Value> {
    let at = at.and_utc();
    let milliseconds = at.timestamp_millis();
    let days = milliseconds as f64 / MILLISECONDS_A_DAY + UNIX_EPOCH;
    let held = DAYS.contains(&days) && at.timestamp_subsec_nanos().is_multiple_of(1_000_000);
    let value = if milliseconds % 1000 == 0 { Value::Number } else { Value::Milliseconds };
    held.then(|| value(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_numbers_up_to_fifteen_digits_and_text_beyond() {
        let money = Kind::Exact(6);
        assert_eq!(money.value("-0.019000"), Value::Number(-0.019));
        assert_eq!(money.value("123456789.123456"), Value::Number(123_456_789.123_456));
        assert_eq!(money.value("1234567890.123456"), Value::Text);
        assert_eq!(Kind::Exact(0).value("999999999999999"), Value::Number(999_999_999_999_999.0));
        assert_eq!(Kind::Exact(0).value("9007199254740993"), Value::Text);
    }

    #[test]
    fn zeros_around_the_digits_do_not_count() {
        assert_eq!(Kind::Exact(0).value("1000000000000000000"), Value::Number(1e18));
        assert_eq!(Kind::Exact(20).value("0.00000000000000000100"), Value::Number(1e-18));
        assert_eq!(Kind::Exact(2).value("0.00"), Value::Number(0.0));
    }

    #[test]
    fn floats_that_are_no_numbers_are_text() {
        assert_eq!(Kind::Float.value("0.1"), Value::Number(0.1));
        assert_eq!(Kind::Float.value("NaN"), Value::Text);
        assert_eq!(Kind::Float.value("-inf"), Value::Text);
    }

    #[test]
    fn times_are_days_and_instants_are_so_in_utc() {
        assert_eq!(Kind::Date.value("1970-01-02"), Value::Number(25_570.0));
        assert_eq!(Kind::Instant.value("1970-01-01T12:00:00Z"), Value::Number(25_569.5));
        assert_eq!(Kind::Instant.value("1970-01-01T14:00:00+02:00"), Value::Number(25_569.5));
        assert_eq!(Kind::Local.value("1970-01-01T12:00:00"), Value::Number(25_569.5));
        assert_eq!(
            Kind::Instant.value("1970-01-01T00:00:00.432Z"),
            Value::Milliseconds(25_569.0 + 432.0 / MILLISECONDS_A_DAY)
        );
    }

    #[test]
    fn times_that_a_sheet_would_show_as_others_are_text() {
        assert_eq!(Kind::Date.value("1900-02-28"), Value::Text);
        assert_eq!(Kind::Date.value("1900-03-01"), Value::Number(61.0));
        assert_eq!(
            Kind::Local.value("9999-12-31T23:59:59"),
            Value::Number(2_958_465.0 + 86_399.0 / 86_400.0)
        );
        assert_eq!(Kind::Date.value("+10000-01-01"), Value::Text);
        assert_eq!(Kind::Instant.value("2026-11-02T00:00:00.000001Z"), Value::Text);
    }

    #[test]
    fn a_number_format_keeps_the_scale() {
        assert_eq!(Kind::of(&DataType::Decimal128(18, 6)).number_format().as_deref(), Some("0.000000"));
        assert_eq!(Kind::of(&DataType::Decimal128(38, -2)).number_format().as_deref(), Some("0"));
        assert_eq!(Kind::of(&DataType::UInt64).number_format().as_deref(), Some("0"));
    }
}
