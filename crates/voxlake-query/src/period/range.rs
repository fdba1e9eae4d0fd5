//! Periods with a start and an end, up to now.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;

use super::{PeriodError, parse_moment};

/// Parses `FROM/TO`, the form of intervals in ISO 8601. An end after `now` counts as `now`.
/// `setting` names the option or setting in the error.
///
/// # Errors
/// [`PeriodError`] for any other text, or an empty period.
pub fn parse_interval(
    setting: &str,
    text: &str,
    now: DateTime<Utc>,
    zone: Tz,
) -> Result<TimeRange, PeriodError> {
    let (from, to) = text
        .split_once('/')
        .ok_or_else(|| PeriodError::new(setting, text, "period", "FROM/TO, such as 2025-01-01/2025-04-01"))?;
    let to = parse_moment(setting, to, zone)?.min(now);
    let range = TimeRange { from: parse_moment(setting, from, zone)?, to };
    if range.is_empty() {
        let fault = format!("{text} ends before it starts, or is in the future");
        return Err(PeriodError { setting: setting.to_owned(), text: text.to_owned(), fault });
    }
    Ok(range)
}

/// Parses a start and an end, each with the name of its option or setting. By default, the period
/// ends `now` and has the length `default_length`. An end after `now` counts as `now`.
///
/// # Errors
/// [`PeriodError`] for other texts, or an empty period.
pub fn parse_past_period(
    (from_setting, from): (&str, Option<&str>),
    (to_setting, to): (&str, Option<&str>),
    default_length: TimeDelta,
    now: DateTime<Utc>,
    zone: Tz,
) -> Result<TimeRange, PeriodError> {
    let to = to.map(|text| parse_moment(to_setting, text, zone)).transpose()?.unwrap_or(now).min(now);
    let start = from.map(|text| parse_moment(from_setting, text, zone)).transpose()?;
    let range = TimeRange { from: start.unwrap_or(to - default_length), to };
    if range.is_empty() {
        return Err(PeriodError {
            setting: from_setting.to_owned(),
            text: from.unwrap_or_default().to_owned(),
            fault: format!("must be before {to_setting} and not in the future"),
        });
    }
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    const NOW: &str = "2026-11-24T12:00:00Z";

    #[test]
    fn intervals_end_by_now() {
        let parse =
            |text| parse_interval("covers", text, at(NOW), Tz::UTC).map_err(|error| error.to_string());
        let (from, to) = (at("2026-11-01T00:00:00Z"), at("2026-11-20T00:00:00Z"));
        assert_eq!(parse("2026-11-01/2026-11-20"), Ok(TimeRange { from, to }));
        assert_eq!(parse("2026-11-01/2027-01-01"), Ok(TimeRange { from, to: at(NOW) }));
        assert_eq!(
            parse("2026-11-01").unwrap_err(),
            "covers \"2026-11-01\" is not a period: write FROM/TO, such as 2025-01-01/2025-04-01"
        );
        assert_eq!(
            parse("2026-11-20/2026-11-01").unwrap_err(),
            "covers 2026-11-20/2026-11-01 ends before it starts, or is in the future"
        );
    }

    #[test]
    fn past_periods_have_a_default_length() {
        let parse = |from, to| {
            parse_past_period(("from", from), ("to", to), TimeDelta::days(1), at(NOW), Tz::UTC)
                .map_err(|error| error.to_string())
        };
        let yesterday = at("2026-11-23T12:00:00Z");
        assert_eq!(parse(None, None), Ok(TimeRange { from: yesterday, to: at(NOW) }));
        let (from, to) = (at("2026-10-31T00:00:00Z"), at("2026-11-01T00:00:00Z"));
        assert_eq!(parse(None, Some("2026-11-01")), Ok(TimeRange { from, to }));
        assert_eq!(
            parse(Some("2026-12-01"), None).unwrap_err(),
            "from must be before to and not in the future"
        );
    }
}
