//! Moments and periods as people write them, in their time zone.
//!
//! - [`moment`]: a date or a time
//! - [`last`]: so many hours, days, weeks or months up to now
//! - [`mod@named`]: a day, a week, a month or a year, by its name or by its place from today

mod named;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

pub(crate) use self::named::{last, month, named};
use crate::exit::UsageError;

/// A moment: a date (its midnight in `zone`), a date and time in `zone`, or one with an offset.
pub(crate) fn moment(flag: &str, text: &str, zone: Tz) -> Result<DateTime<Utc>, UsageError> {
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.to_utc());
    }
    let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let local = forms
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| text.parse::<NaiveDate>().ok().map(|date| date.and_time(Default::default())));
    local.and_then(|local| instant_of(local, zone)).ok_or_else(|| {
        UsageError(format!(
            "{flag} {text:?} is no moment: write 2026-11-01, \"2026-11-01 08:30\" or 2026-11-01T08:30:00+01:00"
        ))
    })
}

/// The instant of a wall clock's time: the first where the clock shows it twice, the first after
/// where it never does.
fn instant_of(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    // No zone skips more than a day (Samoa skipped one), in steps of a quarter of an hour.
    (0..=96).find_map(|quarters| {
        let at = local.checked_add_signed(TimeDelta::minutes(15 * quarters))?;
        zone.from_local_datetime(&at).earliest().map(|instant| instant.to_utc())
    })
}

/// A period for people, in their time zone.
pub(crate) fn shown(from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> String {
    let moment = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    format!("{} to {} (not included), {zone}", moment(from), moment(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_its_time_zone() {
        let read =
            |text: &str, zone: Tz| moment("--from", text, zone).map(|at| at.to_rfc3339()).map_err(|e| e.0);
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(read("2026-11-01", Tz::UTC).unwrap(), "2026-11-01T00:00:00+00:00");
        assert_eq!(read("2026-11-01", berlin).unwrap(), "2026-10-31T23:00:00+00:00");
        assert_eq!(read("2026-07-01 08:30", berlin).unwrap(), "2026-07-01T06:30:00+00:00");
        assert_eq!(read("2026-11-01T08:30:00-08:00", berlin).unwrap(), "2026-11-01T16:30:00+00:00");
        // 29 March has no 02:30, 25 October has it twice.
        assert_eq!(read("2026-03-29 02:30", berlin).unwrap(), "2026-03-29T01:00:00+00:00");
        assert_eq!(read("2026-10-25 02:30", berlin).unwrap(), "2026-10-25T00:30:00+00:00");
        // Havana's clock goes from 23:59 to 01:00.
        assert_eq!(read("2026-03-08", chrono_tz::America::Havana).unwrap(), "2026-03-08T05:00:00+00:00");
        assert!(read("tomorrow", berlin).unwrap_err().contains("2026-11-01"));
    }
}
