//! Number formats of whole columns. All values of a column have the same decimal places, so that
//! their digits align.

use super::number::{self, Decimal};
use crate::definition::Unit;

/// Minimum decimal places of an amount.
const MONEY_PLACES: u32 = 2;

/// Number format of a column. Shares and durations are rounded; other numbers keep every digit that
/// is not a trailing zero in all rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnFormat {
    unit: Unit,
    places: u32,
}

impl ColumnFormat {
    /// Returns the format for a column with these values, of which those that are not numbers are
    /// ignored.
    pub(crate) fn for_values<'a>(unit: &Unit, values: impl Iterator<Item = &'a str>) -> Self {
        let numbers = values.filter_map(Decimal::parse);
        let places = match unit {
            Unit::Share => numbers.map(number::percent_places).max().unwrap_or(1),
            Unit::Money { .. } => numbers.map(Decimal::places).max().unwrap_or(0).max(MONEY_PLACES),
            _ => numbers.map(Decimal::places).max().unwrap_or(0),
        };
        Self { unit: unit.clone(), places }
    }

    /// Formats a value with its currency, if it is an amount. Text that is not a number is returned
    /// unchanged.
    pub(crate) fn format(&self, text: &str, currency: Option<&str>) -> String {
        let Some(number) = Decimal::parse(text) else { return text.to_owned() };
        match (&self.unit, currency) {
            (Unit::Share, _) => number::percentage_with_places(number, self.places),
            (Unit::Seconds, _) => number::clock_duration(number),
            (Unit::Money { per, .. }, Some(currency)) => {
                format!("{} {currency}{per}", number.trimmed(self.places).grouped())
            }
            _ => number.trimmed(self.places).grouped(),
        }
    }

    /// Name of the column with the currency of the values, if they are amounts.
    pub(crate) fn currency_column(&self) -> Option<&str> {
        match &self.unit {
            Unit::Money { currency, .. } => Some(currency),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(unit: &str, values: &[&str]) -> Vec<String> {
        let format = ColumnFormat::for_values(&Unit::parse(Some(unit)), values.iter().copied());
        values.iter().map(|value| format.format(value, Some("USD"))).collect()
    }

    #[test]
    fn shares_have_equal_places() {
        assert_eq!(formatted("share, 0 to 1", &["0.142857", "0.05"]), ["14.3 %", "5.0 %"]);
        assert_eq!(formatted("share, 0 to 1", &["0.142857", "0.003828"]), ["14.29 %", "0.38 %"]);
        assert_eq!(formatted("share, 0 to 1", &["0.500000", "0.000001"]), ["50.0000 %", "0.0001 %"]);
        assert_eq!(formatted("share, 0 to 1", &["0.000000", "1.000000"]), ["0.0 %", "100.0 %"]);
    }

    #[test]
    fn durations_are_clock_times_or_two_units() {
        let seconds = ["247", "7980", "0", "59.50", "3599.6", "0.400", "-5", "900000"];
        let shown = ["4:07", "2 h 13 min", "0:00", "1:00", "1 h 00 min", "0.4 s", "−0:05", "10 d 10 h"];
        assert_eq!(formatted("s", &seconds), shown);
    }

    #[test]
    fn amounts_keep_every_digit() {
        let money = "units of charge_currency";
        assert_eq!(formatted(money, &["1234.500000", "-3.000000"]), ["1,234.50 USD", "−3.00 USD"]);
        assert_eq!(formatted(money, &["65.869000", "0.000001"]), ["65.869000 USD", "0.000001 USD"]);
        assert_eq!(formatted("units of charge_currency per min", &["0.019"]), ["0.019 USD per min"]);
        let format = ColumnFormat::for_values(&Unit::parse(Some(money)), ["5"].into_iter());
        assert_eq!(format.format("5", None), "5.00");
    }

    #[test]
    fn other_numbers_are_grouped_and_aligned() {
        assert_eq!(formatted("calls", &["1234567", "3"]), ["1,234,567", "3"]);
        assert_eq!(formatted("calls per h", &["4.958", "3.000"]), ["4.958", "3.000"]);
        assert_eq!(formatted("h", &["24.000", "168.000"]), ["24", "168"]);
        assert_eq!(formatted("calls", &["NaN", "1e5"]), ["NaN", "1e5"]);
    }
}
