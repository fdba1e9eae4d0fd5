//! A report's period: which it is, what it is called, and which one came before.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;
use voxlake_report::Period;

use crate::exit::UsageError;
use crate::period;

/// The period that a report is about when it is made at `now`.
pub(crate) fn resolved(of: &Period, now: DateTime<Utc>, zone: Tz) -> Result<TimeRange, UsageError> {
    let period = match of {
        Period::PreviousDay => period::named("yesterday", now, zone),
        Period::PreviousWeek => period::named("last-week", now, zone),
        Period::PreviousMonth => period::named("last-month", now, zone),
        Period::Named(name) => period::named(name, now, zone),
        Period::Between { from, to } => {
            Ok(TimeRange { from: period::moment("from", from, zone)?, to: period::moment("to", to, zone)? })
        }
    }?;
    if period.is_empty() {
        return Err(UsageError(format!("the period {of} is empty: its end has to be after its beginning")));
    }
    Ok(period)
}

/// The period of the same kind before: the month before a month, as many local days before days, else as
/// much time.
pub(crate) fn before(period: TimeRange, zone: Tz) -> TimeRange {
    let earlier = || {
        let (from, to) = days(period, zone)?;
        let first = match months(from, to) {
            Some(months) => from.checked_sub_months(Months::new(months))?,
            None => from.checked_sub_days(Days::new(u64::try_from((to - from).num_days()).ok()?))?,
        };
        let from = period::moment("from", &first.to_string(), zone).ok()?;
        Some(TimeRange { from, to: period.from })
    };
    earlier().unwrap_or_else(|| TimeRange { from: period.from - (period.to - period.from), to: period.from })
}

/// The period's short name, fit for a file's: `2026-11-24`, `2026-W47`, `2026-10`, `2026`,
/// `2026-11-01_2026-11-05` with both its first and its last day.
pub(crate) fn label(period: TimeRange, zone: Tz) -> String {
    let Some((from, to)) = days(period, zone) else {
        let moment = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%dT%H%M%S").to_string();
        return format!("{}_{}", moment(period.from), moment(period.to));
    };
    match months(from, to) {
        Some(1) => return from.format("%Y-%m").to_string(),
        Some(12) if from.month() == 1 => return from.format("%Y").to_string(),
        _ => {}
    }
    match (to - from).num_days() {
        1 => from.to_string(),
        7 if from.weekday() == Weekday::Mon => from.format("%G-W%V").to_string(),
        _ => format!("{from}_{}", last(to)),
    }
}

/// The period in words.
pub(crate) fn words(period: TimeRange, zone: Tz) -> String {
    let Some((from, to)) = days(period, zone) else {
        let moment = |at: DateTime<Utc>| at.with_timezone(&zone).format("%-d %B %Y, %H:%M").to_string();
        return format!("{} to {}", moment(period.from), moment(period.to));
    };
    match months(from, to) {
        Some(1) => return from.format("%B %Y").to_string(),
        Some(12) if from.month() == 1 => return from.format("%Y").to_string(),
        _ => {}
    }
    let last = last(to);
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

/// The first local day and the first after, where the period is one of whole local days.
fn days(period: TimeRange, zone: Tz) -> Option<(NaiveDate, NaiveDate)> {
    let date = |at: DateTime<Utc>| {
        let date = at.with_timezone(&zone).date_naive();
        // A day begins where the clock first shows it, which is not midnight everywhere.
        let begins = period::moment("from", &date.to_string(), zone).ok()?;
        (begins == at).then_some(date)
    };
    date(period.from).zip(date(period.to)).filter(|(from, to)| from < to)
}

fn last(to: NaiveDate) -> NaiveDate {
    to.pred_opt().unwrap_or(to)
}

/// How many calendar months the days are, where they are whole ones.
fn months(from: NaiveDate, to: NaiveDate) -> Option<u32> {
    let count = (to.year() - from.year()) * 12 + i32::try_from(to.month()).ok()?
        - i32::try_from(from.month()).ok()?;
    (from.day() == 1 && to.day() == 1).then(|| u32::try_from(count).ok()).flatten().filter(|count| *count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERLIN: Tz = chrono_tz::Europe::Berlin;

    fn range(from: &str, to: &str) -> TimeRange {
        let midnight = |date: &str| period::moment("from", date, BERLIN).unwrap();
        TimeRange { from: midnight(from), to: midnight(to) }
    }

    #[test]
    fn periods_have_names_and_words() {
        for (from, to, name, told) in [
            ("2026-11-24", "2026-11-25", "2026-11-24", "Tuesday, 24 November 2026"),
            ("2026-11-16", "2026-11-23", "2026-W47", "Monday 16 to Sunday 22 November 2026 (week 47)"),
            ("2026-10-26", "2026-11-02", "2026-W44", "Monday 26 October to Sunday 1 November 2026 (week 44)"),
            ("2026-10-01", "2026-11-01", "2026-10", "October 2026"),
            ("2026-01-01", "2027-01-01", "2026", "2026"),
            ("2026-11-01", "2026-11-06", "2026-11-01_2026-11-05", "Sunday 1 to Thursday 5 November 2026"),
        ] {
            let period = range(from, to);
            assert_eq!(label(period, BERLIN), name);
            assert_eq!(words(period, BERLIN), told);
        }
        let hours = TimeRange {
            from: "2026-11-01T08:00:00Z".parse().unwrap(),
            to: "2026-11-01T12:30:00Z".parse().unwrap(),
        };
        assert_eq!(label(hours, Tz::UTC), "2026-11-01T080000_2026-11-01T123000");
    }

    #[test]
    fn before_a_month_is_a_month_and_before_days_as_many_local_days() {
        let before = |from, to| {
            let period = before(range(from, to), BERLIN);
            (label(period, BERLIN), (period.to - period.from).num_hours())
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
        let error = resolved(&period, "2026-11-25T00:00:00Z".parse().unwrap(), BERLIN).unwrap_err();
        assert!(error.0.contains("is empty"), "{}", error.0);
    }
}
