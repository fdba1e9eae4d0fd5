//! How a figure changed against the period before.

use serde::Serialize;

use super::number::{self, Decimal};
use crate::definition::Unit;

/// A change, in words and whether it is welcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// `+4.2%`, `−0.8 points`, `unchanged`.
    pub(crate) words: String,
    /// `up`, `down` or `same`.
    pub(crate) direction: &'static str,
    /// `good`, `bad` or `neutral`.
    pub(crate) mood: &'static str,
}

/// The change from `before` to `now`; `None` where one of them is not known or there is nothing to compare with.
pub(crate) fn change(
    now: Option<&str>,
    before: Option<&str>,
    unit: &Unit,
    more_is_better: Option<bool>,
) -> Option<Change> {
    let (now, before) = (Decimal::parse(now?)?, Decimal::parse(before?)?);
    let difference = now.minus(before)?;
    let direction = match (difference.is_zero(), difference.is_negative()) {
        (true, _) => "same",
        (_, true) => "down",
        _ => "up",
    };
    let sign = if direction == "up" { "+" } else { "" };
    let words = match unit {
        _ if direction == "same" => "unchanged".to_owned(),
        Unit::Share => format!("{sign}{} points", number::points(difference)),
        _ => format!("{sign}{}%", difference.percent_of(before)?.grouped()),
    };
    let mood = match (direction, more_is_better) {
        ("same", _) | (_, None) => "neutral",
        (direction, Some(more)) if (direction == "up") == more => "good",
        _ => "bad",
    };
    Some(Change { words, direction, mood })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_says_how_much_and_whether_it_is_welcome() {
        let calls = Unit::Count("calls".to_owned());
        let told = |now, before, unit: &Unit, better| {
            change(Some(now), Some(before), unit, better).map(|change| (change.words, change.mood))
        };
        assert_eq!(told("110", "100", &calls, None), Some(("+10.0%".to_owned(), "neutral")));
        assert_eq!(told("90", "100", &calls, Some(false)), Some(("−10.0%".to_owned(), "good")));
        assert_eq!(told("0.10", "0.08", &Unit::Share, Some(false)), Some(("+2.0 points".to_owned(), "bad")));
        assert_eq!(told("5", "5", &calls, Some(true)), Some(("unchanged".to_owned(), "neutral")));
        assert_eq!(told("5", "0", &calls, Some(true)), None);
        assert_eq!(change(Some("5"), None, &calls, None), None);
    }
}
