//! Offsets of a server's clock as users write them.

use chrono::TimeDelta;

/// Maximum offset: a larger one is a mistake.
const MAX_SKEW: TimeDelta = TimeDelta::days(3650);

/// A text is not an offset of a clock.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidClockSkew {
    /// Not a duration.
    #[error(transparent)]
    NotADuration(#[from] humantime::DurationError),
    /// More than ten years.
    #[error("{0:?} is more than ten years")]
    TooLong(String),
}

/// Parses the offset of a clock: a duration if it is ahead, one with a minus sign if it is behind.
///
/// ```
/// use chrono::TimeDelta;
///
/// assert_eq!(voxlake_sim::parse_clock_skew("-1h 30s"), Ok(TimeDelta::seconds(-3630)));
/// ```
///
/// # Errors
/// [`InvalidClockSkew`] if the text is not a duration, or is longer than ten years.
pub fn parse_clock_skew(text: &str) -> Result<TimeDelta, InvalidClockSkew> {
    let (sign, length) = match text.strip_prefix('-') {
        Some(length) => (-1, length),
        None => (1, text),
    };
    let length = TimeDelta::from_std(humantime::parse_duration(length)?).ok();
    let length = length.filter(|length| *length <= MAX_SKEW);
    length.map(|length| length * sign).ok_or_else(|| InvalidClockSkew::TooLong(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_ahead_or_behind() {
        assert_eq!(parse_clock_skew("5m"), Ok(TimeDelta::minutes(5)));
        assert_eq!(parse_clock_skew("-1h 30s"), Ok(TimeDelta::seconds(-3630)));
        for bad in ["", "-", "5", "--5m", "11years", "1000000000000years"] {
            assert!(parse_clock_skew(bad).is_err(), "{bad}");
        }
    }
}
