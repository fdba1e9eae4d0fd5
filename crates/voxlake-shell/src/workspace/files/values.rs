//! Formats of the values in the cells of a CSV file.

use chrono::{NaiveDate, NaiveTime};

/// Maximum digits of DataFusion's decimals.
pub(super) const MAX_DIGITS: usize = 38;
/// Maximum fractional digits of a timestamp's seconds.
const MAX_FRACTION_DIGITS: usize = 6;

/// Sign between the whole and the fractional digits of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecimalSign {
    Point,
    Comma,
}

impl DecimalSign {
    fn byte(self) -> u8 {
        match self {
            Self::Point => b'.',
            Self::Comma => b',',
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::Point => Self::Comma,
            Self::Comma => Self::Point,
        }
    }
}

/// Form of a value's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Digits with an optional sign.
    Integer {
        digits: usize,
        /// True if there is a sign or a leading zero, as in phone numbers and codes.
        marked: bool,
    },
    /// Digits with one sign among them.
    Decimal {
        sign: DecimalSign,
        whole: usize,
        scale: usize,
        /// True if there is a leading zero.
        marked: bool,
        /// True if the sign may separate thousands: `1,234`.
        ambiguous: bool,
    },
    /// Digits with separated thousands, and the resulting decimal sign: `1.234,56`.
    Grouped { sign: DecimalSign },
    /// A number with an exponent.
    Exponent,
    /// A date, `2026-11-02`.
    Date,
    /// A date and time with an optional zone.
    Timestamp {
        /// True if it is more precise than milliseconds.
        fine: bool,
    },
    /// `true` or `false`.
    Boolean,
    /// Anything else.
    Text,
}

/// Returns the form of a trimmed, non-empty cell.
pub(super) fn form(text: &str) -> Form {
    match text.as_bytes() {
        [b'-' | b'+' | b'.' | b',' | b'0'..=b'9', ..] => number(text).or_else(|| moment(text)),
        [b't' | b'T' | b'f' | b'F', ..] => boolean(text).map(|_| Form::Boolean),
        _ => None,
    }
    .unwrap_or(Form::Text)
}

fn moment(text: &str) -> Option<Form> {
    if date(text).is_some() {
        return Some(Form::Date);
    }
    timestamp(text).map(|micros| Form::Timestamp { fine: micros % 1000 != 0 })
}

fn number(text: &str) -> Option<Form> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plus = text.starts_with('+');
    let marked = |whole: &str| whole.len() > 1 && whole.starts_with('0');
    if all_digits(unsigned) {
        return Some(Form::Integer { digits: unsigned.len(), marked: plus || marked(unsigned) });
    }
    let signs = [DecimalSign::Point, DecimalSign::Comma];
    for sign in signs {
        if let Some((whole, fraction)) = unsigned.split_once(char::from(sign.byte()))
            && (whole.is_empty() || all_digits(whole))
            && all_digits(fraction)
        {
            return Some(Form::Decimal {
                sign,
                whole: whole.len(),
                scale: fraction.len(),
                marked: marked(whole),
                ambiguous: fraction.len() == 3 && matches!(whole.len(), 1..=3) && !whole.starts_with('0'),
            });
        }
    }
    if let Some(sign) = signs.into_iter().find(|sign| plain(unsigned, *sign, true).is_some()) {
        return Some(Form::Grouped { sign });
    }
    let exponent = unsigned.split_once(['e', 'E']).is_some_and(|(mantissa, exponent)| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        all_digits(exponent) && plain(mantissa, DecimalSign::Point, false).is_some()
    });
    (exponent && text.parse::<f64>().is_ok_and(f64::is_finite)).then_some(Form::Exponent)
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Splits an unsigned number into whole digits, without thousands separators, and fractional
/// digits.
fn plain(unsigned: &str, sign: DecimalSign, grouped: bool) -> Option<(String, &str)> {
    let (whole, fraction) = match unsigned.split_once(char::from(sign.byte())) {
        Some((whole, fraction)) => (whole, all_digits(fraction).then_some(fraction)?),
        None => (unsigned, ""),
    };
    if all_digits(whole) || (whole.is_empty() && !fraction.is_empty()) {
        return Some((whole.to_owned(), fraction));
    }
    let groups: Vec<&str> = whole.split(char::from(sign.other().byte())).collect();
    let [first, others @ ..] = groups.as_slice() else { return None };
    let right = all_digits(first)
        && first.len() <= 3
        && !first.starts_with('0')
        && others.iter().all(|group| group.len() == 3 && all_digits(group));
    (grouped && right).then(|| (groups.concat(), fraction))
}

/// Parses a decimal number, with or without thousands separators, as an integer of `scale` decimal
/// places.
///
/// # Errors
/// The reason, to follow the value in a sentence.
pub(super) fn decimal(text: &str, sign: DecimalSign, precision: u8, scale: u8) -> Result<i128, String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = plain(unsigned, sign, true).ok_or("is not a decimal number")?;
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let places = usize::from(scale);
    if fraction.len() > places {
        return Err(format!("has more than {scale} decimal places"));
    }
    if whole.len() + places > usize::from(precision) {
        return Err(format!("has more than {} digits before its decimal places", precision - scale));
    }
    let digits = format!("{whole}{fraction:0<places$}");
    let value = if digits.is_empty() { Ok(0) } else { digits.parse::<i128>() };
    let value = value.map_err(|_| "is too large")?;
    Ok(if text.starts_with('-') { -value } else { value })
}

/// Parses a whole number.
pub(super) fn integer(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    all_digits(unsigned).then(|| text.parse().ok()).flatten()
}

/// Parses a floating-point number.
pub(super) fn double(text: &str, sign: DecimalSign) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let value: f64 = match plain(unsigned, sign, true) {
        Some((whole, fraction)) => format!("0{whole}.{fraction}0").parse().ok()?,
        None if number(text) == Some(Form::Exponent) => unsigned.parse().ok()?,
        None => return None,
    };
    Some(if text.starts_with('-') { -value } else { value })
}

/// Parses `true` or `false`, ignoring case.
pub(super) fn boolean(text: &str) -> Option<bool> {
    [("true", true), ("false", false)]
        .into_iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, value)| value)
}

/// Parses `2026-11-02`.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
        })
    };
    let year = i32::try_from(number(&[a, b, c, d])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[e, f])?, number(&[g, h])?)
}

/// Parses a date and time as microseconds since 1970 in UTC: `2026-11-02 08:00`, with `T` for the
/// space, seconds, a fraction of up to 6 digits, and a zone (`Z`, `+01:00`; default UTC).
pub(super) fn timestamp(text: &str) -> Option<i64> {
    let day = date(text.get(..10)?)?;
    let time = text.get(10..)?.strip_prefix(['T', 't', ' '])?;
    let zone_at = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at(zone_at);
    let (clock, fraction) = time.trim_end().split_once('.').unwrap_or((time.trim_end(), "0"));
    let clock = match clock.len() {
        5 => NaiveTime::parse_from_str(clock, "%H:%M"),
        8 if !clock.ends_with("60") => NaiveTime::parse_from_str(clock, "%H:%M:%S"),
        _ => return None,
    };
    let fraction = if all_digits(fraction) { fraction.trim_end_matches('0') } else { return None };
    if fraction.len() > MAX_FRACTION_DIGITS || (!fraction.is_empty() && time.trim_end().len() < 10) {
        return None;
    }
    let micros: i64 = format!("{fraction:0<MAX_FRACTION_DIGITS$}").parse().ok()?;
    let local = day.and_time(clock.ok()?).and_utc().timestamp_micros();
    Some(local + micros - i64::from(offset_seconds(zone)?) * 1_000_000)
}

/// Offset of a zone in seconds: `Z`, `+01`, `+0100`, `+01:00`; 0 without a zone.
fn offset_seconds(zone: &str) -> Option<i32> {
    if matches!(zone, "" | "Z" | "z") {
        return Some(0);
    }
    let digits = zone.get(1..)?.replace(':', "");
    let (hours, minutes) = match digits.len() {
        _ if !all_digits(&digits) => return None,
        2 => (digits.as_str(), "0"),
        4 => digits.split_at_checked(2)?,
        _ => return None,
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = (hours <= 14 && minutes < 60).then_some(hours * 3600 + minutes * 60)?;
    Some(if zone.starts_with('-') { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_forms() {
        let decimal =
            |sign, whole, scale, ambiguous| Form::Decimal { sign, whole, scale, marked: false, ambiguous };
        let (point, comma) = (DecimalSign::Point, DecimalSign::Comma);
        for (text, expected) in [
            ("0", Form::Integer { digits: 1, marked: false }),
            ("-12", Form::Integer { digits: 2, marked: false }),
            ("012", Form::Integer { digits: 3, marked: true }),
            ("+4930", Form::Integer { digits: 4, marked: true }),
            ("12.50", decimal(point, 2, 2, false)),
            (".5", decimal(point, 0, 1, false)),
            ("12,5", decimal(comma, 2, 1, false)),
            ("1,234", decimal(comma, 1, 3, true)),
            ("1.234", decimal(point, 1, 3, true)),
            ("0,125", decimal(comma, 1, 3, false)),
            ("1.234,56", Form::Grouped { sign: comma }),
            ("1,234.56", Form::Grouped { sign: point }),
            ("1.234.567", Form::Grouped { sign: comma }),
            ("1e5", Form::Exponent),
            ("-1.5E-3", Form::Exponent),
            ("1e999", Form::Text),
            ("12.", Form::Text),
            ("1.2.3", Form::Text),
            ("1,23,456", Form::Text),
            ("+49 30 1234", Form::Text),
            ("1-2", Form::Text),
            ("-", Form::Text),
            ("inf", Form::Text),
            ("٣", Form::Text),
        ] {
            assert_eq!(form(text), expected, "{text}");
        }
    }

    #[test]
    fn moments_have_their_forms() {
        for (text, expected) in [
            ("2026-11-02", Form::Date),
            ("2026-02-30", Form::Text),
            ("2026-11-02 08:00", Form::Timestamp { fine: false }),
            ("2026-11-02T08:00:01Z", Form::Timestamp { fine: false }),
            ("2026-11-02T08:00:01.123+01:00", Form::Timestamp { fine: false }),
            ("2026-11-02T08:00:01.123456-0530", Form::Timestamp { fine: true }),
            ("2026-11-02 08:00:60", Form::Text),
            ("2026-11-02 24:00", Form::Text),
            ("2026-11-02 08", Form::Text),
            ("2026-11-02 08:00.5", Form::Text),
            ("2026-11-02T08:00:01.1234567Z", Form::Text),
            ("2026-11-02T08:00+99:00", Form::Text),
            ("TRUE", Form::Boolean),
            ("false", Form::Boolean),
            ("t", Form::Text),
        ] {
            assert_eq!(form(text), expected, "{text}");
        }
        assert_eq!(timestamp("1970-01-01 01:00+01:00"), Some(0));
        assert_eq!(timestamp("1970-01-01T00:00:00.000002Z"), Some(2));
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        let (point, comma) = (DecimalSign::Point, DecimalSign::Comma);
        assert_eq!(decimal("-12.5", point, 18, 2), Ok(-1250));
        assert_eq!(decimal("1.234,5", comma, 18, 2), Ok(123_450));
        assert_eq!(decimal("1,234", point, 18, 0), Ok(1234));
        assert_eq!(decimal("0.10", point, 2, 1), Ok(1));
        assert_eq!(decimal("0", point, 18, 2), Ok(0));
        assert_eq!(decimal("9".repeat(38).as_str(), point, 38, 0), Ok(10_i128.pow(38) - 1));
        decimal("0.125", point, 18, 2).unwrap_err();
        decimal("100", point, 4, 2).unwrap_err();
        decimal("1e5", point, 18, 2).unwrap_err();
        decimal("12,5", point, 18, 2).unwrap_err();
    }
}
