//! Comparison of a report with another period.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;
use voxlake_query::LakeSession;
use voxlake_query::period::{Comparison, LocalDays};
use voxlake_report::{ComparedPeriod, DayCounts, ReportDefinition};

use super::period::{period_label, period_words};
use crate::error::{ScheduleError, invalid};

/// Returns the period that a report for `period` is compared with; `None` if it is not compared.
/// `requested` has priority over the comparison of the report, and both over the default of the
/// period.
///
/// # Errors
/// [`ScheduleError::Period`] for an unknown comparison in the report; [`ScheduleError::Invalid`] if
/// the calendar has no such period.
pub fn compared_period(
    report: &ReportDefinition,
    requested: Option<Comparison>,
    period: TimeRange,
    zone: Tz,
) -> Result<Option<TimeRange>, ScheduleError> {
    let comparison = match (requested, &report.compare) {
        (Some(requested), _) => requested,
        (None, Some(name)) => Comparison::parse("compare", name)?,
        (None, None) => Comparison::default_for(period, zone),
    };
    if comparison == Comparison::None {
        return Ok(None);
    }
    comparison.compared_period(period, zone).map(Some).ok_or_else(|| {
        invalid(format!("no period can be compared by compare = \"{comparison}\": use \"none\""))
    })
}

/// Describes the comparison of `period` with `compared` at `now`. A period that has not ended, or
/// that the lake does not hold completely, is not compared: the changes would show the missing
/// part.
///
/// # Errors
/// A query error if a footer of the periods cannot be read.
pub(super) async fn describe_comparison(
    session: &LakeSession,
    period: TimeRange,
    compared: TimeRange,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<ComparedPeriod, ScheduleError> {
    let obstacle = if now < period.to {
        Some("the period of the report has not ended yet")
    } else if !session.gaps(period).await?.is_empty() {
        Some("the lake does not hold all of the period of the report")
    } else if !session.gaps(compared).await?.is_empty() {
        Some("the lake does not hold all of it")
    } else {
        None
    };
    Ok(ComparedPeriod {
        from: compared.from,
        to: compared.to,
        period: period_label(compared, zone),
        text: period_words(compared, zone),
        days: different_day_counts(period, compared, zone),
        obstacle: obstacle.map(str::to_owned),
    })
}

/// Returns the numbers of local days of two periods if both consist of whole days, and the numbers
/// differ.
fn different_day_counts(period: TimeRange, compared: TimeRange, zone: Tz) -> Option<DayCounts> {
    let days = |period| u32::try_from(LocalDays::from_period(period, zone)?.count()).ok();
    let counts = DayCounts { period: days(period)?, compared: days(compared)? };
    (counts.period != counts.compared).then_some(counts)
}

#[cfg(test)]
mod tests {
    use voxlake_query::period::parse_named_period;

    use super::*;

    const BERLIN: Tz = chrono_tz::Europe::Berlin;

    fn period(name: &str) -> TimeRange {
        parse_named_period("period", name, "2026-11-24T11:00:00Z".parse().unwrap(), BERLIN).unwrap()
    }

    fn report(compare: &str) -> ReportDefinition {
        let file = format!(
            "title = \"T\"\nperiod = \"previous-day\"\n{compare}\n[[section]]\ntitle = \"S\"\nshow = \"text\"\ntext = \"x\""
        );
        ReportDefinition::parse("t", "t.toml", &file).unwrap()
    }

    #[test]
    fn comparisons_of_request_report_and_period() {
        let compared = |compare: &str, requested, name| {
            compared_period(&report(compare), requested, period(name), BERLIN).unwrap()
        };
        let year = "compare = \"previous-year\"";
        assert_eq!(compared("", None, "2026-11-24"), Some(period("2026-11-17")));
        assert_eq!(compared("", None, "2026-10"), Some(period("2026-09")));
        assert_eq!(compared(year, None, "2026-10"), Some(period("2025-10")));
        assert_eq!(compared(year, Some(Comparison::Previous), "2026-10"), Some(period("2026-09")));
        assert_eq!(compared(year, Some(Comparison::None), "2026-10"), None);
        assert_eq!(compared("compare = \"none\"", None, "2026-10"), None);
        let error = compared_period(&report("compare = \"before\""), None, period("2026-10"), BERLIN);
        let error = error.unwrap_err().to_string();
        assert!(error.ends_with("write previous, same-weekdays, previous-year or none"), "{error}");
    }

    #[test]
    fn only_periods_of_other_lengths_have_day_counts() {
        let counts = |one, other| different_day_counts(period(one), period(other), BERLIN);
        assert_eq!(counts("2026-10", "2026-09"), Some(DayCounts { period: 31, compared: 30 }));
        assert_eq!(counts("2028", "2027"), Some(DayCounts { period: 366, compared: 365 }));
        assert_eq!(counts("2026-08", "2026-07"), None);
        // 25 hours, and still one day.
        assert_eq!(counts("2026-10-25", "2026-10-18"), None);
        let hours = TimeRange {
            from: "2026-10-01T08:00:00Z".parse().unwrap(),
            to: "2026-10-01T12:00:00Z".parse().unwrap(),
        };
        assert_eq!(different_day_counts(hours, period("2026-09"), BERLIN), None);
    }
}
