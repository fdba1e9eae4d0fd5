//! Periods of reports: from their definition, their names, and the periods before them.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;
use voxlake_query::period::{parse_moment, parse_named_period, parse_time_zone};
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

/// Returns the period before: a month before a month, the same number of local days before days,
/// else the same length of time.
pub fn preceding_period(period: TimeRange, zone: Tz) -> TimeRange {
    let earlier = || {
        let (from, to) = local_days(period, zone)?;
        let first = match whole_months(from, to) {
            Some(months) => from.checked_sub_months(Months::new(months))?,
            None => from.checked_sub_days(Days::new(u64::try_from((to - from).num_days()).ok()?))?,
        };
        let from = parse_moment("from", &first.to_string(), zone).ok()?;
        Some(TimeRange { from, to: period.from })
    };
    earlier().unwrap_or_else(|| TimeRange { from: period.from - (period.to - period.from), to: period.from })
}

/// Returns a short name for files: `2026-11-24`, `2026-W47`, `2026-10`, `2026`, or first and last
/// day as in `2026-11-01_2026-11-05`.
pub fn period_label(period: TimeRange, zone: Tz) -> String {
    let Some((from, to)) = local_days(period, zone) else {
        let moment = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%dT%H%M%S").to_string();
        return format!("{}_{}", moment(period.from), moment(period.to));
    };
    match whole_months(from, to) {
        Some(1) => return from.format("%Y-%m").to_string(),
        Some(12) if from.month() == 1 => return from.format("%Y").to_string(),
        _ => {}
    }
    match (to - from).num_days() {
        1 => from.to_string(),
        7 if from.weekday() == Weekday::Mon => from.format("%G-W%V").to_string(),
        _ => format!("{from}_{}", last_day(to)),
    }
}

/// Returns the period in words, such as `October 2026`.
pub fn period_words(period: TimeRange, zone: Tz) -> String {
    let Some((from, to)) = local_days(period, zone) else {
        let moment = |at: DateTime<Utc>| at.with_timezone(&zone).format("%-d %B %Y, %H:%M").to_string();
        return format!("{} to {}", moment(period.from), moment(period.to));
    };
    match whole_months(from, to) {
        Some(1) => return from.format("%B %Y").to_string(),
        Some(12) if from.month() == 1 => return from.format("%Y").to_string(),
        _ => {}
    }
    let last = last_day(to);
    let span = || {
        let begin = match (from.year() == last.year(), from.month() == last.month()) {
            (true, true) => "%A %-d",
            (true, false) => "%A %-d %B",
            _ => "%A %-d %B %Y",
        };
        format!("{} to {}", from.format(begin), last.format("%A %-d %B %Y"))
    };
    match (to - from).num_days() {
        1 => from.format("%A, %-d %B %Y").to_string(),
        7 if from.weekday() == Weekday::Mon => format!("{} (week {})", span(), from.format("%-V")),
        _ => span(),
    }
}

/// Returns the first local day and the first one after, if the period consists of whole local days.
fn local_days(period: TimeRange, zone: Tz) -> Option<(NaiveDate, NaiveDate)> {
    let date = |at: DateTime<Utc>| {
        let date = at.with_timezone(&zone).date_naive();
        // A day starts when the clock first shows its date, which is not midnight everywhere.
        let begins = parse_moment("from", &date.to_string(), zone).ok()?;
        (begins == at).then_some(date)
    };
    date(period.from).zip(date(period.to)).filter(|(from, to)| from < to)
}

fn last_day(to: NaiveDate) -> NaiveDate {
    to.pred_opt().unwrap_or(to)
}

/// Returns the number of calendar months, if the days are whole months.
fn whole_months(from: NaiveDate, to: NaiveDate) -> Option<u32> {
    let count = (to.year() - from.year()) * 12 + i32::try_from(to.month()).ok()?
        - i32::try_from(from.month()).ok()?;
    (from.day() == 1 && to.day() == 1).then(|| u32::try_from(count).ok()).flatten().filter(|count| *count > 0)
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
    fn preceding_periods_have_the_same_kind() {
        let before = |from, to| {
            let period = preceding_period(range(from, to), BERLIN);
            (period_label(period, BERLIN), (period.to - period.from).num_hours())
        };
        assert_eq!(before("2026-10-01", "2026-11-01"), ("2026-09".to_owned(), 30 * 24));
        assert_eq!(before("2026-03-01", "2026-04-01"), ("2026-02".to_owned(), 28 * 24));
        // The day before is the one of 25 hours.
        assert_eq!(before("2026-10-26", "2026-10-27"), ("2026-10-25".to_owned(), 25));
        assert_eq!(before("2026-10-26", "2026-11-02"), ("2026-W43".to_owned(), 7 * 24 + 1));
    }

    #[test]
    fn an_empty_period_is_refused() {
        let period = Period::Between { from: "2026-11-02".to_owned(), to: "2026-11-02".to_owned() };
        let error =
            resolve_period(&period, "2026-11-25T00:00:00Z".parse().unwrap(), BERLIN).unwrap_err().to_string();
        assert!(error.contains("is empty"), "{error}");
    }
}
