//! Times as the API writes them → instants in UTC.
//!
//! The described form is `yyyy-MM-dd'T'HH:mm:ss±HH:mm`; older accounts answer with `…Z`. What the
//! field has also seen is taken too: fractions of a second (kept to the millisecond), an offset
//! without its colon, a space for the `T`, no offset at all (the vendor's stated default is UTC),
//! and a bare date (its midnight, UTC). A number is not a time: its unit would be a guess.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// The first and the last year that a call can be of. A zero that was taken for a time (1970) or
/// a far future would only stretch every period that is asked for.
pub const CALL_YEARS: RangeInclusive<i32> = 2000..=2199;

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of a UTC day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// The instant that `text` names, to the millisecond, or `None` where it names none between the
/// years 2000 and 2199.
#[must_use]
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Some(instant) = parse_rfc3339_fast(text) {
        return CALL_YEARS.contains(&instant.year()).then_some(instant);
    }
    let instant = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%z"))
        .map(|instant| instant.to_utc())
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|t| t.and_utc()))
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|t| t.and_utc()))
        .or_else(|_| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|day| day.and_time(Default::default()).and_utc())
        })
        .ok()?;
    // A leap second can carry into the next year.
    let instant = DateTime::from_timestamp_millis(instant.timestamp_millis())?;
    CALL_YEARS.contains(&instant.year()).then_some(instant)
}

/// The described form, and the one with `Z`, read by where each digit stands. `None` for every
/// other form, and for what is no time.
fn parse_rfc3339_fast(text: &str) -> Option<DateTime<Utc>> {
    let (local, offset) = text.as_bytes().split_first_chunk::<19>()?;
    let [y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2] = *local
    else {
        return None;
    };
    let seconds_east = match *offset {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two_digits([h1, h2])?, two_digits([m1, m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = i64::from(hours * 3600 + minutes * 60);
            if sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let year = i32::try_from(two_digits([y1, y2])? * 100 + two_digits([y3, y4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, two_digits([mo1, mo2])?, two_digits([d1, d2])?)?;
    let time = date.and_hms_opt(two_digits([h1, h2])?, two_digits([m1, m2])?, two_digits([s1, s2])?)?;
    // Most are UTC already, and the way over seconds would take the date apart again.
    let local = time.and_utc();
    if seconds_east == 0 { Some(local) } else { local.checked_sub_signed(TimeDelta::seconds(seconds_east)) }
}

/// Two digits.
fn two_digits([tens, units]: [u8; 2]) -> Option<u32> {
    let both = tens.is_ascii_digit() && units.is_ascii_digit();
    both.then(|| u32::from(tens - b'0') * 10 + u32::from(units - b'0'))
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn utc(text: &str) -> Option<String> {
        parse(text).map(|instant| instant.format("%Y-%m-%d %H:%M:%S%.3f").to_string())
    }

    #[test]
    fn every_form_of_the_api_names_the_same_instant() {
        for text in [
            "2023-01-01T08:00:00+00:00",
            "2023-01-01T08:00:00Z",
            "2023-01-01T00:00:00-08:00",
            "2023-01-01T13:30:00+05:30",
            "2023-01-01T08:00:00.000Z",
            "2023-01-01T00:00:00-0800",
            "2023-01-01 08:00:00",
            "2023-01-01T08:00:00",
            " 2023-01-01T08:00:00Z ",
        ] {
            assert_eq!(utc(text).as_deref(), Some("2023-01-01 08:00:00.000"), "{text}");
        }
        assert_eq!(utc("2023-01-01").as_deref(), Some("2023-01-01 00:00:00.000"));
        assert_eq!(utc("2023-01-01T08:00:00.25Z").as_deref(), Some("2023-01-01 08:00:00.250"));
    }

    #[test]
    fn what_is_no_time_of_a_call_is_none() {
        for text in [
            "",
            "<string>",
            "yesterday",
            "2023-13-01T00:00:00Z",
            "2023-02-29",
            "1672560000",
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "2199-12-31T23:59:60Z",
            "+10000-01-01T00:00:00Z",
            "2023-01-01T25:00:00Z",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }
}
