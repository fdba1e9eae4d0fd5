//! Durations in the settings of a Delta table, such as `interval 7 days`.

use chrono::TimeDelta;

/// Units and their seconds, from the largest.
const UNITS: [(&str, i64); 4] = [("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1)];

/// Formats a duration in whole seconds, with the largest unit that divides it.
pub(crate) fn format_interval(duration: TimeDelta) -> String {
    let seconds = duration.num_seconds();
    let (unit, size) = UNITS.into_iter().find(|(_, size)| seconds % size == 0).unwrap_or(("seconds", 1));
    format!("interval {} {unit}", seconds / size)
}

/// Parses a duration that [`format_interval`] wrote. `None` for any other text.
pub(crate) fn parse_interval(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.strip_prefix("interval ")?.split_once(' ')?;
    let (_, size) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    TimeDelta::try_seconds(number.parse::<i64>().ok()?.checked_mul(size)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_back() {
        for (duration, text) in [
            (TimeDelta::days(7), "interval 7 days"),
            (TimeDelta::hours(36), "interval 36 hours"),
            (TimeDelta::seconds(90), "interval 90 seconds"),
            (TimeDelta::zero(), "interval 0 days"),
        ] {
            assert_eq!(format_interval(duration), text);
            assert_eq!(parse_interval(text), Some(duration));
        }
        assert_eq!(parse_interval("interval 1 week"), None);
        assert_eq!(parse_interval("7 days"), None);
    }
}
