//! Changes of values against the compared period.

use serde::Serialize;

use super::metadata::DayCounts;
use super::number::{self, Decimal};
use crate::definition::Unit;

/// Change of a value, ready for a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// `+4.2 %`, `−0.8 points`, `+4.2 % per day`, `unchanged`, `±0.0 points`.
    pub(crate) text: String,
    /// `up`, `down`, or `same` if it cannot be seen at the shown precision.
    pub(crate) direction: &'static str,
    /// `good`, `bad` or `neutral`.
    pub(crate) tone: &'static str,
    /// `▲` or `▼`; empty if the direction is `same`.
    pub(crate) arrow: &'static str,
    /// Percentage points of a share, else percent; at the shown precision.
    #[serde(skip)]
    pub(crate) amount: Decimal,
}

/// Comparison of the values of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChangeRule<'a> {
    /// Unit of the values.
    pub(crate) unit: &'a Unit,
    /// `Some(true)` if an increase is good, `Some(false)` if a decrease is, `None` if neither.
    pub(crate) more_is_better: Option<bool>,
    /// Lengths of the periods, if values are compared per day.
    pub(crate) days: Option<DayCounts>,
}

impl ChangeRule<'_> {
    /// Returns the change from `previous` to `current`; `None` if one of them is unknown, or if the
    /// previous value is zero and is not a share.
    pub(crate) fn change(&self, current: Option<&str>, previous: Option<&str>) -> Option<Change> {
        let (current, previous) = (Decimal::parse(current?)?, Decimal::parse(previous?)?);
        let shown = |value| number::format_number(value, self.unit);
        // Totals are shown, so their texts are not comparable if the periods have other lengths.
        let looks_equal = self.days.is_none() && shown(current) == shown(previous);
        // Without a division: a in 31 days against b in 30 days is 30 a against 31 b.
        let (current, previous) = match self.days {
            Some(days) => (current.times(days.compared)?, previous.times(days.period)?),
            None => (current, previous),
        };
        let difference = current.minus(previous)?;
        if looks_equal || difference.is_zero() {
            return Some(self.no_change("unchanged"));
        }
        let (amount, unit) = match self.unit {
            Unit::Share => (number::percentage_points(current, previous)?, " points"),
            _ => (difference.percent_of(previous)?, " %"),
        };
        if amount.is_zero() {
            return Some(self.no_change(&format!("±0.0{unit}")));
        }
        let (direction, arrow, sign) =
            if amount.is_negative() { ("down", "▼", "") } else { ("up", "▲", "+") };
        let tone = match self.more_is_better {
            None => "neutral",
            Some(more) if (direction == "up") == more => "good",
            Some(_) => "bad",
        };
        let text = format!("{sign}{}{unit}{}", amount.grouped(), self.per_day());
        Some(Change { text, direction, tone, arrow, amount })
    }

    fn no_change(&self, text: &str) -> Change {
        Change {
            text: format!("{text}{}", self.per_day()),
            direction: "same",
            tone: "neutral",
            arrow: "",
            amount: Decimal::ZERO,
        }
    }

    fn per_day(&self) -> &'static str {
        if self.days.is_some() { " per day" } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(current: &str, previous: &str, unit: &Unit, more_is_better: Option<bool>) -> Option<Change> {
        ChangeRule { unit, more_is_better, days: None }.change(Some(current), Some(previous))
    }

    fn calls() -> Unit {
        Unit::Count("calls".to_owned())
    }

    #[test]
    fn change_has_amount_tone_and_arrow() {
        let shown = |change: Option<Change>| change.map(|change| (change.text, change.tone, change.arrow));
        let expected = |text: &str, tone, arrow| Some((text.to_owned(), tone, arrow));
        assert_eq!(shown(change("110", "100", &calls(), None)), expected("+10.0 %", "neutral", "▲"));
        assert_eq!(shown(change("90", "100", &calls(), Some(false))), expected("−10.0 %", "good", "▼"));
        assert_eq!(
            shown(change("0.10", "0.08", &Unit::Share, Some(false))),
            expected("+2.0 points", "bad", "▲")
        );
        assert_eq!(
            shown(change("0.10", "0", &Unit::Share, Some(false))),
            expected("+10.0 points", "bad", "▲")
        );
        assert_eq!(change("5", "0", &calls(), Some(true)), None);
        assert_eq!(
            ChangeRule { unit: &calls(), more_is_better: None, days: None }.change(Some("5"), None),
            None
        );
    }

    #[test]
    fn changes_below_the_shown_precision_are_neutral() {
        for (current, previous, unit, text) in [
            ("5", "5", calls(), "unchanged"),
            ("0", "0", calls(), "unchanged"),
            // Both are shown as 8.1 %.
            ("0.0812", "0.0814", Unit::Share, "unchanged"),
            // 8.1 % and 8.2 %, but the difference rounds to zero.
            ("0.0814", "0.0816", Unit::Share, "±0.0 points"),
            // Both are shown as 4 min 33 s.
            ("272.8", "273.1", Unit::Seconds, "unchanged"),
            ("100010", "100000", calls(), "±0.0 %"),
        ] {
            let change = change(current, previous, &unit, Some(true)).unwrap();
            assert_eq!(change.text, text, "{current} {previous}");
            assert_eq!((change.direction, change.tone, change.arrow), ("same", "neutral", ""), "{text}");
            assert!(change.amount.is_zero(), "{text}");
        }
        let visible = change("100060", "100000", &calls(), Some(true)).unwrap();
        assert_eq!((visible.text.as_str(), visible.tone), ("+0.1 %", "good"));
    }

    #[test]
    fn totals_of_periods_of_different_length_are_compared_per_day() {
        let unit = calls();
        let days = Some(DayCounts { period: 31, compared: 30 });
        let rule = ChangeRule { unit: &unit, more_is_better: Some(true), days };
        let change = |current, previous| rule.change(Some(current), Some(previous)).unwrap();
        // 40 calls per day in both months.
        let same = change("1240", "1200");
        assert_eq!((same.text.as_str(), same.direction, same.tone), ("unchanged per day", "same", "neutral"));
        // As many calls, in more days.
        let fewer = change("1240", "1240");
        assert_eq!((fewer.text.as_str(), fewer.direction, fewer.tone), ("−3.2 % per day", "down", "bad"));
        assert_eq!(change("1364", "1200").text, "+10.0 % per day");
        assert_eq!(change("310001", "300000").text, "±0.0 % per day");
    }
}
