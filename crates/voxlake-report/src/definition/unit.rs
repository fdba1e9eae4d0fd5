//! Units of columns, as the header of a query names them.

/// Unit of the values of a column. It determines how they are formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count, such as `calls`.
    Count(String),
    /// A share from 0 to 1, shown as a percentage.
    Share,
    /// Seconds, shown as a duration.
    Seconds,
    /// An amount in the currency of another column.
    Money {
        /// Name of the column with the currency.
        currency: String,
        /// Text after the currency, such as ` per min`; empty for a plain amount.
        per: String,
    },
    /// Any other unit.
    Other(String),
    /// Ids, which tables for people leave out.
    Id,
    /// A note that is the same in every row, shown once.
    Note,
    /// No unit.
    None,
}

/// Units that are counts.
const COUNTS: [&str; 7] = ["calls", CALLS_AT_ONCE, "moves", "numbers", "charges", "days", "records"];
/// Maximum number of simultaneous calls.
const CALLS_AT_ONCE: &str = "calls at once";
/// Seconds that are added up over the period, unlike percentiles.
const TOTAL_SECONDS: &str = "s in total";

impl Unit {
    /// Parses the unit of a column in the header of a query.
    #[must_use]
    pub fn parse(unit: Option<&str>) -> Self {
        let Some(unit) = unit else { return Self::None };
        if let Some(amount) = unit.strip_prefix("units of ") {
            let (currency, per) = amount.split_at(amount.find(' ').unwrap_or(amount.len()));
            return Self::Money { currency: currency.to_owned(), per: per.to_owned() };
        }
        match unit {
            "id" => Self::Id,
            "note" => Self::Note,
            "s" | TOTAL_SECONDS => Self::Seconds,
            share if share.starts_with("share") => Self::Share,
            count if COUNTS.contains(&count) => Self::Count(count.to_owned()),
            other => Self::Other(other.to_owned()),
        }
    }

    /// Returns true if values of a unit in a query's header grow with the length of the period:
    /// counts, amounts and total durations. Rates, percentiles and maxima do not.
    #[must_use]
    pub fn grows_with_period(unit: Option<&str>) -> bool {
        match Self::parse(unit) {
            Self::Count(count) => count != CALLS_AT_ONCE,
            Self::Seconds => unit == Some(TOTAL_SECONDS),
            Self::Money { per, .. } => per.is_empty(),
            Self::Share | Self::Other(_) | Self::Id | Self::Note | Self::None => false,
        }
    }

    /// Returns the label of the unit for an axis or a heading; may be empty.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Count(unit) => unit.clone(),
            Self::Share => "%".to_owned(),
            Self::Seconds => "duration".to_owned(),
            Self::Money { .. } | Self::Id | Self::Note | Self::None => String::new(),
            Self::Other(unit) => unit.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_queries_are_parsed() {
        assert_eq!(Unit::parse(Some("share, 0 to 1")), Unit::Share);
        assert_eq!(Unit::parse(Some("calls")), Unit::Count("calls".to_owned()));
        assert_eq!(Unit::parse(Some("calls per h")), Unit::Other("calls per h".to_owned()));
        let money = |per: &str| Unit::Money { currency: "charge_currency".to_owned(), per: per.to_owned() };
        assert_eq!(Unit::parse(Some("units of charge_currency")), money(""));
        assert_eq!(Unit::parse(Some("units of charge_currency per min")), money(" per min"));
        assert_eq!(Unit::parse(Some("s in total")), Unit::Seconds);
        assert_eq!(Unit::parse(None), Unit::None);
    }

    #[test]
    fn counts_and_amounts_grow_with_the_period() {
        for unit in ["calls", "moves", "s in total", "units of charge_currency"] {
            assert!(Unit::grows_with_period(Some(unit)), "{unit}");
        }
        for unit in ["share, 0 to 1", "s", "calls at once", "calls per h", "units of x per min", "id"] {
            assert!(!Unit::grows_with_period(Some(unit)), "{unit}");
        }
        assert!(!Unit::grows_with_period(None));
    }
}
