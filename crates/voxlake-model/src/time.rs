//! Parsing of times as the API writes them.
//!
//! The documented form is `yyyy-MM-dd'T'HH:mm:ss±HH:mm`; older accounts use `…Z`. Other forms that
//! occur are supported too: fractions of a second (kept to the millisecond), an offset without a
//! colon, a space instead of `T`, no offset (UTC, the vendor's stated default), and a bare date
//! (midnight UTC). A number is not a time because its unit is unknown.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Utc};

/// Valid years of calls. A zero read as a time (1970), or a year far in the future, would extend
/// every period over all data.
pub const CALL_YEARS: RangeInclusive<i32> = 2000..=2199;

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of a UTC day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// Parses a time to the millisecond. `None` if it is not a time between the years 2000 and 2199.
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

/// Parses the documented form and the one with `Z` by the position of each digit. `None` for any
/// other text.
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
    // Most times are UTC. For them the date need not be computed again from seconds.
    let local = time.and_utc();
    if seconds_east == 0 { Some(local) } else { local.checked_sub_signed(TimeDelta::seconds(seconds_east)) }
}

/// Parses two digits.
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
    fn parses_all_forms_of_times() {
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
    fn other_texts_are_not_times() {
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
