//! Periods of reports: from their definition, and their names.

use chrono::{DateTime, Datelike as _, Utc};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;
use voxlake_query::period::{LocalDays, parse_moment, parse_named_period, parse_time_zone};
use voxlake_report::{Period, ReportDefinition};

use crate::error::{ScheduleError, invalid};

/// Returns the period of a report that is built at `now`.
///
/// # Errors
/// [`ScheduleError::Period`] for an unknown period, [`ScheduleError::Invalid`] for an empty one.
pub fn resolve_period(of: &Period, now: DateTime<Utc>, zone: Tz) -> Result<TimeRange, ScheduleError> {
    let period = match of {
        Period::PreviousDay => parse_named_period("period", "yesterday", now, zone),
        Period::PreviousWeek => parse_named_period("period", "last-week", now, zone),
        Period::PreviousMonth => parse_named_period("period", "last-month", now, zone),
        Period::Named(name) => parse_named_period("period", name, now, zone),
        Period::Between { from, to } => {
            Ok(TimeRange { from: parse_moment("from", from, zone)?, to: parse_moment("to", to, zone)? })
        }
    }?;
    if period.is_empty() {
        return Err(invalid(format!("the period {of} is empty: its end has to be after its beginning")));
    }
    Ok(period)
}

/// Returns the time zone of a report: the requested one, else its own, else `default`.
///
/// # Errors
/// [`ScheduleError::Invalid`] for a name that is no time zone.
pub fn report_zone(
    report: &ReportDefinition,
    requested: Option<&str>,
    default: Tz,
) -> Result<Tz, ScheduleError> {
    match requested.or(report.timezone.as_deref()) {
        None => Ok(default),
        Some(name) => parse_time_zone("timezone", name).map_err(|error| invalid(error.to_string())),
    }
}

/// Returns a short name for files: `2026-11-24`, `2026-W47`, `2026-10`, `2026`, or first and last
/// day as in `2026-11-01_2026-11-05`.
pub fn period_label(period: TimeRange, zone: Tz) -> String {
    let Some(days) = LocalDays::from_period(period, zone) else {
        let moment = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%dT%H%M%S").to_string();
        return format!("{}_{}", moment(period.from), moment(period.to));
    };
    let first = days.first;
    match days.count() {
        _ if days.months() == Some(1) => first.format("%Y-%m").to_string(),
        _ if days.is_year() => first.format("%Y").to_string(),
        _ if days.is_week() => first.format("%G-W%V").to_string(),
        1 => first.to_string(),
        _ => format!("{first}_{}", days.last()),
    }
}

/// Returns the period in words, such as `October 2026`.
pub fn period_words(period: TimeRange, zone: Tz) -> String {
    let Some(days) = LocalDays::from_period(period, zone) else {
        let moment = |at: DateTime<Utc>| at.with_timezone(&zone).format("%-d %B %Y, %H:%M").to_string();
        return format!("{} to {}", moment(period.from), moment(period.to));
    };
    let (from, last) = (days.first, days.last());
    let span = || {
        let begin = match (from.year() == last.year(), from.month() == last.month()) {
            (true, true) => "%A %-d",
            (true, false) => "%A %-d %B",
            _ => "%A %-d %B %Y",
        };
        format!("{} to {}", from.format(begin), last.format("%A %-d %B %Y"))
    };
    match days.count() {
        _ if days.months() == Some(1) => from.format("%B %Y").to_string(),
        _ if days.is_year() => from.format("%Y").to_string(),
        _ if days.is_week() => format!("{} (week {})", span(), from.format("%-V")),
        1 => from.format("%A, %-d %B %Y").to_string(),
        _ => span(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERLIN: Tz = chrono_tz::Europe::Berlin;

    fn range(from: &str, to: &str) -> TimeRange {
        let midnight = |date: &str| parse_moment("from", date, BERLIN).unwrap();
        TimeRange { from: midnight(from), to: midnight(to) }
    }

    #[test]
    fn periods_have_labels_and_words() {
        for (from, to, name, text) in [
            ("2026-11-24", "2026-11-25", "2026-11-24", "Tuesday, 24 November 2026"),
            ("2026-11-16", "2026-11-23", "2026-W47", "Monday 16 to Sunday 22 November 2026 (week 47)"),
            ("2026-10-26", "2026-11-02", "2026-W44", "Monday 26 October to Sunday 1 November 2026 (week 44)"),
            ("2026-10-01", "2026-11-01", "2026-10", "October 2026"),
            ("2026-01-01", "2027-01-01", "2026", "2026"),
            ("2026-11-01", "2026-11-06", "2026-11-01_2026-11-05", "Sunday 1 to Thursday 5 November 2026"),
        ] {
            let period = range(from, to);
            assert_eq!(period_label(period, BERLIN), name);
            assert_eq!(period_words(period, BERLIN), text);
        }
        let hours = TimeRange {
            from: "2026-11-01T08:00:00Z".parse().unwrap(),
            to: "2026-11-01T12:30:00Z".parse().unwrap(),
        };
        assert_eq!(period_label(hours, Tz::UTC), "2026-11-01T080000_2026-11-01T123000");
    }

    #[test]
    fn an_empty_period_is_refused() {
        let period = Period::Between { from: "2026-11-02".to_owned(), to: "2026-11-02".to_owned() };
        let error =
            resolve_period(&period, "2026-11-25T00:00:00Z".parse().unwrap(), BERLIN).unwrap_err().to_string();
        assert!(error.contains("is empty"), "{error}");
    }
}
