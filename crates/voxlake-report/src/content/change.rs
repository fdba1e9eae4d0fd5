//! Changes of figures against the previous period.

use serde::Serialize;

use super::number::{self, Decimal};
use crate::definition::Unit;

/// Change of a figure, ready for a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// `+4.2 %`, `−0.8 points`, `unchanged`.
    pub(crate) text: String,
    /// `up`, `down` or `same`.
    pub(crate) direction: &'static str,
    /// `good`, `bad` or `neutral`.
    pub(crate) tone: &'static str,
}

/// Returns the change from `previous` to `current`; `None` if one of them is unknown or the
/// previous value is zero.
pub(crate) fn relative_change(
    current: Option<&str>,
    previous: Option<&str>,
    unit: &Unit,
    more_is_better: Option<bool>,
) -> Option<Change> {
    let (current, previous) = (Decimal::parse(current?)?, Decimal::parse(previous?)?);
    let difference = current.minus(previous)?;
    let direction = match (difference.is_zero(), difference.is_negative()) {
        (true, _) => "same",
        (_, true) => "down",
        _ => "up",
    };
    let sign = if direction == "up" { "+" } else { "" };
    let text = match unit {
        _ if direction == "same" => "unchanged".to_owned(),
        Unit::Share => format!("{sign}{} points", number::percentage_points(difference)),
        _ => format!("{sign}{} %", difference.percent_of(previous)?.grouped()),
    };
    let tone = match (direction, more_is_better) {
        ("same", _) | (_, None) => "neutral",
        (direction, Some(more)) if (direction == "up") == more => "good",
        _ => "bad",
    };
    Some(Change { text, direction, tone })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_has_amount_and_tone() {
        let calls = Unit::Count("calls".to_owned());
        let change = |current, previous, unit: &Unit, better| {
            relative_change(Some(current), Some(previous), unit, better)
                .map(|change| (change.text, change.tone))
        };
        assert_eq!(change("110", "100", &calls, None), Some(("+10.0 %".to_owned(), "neutral")));
        assert_eq!(change("90", "100", &calls, Some(false)), Some(("−10.0 %".to_owned(), "good")));
        assert_eq!(
            change("0.10", "0.08", &Unit::Share, Some(false)),
            Some(("+2.0 points".to_owned(), "bad"))
        );
        assert_eq!(change("5", "5", &calls, Some(true)), Some(("unchanged".to_owned(), "neutral")));
        assert_eq!(change("5", "0", &calls, Some(true)), None);
        assert_eq!(relative_change(Some("5"), None, &calls, None), None);
    }
}
