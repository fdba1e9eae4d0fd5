//! Times and periods as users write them, read in a time zone.
//!
//! - [`parse_moment`]: a date or a time
//! - [`parse_last`], [`parse_last_by`]: the last hours, days, weeks or months
//! - [`parse_month`], [`parse_named_period`]: a day, week, month or year by its name
//! - [`parse_interval`], [`parse_past_period`]: a period with a start and an end, up to now
//! - [`parse_time_zone`]: a time zone
//! - [`LocalDays`]: a period as whole days of a time zone
//! - [`Comparison`]: the period that another one is compared with
//! - [`format_period`]: a period as text
//!
//! ```
//! use chrono_tz::Europe::Berlin;
//! use voxlake_query::period::{parse_moment, parse_named_period};
//!
//! let now = parse_moment("now", "2026-11-24 12:00", Berlin)?;
//! let week = parse_named_period("period", "last-week", now, Berlin)?;
//! assert_eq!(week.from, parse_moment("from", "2026-11-16", Berlin)?);
//! # Ok::<(), voxlake_query::period::PeriodError>(())
//! ```

mod calendar;
mod comparison;
mod local_days;
mod named;
mod partial;
mod range;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use thiserror::Error;
use voxlake_lake::TimeRange;

pub use self::calendar::CalendarUnit;
pub use self::comparison::Comparison;
pub use self::local_days::LocalDays;
pub use self::named::{parse_last, parse_last_by, parse_month, parse_named_period};
pub(crate) use self::partial::partial_units;
pub use self::range::{parse_interval, parse_past_period};

/// Text that is not a time, a period or a time zone.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{setting} {fault}")]
#[non_exhaustive]
pub struct PeriodError {
    /// Option or setting that holds the text.
    pub setting: String,
    /// The text.
    pub text: String,
    /// Fault of the text, as the rest of a sentence.
    fault: String,
}

impl PeriodError {
    fn new(setting: &str, text: &str, kind: &str, examples: &str) -> Self {
        let fault = format!("{text:?} is not a {kind}: write {examples}");
        Self { setting: setting.to_owned(), text: text.to_owned(), fault }
    }
}

/// Parses a date (its midnight in `zone`), a date and time in `zone`, or a time with a UTC offset.
/// `setting` names the option or setting in the error.
///
/// # Errors
/// [`PeriodError`] for any other text.
pub fn parse_moment(setting: &str, text: &str, zone: Tz) -> Result<DateTime<Utc>, PeriodError> {
    const EXAMPLES: &str = "2026-11-01, \"2026-11-01 08:30\" or 2026-11-01T08:30:00+01:00";
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.to_utc());
    }
    let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let local = forms
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| text.parse::<NaiveDate>().ok().map(|date| date.and_time(Default::default())));
    local
        .and_then(|local| local_to_instant(local, zone))
        .ok_or_else(|| PeriodError::new(setting, text, "date or time", EXAMPLES))
}

/// Converts a local time to an instant: the first one if the clock shows it twice, the first after
/// it if the clock skips it.
fn local_to_instant(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    // No zone skips more than a day (Samoa skipped one), in steps of 15 minutes.
    (0..=96).find_map(|quarters| {
        let at = local.checked_add_signed(TimeDelta::minutes(15 * quarters))?;
        zone.from_local_datetime(&at).earliest().map(|instant| instant.to_utc())
    })
}

/// Returns the range between two local midnights.
fn between(first: NaiveDate, next: NaiveDate, zone: Tz) -> Option<TimeRange> {
    let midnight = |date: NaiveDate| local_to_instant(date.and_time(Default::default()), zone);
    Some(TimeRange { from: midnight(first)?, to: midnight(next)? })
}

/// Parses the IANA name of a time zone. `setting` names the option or setting in the error.
///
/// # Errors
/// [`PeriodError`] for any other text.
pub fn parse_time_zone(setting: &str, text: &str) -> Result<Tz, PeriodError> {
    const EXAMPLES: &str = "an IANA name such as Europe/Berlin or America/New_York";
    text.parse().map_err(|_| PeriodError::new(setting, text, "time zone", EXAMPLES))
}

/// Formats a period in a time zone: `2026-11-01 00:00 to 2026-11-02 00:00 (not included), UTC`.
pub fn format_period(from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> String {
    let moment = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    format!("{} to {} (not included), {zone}", moment(from), moment(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_local_to_the_zone() {
        let read = |text: &str, zone: Tz| {
            parse_moment("--from", text, zone).map(|at| at.to_rfc3339()).map_err(|error| error.to_string())
        };
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(read("2026-11-01", Tz::UTC).unwrap(), "2026-11-01T00:00:00+00:00");
        assert_eq!(read("2026-11-01", berlin).unwrap(), "2026-10-31T23:00:00+00:00");
        assert_eq!(read("2026-07-01 08:30", berlin).unwrap(), "2026-07-01T06:30:00+00:00");
        assert_eq!(read("2026-11-01T08:30:00-08:00", berlin).unwrap(), "2026-11-01T16:30:00+00:00");
        // 29 March has no 02:30, 25 October has it twice.
        assert_eq!(read("2026-03-29 02:30", berlin).unwrap(), "2026-03-29T01:00:00+00:00");
        assert_eq!(read("2026-10-25 02:30", berlin).unwrap(), "2026-10-25T00:30:00+00:00");
        // In Havana the clock jumps from 23:59 to 01:00.
        assert_eq!(read("2026-03-08", chrono_tz::America::Havana).unwrap(), "2026-03-08T05:00:00+00:00");
        assert!(read("tomorrow", berlin).unwrap_err().contains("2026-11-01"));
    }
}
