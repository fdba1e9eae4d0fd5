//! Parses the time parameters `from` and `to`, in three formats.
//!
//! | format | meaning |
//! | --- | --- |
//! | `yyyy-MM-dd` | a UTC day; as `to`, the whole day is included for either bound |
//! | `yyyy-MM-dd'T'HH:mm:ss'Z'` | local time of the account: the `Z` does not mean UTC |
//! | `yyyy-MM-dd'T'HH:mm:ss±HH:mm` | an instant; the response has the offset of `from` |

use chrono::{DateTime, FixedOffset, Months, NaiveDate, NaiveDateTime, Offset, TimeDelta, Utc};

use super::error::Refusal;

/// Upper bound of a window. The real service does not document it, so a client has to support both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bound {
    /// The window includes `to`.
    #[default]
    Inclusive,
    /// The window ends before `to`.
    Exclusive,
}

/// Settings for parsing `from` and `to`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WindowRules {
    /// Time zone of the account, for times without an offset.
    pub(crate) account_offset: FixedOffset,
    pub(crate) to_bound: Bound,
}

/// Window of a request, by start time in seconds since 1970: `from <= start < end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: i64,
    pub(crate) end: i64,
    /// Value of `to` in the response.
    pub(crate) to: i64,
    /// Offset of the times in the response.
    pub(crate) offset: FixedOffset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TimeParam {
    Date(NaiveDate),
    Literal(NaiveDateTime),
    Offset(DateTime<FixedOffset>),
}

impl Window {
    /// Parses the window of a request.
    pub(crate) fn parse(from: &str, to: &str, rules: WindowRules) -> Result<Self, Refusal> {
        let (from, to) = (TimeParam::parse(from, "from")?, TimeParam::parse(to, "to")?);
        let (begins, ends, whole_days) = match (from, to) {
            (TimeParam::Date(a), TimeParam::Date(b)) => (midnight(a)?, midnight(b)?, true),
            (TimeParam::Literal(a), TimeParam::Literal(b)) => {
                (local_time(a, rules)?, local_time(b, rules)?, false)
            }
            (TimeParam::Offset(a), TimeParam::Offset(b)) => (a, b, false),
            _ => return Err(Refusal::invalid_field("to", "not in the form of from.")),
        };
        if begins > ends {
            return Err(Refusal::invalid_field("from", "later than to."));
        }
        if begins.checked_add_months(Months::new(1)).is_none_or(|limit| ends > limit) {
            return Err(Refusal::window_too_long());
        }
        let offset = match from {
            TimeParam::Offset(moment) => *moment.offset(),
            TimeParam::Date(_) | TimeParam::Literal(_) => Utc.fix(),
        };
        let (from, to) = (begins.timestamp(), ends.timestamp());
        Ok(if whole_days {
            Self { from, end: to + 86_400, to: to + 86_399, offset }
        } else {
            Self::between(from, to, offset, rules.to_bound)
        })
    }

    /// Returns the 24 hours from `from`.
    pub(crate) fn day_from(from: i64, bound: Bound) -> Self {
        Self::between(from, from.saturating_add(86_400), Utc.fix(), bound)
    }

    fn between(from: i64, to: i64, offset: FixedOffset, bound: Bound) -> Self {
        let last = match bound {
            Bound::Inclusive => 1,
            Bound::Exclusive => 0,
        };
        Self { from, end: to.saturating_add(last), to, offset }
    }
}

impl TimeParam {
    fn parse(text: &str, name: &str) -> Result<Self, Refusal> {
        Self::read(text).ok_or_else(|| {
            Refusal::invalid_field(
                name,
                "neither yyyy-MM-dd nor yyyy-MM-dd'T'HH:mm:ss followed by 'Z' or by an offset such as +00:00.",
            )
        })
    }

    fn read(text: &str) -> Option<Self> {
        const DATE: &str = "dddd-dd-dd";
        const LITERAL: &str = "dddd-dd-ddTdd:dd:ddZ";
        const OFFSET: &str = "dddd-dd-ddTdd:dd:dd±dd:dd";
        if has_form(text, DATE) {
            text.parse().ok().map(Self::Date)
        } else if has_form(text, LITERAL) {
            text.strip_suffix('Z')?.parse().ok().map(Self::Literal)
        } else if has_form(text, OFFSET) {
            DateTime::parse_from_rfc3339(text).ok().map(Self::Offset)
        } else {
            None
        }
    }
}

/// Returns whether the text has the form: `d` is a digit, `±` a sign, anything else itself.
fn has_form(text: &str, form: &str) -> bool {
    let fits = |(given, wanted): (char, char)| match wanted {
        'd' => given.is_ascii_digit(),
        '±' => given == '+' || given == '-',
        _ => given == wanted,
    };
    text.chars().count() == form.chars().count() && text.chars().zip(form.chars()).all(fits)
}

fn midnight(date: NaiveDate) -> Result<DateTime<FixedOffset>, Refusal> {
    date.and_hms_opt(0, 0, 0)
        .map(|local| local.and_utc().fixed_offset())
        .ok_or_else(|| Refusal::invalid_field("from", "no such day."))
}

fn local_time(local: NaiveDateTime, rules: WindowRules) -> Result<DateTime<FixedOffset>, Refusal> {
    let behind = TimeDelta::seconds(rules.account_offset.local_minus_utc().into());
    local
        .checked_sub_signed(behind)
        .map(|utc| utc.and_utc().fixed_offset())
        .ok_or_else(|| Refusal::invalid_field("from", "no such time."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_three_forms_are_understood() {
        for good in ["2026-11-01", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00-08:00"] {
            assert!(TimeParam::read(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "2026-11-1",
            "2026-13-01",
            "2026-11-01T00:00Z",
            "2026-11-01T00:00:00.000Z",
            "2026-11-01T00:00:00 00:00",
            "2026-11-01T00:00:00+0000",
            "2026-11-01T25:00:00Z",
            "２０２６-11-01",
            "+026-11-01",
            "2026-11-01T00:00:00+99:00",
            "2026-11-01t00:00:00z",
        ] {
            assert_eq!(TimeParam::read(bad), None, "{bad}");
        }
    }
}
