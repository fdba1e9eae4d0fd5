//! What the numbers of a column are, by the unit that a question's header gives them.

/// What the values of a column are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// So many of something, such as `calls`.
    Count(String),
    /// A share, from 0 to 1.
    Share,
    /// Seconds.
    Seconds,
    /// An amount in the currency that another column names.
    Money {
        /// The column with the currency.
        currency: String,
        /// What follows the currency, such as ` per min`; empty for a plain amount.
        per: String,
    },
    /// Another unit, as it is written.
    Other(String),
    /// Ids, which are for machines.
    Id,
    /// What is the same in every row and is said once.
    Note,
    /// None.
    None,
}

/// Units that count.
const COUNTS: [&str; 6] = ["calls", "moves", "numbers", "charges", "days", "records"];

impl Unit {
    /// The unit that is written so.
    #[must_use]
    pub fn parse(unit: Option<&str>) -> Self {
        let Some(unit) = unit else { return Self::None };
        if let Some(of) = unit.strip_prefix("units of ") {
            let (currency, per) = of.split_at(of.find(' ').unwrap_or(of.len()));
            return Self::Money { currency: currency.to_owned(), per: per.to_owned() };
        }
        match unit {
            "id" => Self::Id,
            "note" => Self::Note,
            "s" => Self::Seconds,
            share if share.starts_with("share") => Self::Share,
            count if COUNTS.contains(&count) => Self::Count(count.to_owned()),
            other => Self::Other(other.to_owned()),
        }
    }

    /// What an axis or a heading says of it; empty where there is nothing to say.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Count(of) => of.clone(),
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
    fn units_of_the_questions_are_known() {
        assert_eq!(Unit::parse(Some("share, 0 to 1")), Unit::Share);
        assert_eq!(Unit::parse(Some("calls")), Unit::Count("calls".to_owned()));
        assert_eq!(Unit::parse(Some("calls per h")), Unit::Other("calls per h".to_owned()));
        let money = |per: &str| Unit::Money { currency: "charge_currency".to_owned(), per: per.to_owned() };
        assert_eq!(Unit::parse(Some("units of charge_currency")), money(""));
        assert_eq!(Unit::parse(Some("units of charge_currency per min")), money(" per min"));
        assert_eq!(Unit::parse(None), Unit::None);
    }
}
