//! Values of cells. In a sheet, numbers are doubles, and times are numbers of days.
//!
//! The text of a value is exact. It is converted to a number only if the number is exact too, and
//! is written as text otherwise: no digit is lost.

use arrow::datatypes::DataType;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

/// Maximum decimal digits that every double represents, and that Excel shows.
const MAX_DIGITS: usize = 15;
/// Maximum decimal places of a number format.
const MAX_PLACES: usize = 30;
const MS_PER_DAY: f64 = 86_400_000.0;
/// Number of the day 1970-01-01 in a sheet, whose day 1 is 1900-01-01.
const UNIX_EPOCH_DAY: f64 = 25_569.0;
/// Days whose numbers match the calendar: from March 1900, because a sheet has a 29th of February
/// in that year, to the end of 9999.
const CALENDAR_DAYS: std::ops::Range<f64> = 61.0..2_958_466.0;

/// Kind of the cells of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellKind {
    /// Integers and decimals, with the number of decimal places.
    Exact(usize),
    Float,
    Boolean,
    Date,
    /// A point in time, shown in local time of the column's time zone.
    Instant,
    /// A date and time without a time zone.
    Local,
    Text,
}

/// Value of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CellValue {
    /// A number in the column's format.
    Number(f64),
    /// A time in days, with a fraction of a second.
    Milliseconds(f64),
    Boolean(bool),
    /// The text of the value.
    Text,
}

impl CellKind {
    pub(crate) fn from_type(data_type: &DataType) -> Self {
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

    /// Returns the number format that shows all digits; `None` for booleans and text.
    pub(crate) fn number_format(self) -> Option<String> {
        match self {
            Self::Exact(0) => Some("0".to_owned()),
            Self::Exact(scale) => Some(format!("0.{}", "0".repeat(scale.min(MAX_PLACES)))),
            Self::Float => Some("General".to_owned()),
            Self::Date => Some("yyyy-mm-dd".to_owned()),
            Self::Instant | Self::Local => Some("yyyy-mm-dd hh:mm:ss".to_owned()),
            Self::Boolean | Self::Text => None,
        }
    }

    /// Converts `text` to a value if the value is exact, else returns [`CellValue::Text`].
    pub(crate) fn cell_value(self, text: &str) -> CellValue {
        match self {
            Self::Exact(_) => exact_value(text),
            Self::Float => text.parse().ok().filter(|number: &f64| number.is_finite()).map(CellValue::Number),
            Self::Boolean => text.parse().ok().map(CellValue::Boolean),
            Self::Date => {
                text.parse().ok().and_then(|date: NaiveDate| time_value(date.and_time(NaiveTime::MIN)))
            }
            Self::Instant => {
                DateTime::parse_from_rfc3339(text).ok().and_then(|time| time_value(time.naive_local()))
            }
            Self::Local => text.replacen(' ', "T", 1).parse().ok().and_then(time_value),
            Self::Text => None,
        }
        .unwrap_or(CellValue::Text)
    }
}

/// Converts an integer or decimal that has few enough digits for an exact double.
fn exact_value(text: &str) -> Option<CellValue> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_short = digits.trim_matches('0').len() <= MAX_DIGITS;
    text.parse().ok().filter(|_| is_short).map(CellValue::Number)
}

/// Converts a time to a number of days if a sheet can show its day and its precision.
fn time_value(at: NaiveDateTime) -> Option<CellValue> {
    let at = at.and_utc();
    let milliseconds = at.timestamp_millis();
    let days = milliseconds as f64 / MS_PER_DAY + UNIX_EPOCH_DAY;
    let is_exact = CALENDAR_DAYS.contains(&days) && at.timestamp_subsec_nanos().is_multiple_of(1_000_000);
    let value = if milliseconds % 1000 == 0 { CellValue::Number } else { CellValue::Milliseconds };
    is_exact.then(|| value(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_beyond_fifteen_digits_are_text() {
        let money = CellKind::Exact(6);
        assert_eq!(money.cell_value("-0.019000"), CellValue::Number(-0.019));
        assert_eq!(money.cell_value("123456789.123456"), CellValue::Number(123_456_789.123_456));
        assert_eq!(money.cell_value("1234567890.123456"), CellValue::Text);
        assert_eq!(
            CellKind::Exact(0).cell_value("999999999999999"),
            CellValue::Number(999_999_999_999_999.0)
        );
        assert_eq!(CellKind::Exact(0).cell_value("9007199254740993"), CellValue::Text);
    }

    #[test]
    fn leading_and_trailing_zeros_do_not_count() {
        assert_eq!(CellKind::Exact(0).cell_value("1000000000000000000"), CellValue::Number(1e18));
        assert_eq!(CellKind::Exact(20).cell_value("0.00000000000000000100"), CellValue::Number(1e-18));
        assert_eq!(CellKind::Exact(2).cell_value("0.00"), CellValue::Number(0.0));
    }

    #[test]
    fn non_finite_floats_are_text() {
        assert_eq!(CellKind::Float.cell_value("0.1"), CellValue::Number(0.1));
        assert_eq!(CellKind::Float.cell_value("NaN"), CellValue::Text);
        assert_eq!(CellKind::Float.cell_value("-inf"), CellValue::Text);
    }

    #[test]
    fn times_are_days_and_instants_are_local() {
        assert_eq!(CellKind::Date.cell_value("1970-01-02"), CellValue::Number(25_570.0));
        assert_eq!(CellKind::Instant.cell_value("1970-01-01T12:00:00Z"), CellValue::Number(25_569.5));
        assert_eq!(CellKind::Instant.cell_value("1970-01-01T12:00:00+02:00"), CellValue::Number(25_569.5));
        assert_eq!(CellKind::Local.cell_value("1970-01-01T12:00:00"), CellValue::Number(25_569.5));
        assert_eq!(
            CellKind::Instant.cell_value("1970-01-01T00:00:00.432Z"),
            CellValue::Milliseconds(25_569.0 + 432.0 / MS_PER_DAY)
        );
    }

    #[test]
    fn times_a_sheet_cannot_show_are_text() {
        assert_eq!(CellKind::Date.cell_value("1900-02-28"), CellValue::Text);
        assert_eq!(CellKind::Date.cell_value("1900-03-01"), CellValue::Number(61.0));
        assert_eq!(
            CellKind::Local.cell_value("9999-12-31T23:59:59"),
            CellValue::Number(2_958_465.0 + 86_399.0 / 86_400.0)
        );
        assert_eq!(CellKind::Date.cell_value("+10000-01-01"), CellValue::Text);
        assert_eq!(CellKind::Instant.cell_value("2026-11-02T00:00:00.000001Z"), CellValue::Text);
    }

    #[test]
    fn number_format_keeps_the_scale() {
        assert_eq!(
            CellKind::from_type(&DataType::Decimal128(18, 6)).number_format().as_deref(),
            Some("0.000000")
        );
        assert_eq!(CellKind::from_type(&DataType::Decimal128(38, -2)).number_format().as_deref(), Some("0"));
        assert_eq!(CellKind::from_type(&DataType::UInt64).number_format().as_deref(), Some("0"));
    }
}
