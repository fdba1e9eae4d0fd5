//! Exact decimals and their formats for people.
//!
//! A value arrives as the text that `voxlake query` prints, and formats for machines keep that
//! text. For people it is grouped, rounded, or converted to a percentage or a duration. It is never
//! converted to a float in between.

use std::cmp::Ordering;

use crate::definition::Unit;

/// A decimal: all its digits, and the number of digits after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: i128,
    scale: u32,
}

impl From<u32> for Decimal {
    fn from(number: u32) -> Self {
        Self { digits: number.into(), scale: 0 }
    }
}

impl Decimal {
    pub(crate) const ZERO: Self = Self { digits: 0, scale: 0 };

    /// Parses `-12.340000`; `None` for anything else, including exponents.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        let all = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if digits.is_empty() || !all(digits) || !all(fraction) {
            return None;
        }
        let scale = u32::try_from(fraction.len()).ok()?;
        Some(Self { digits: format!("{whole}{fraction}").parse().ok()?, scale })
    }

    pub(crate) fn is_zero(self) -> bool {
        self.digits == 0
    }

    pub(crate) fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// Converts to a float, for drawing.
    pub(crate) fn to_f64(self) -> f64 {
        self.digits as f64 / 10_f64.powi(i32::try_from(self.scale).unwrap_or(0))
    }

    /// Returns the digits of both at the same scale, and that scale; `None` on overflow.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let digits = |number: Self| number.digits.checked_mul(10_i128.checked_pow(scale - number.scale)?);
        Some((digits(self)?, digits(other)?, scale))
    }

    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        let (one, other, scale) = self.aligned(other)?;
        Some(Self { digits: one.checked_sub(other)?, scale })
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let (one, other, scale) = self.aligned(other)?;
        Some(Self { digits: one.checked_add(other)?, scale })
    }

    pub(crate) fn times(self, factor: u32) -> Option<Self> {
        Some(Self { digits: self.digits.checked_mul(factor.into())?, ..self })
    }

    /// Divides by ten to the power of `places`.
    pub(crate) fn shifted(self, places: u32) -> Self {
        Self { scale: self.scale.saturating_add(places), ..self }
    }

    /// Returns this as a percentage of `whole`, to one decimal place.
    pub(crate) fn percent_of(self, whole: Self) -> Option<Self> {
        let (part, whole, _) = self.aligned(whole)?;
        let (part, whole) = (part.checked_mul(10_000)?, whole.checked_abs().filter(|whole| *whole > 0)?);
        Some(Self { digits: part / whole, scale: 2 }.rounded(1))
    }

    pub(crate) fn compare(self, other: Self) -> Ordering {
        match self.aligned(other) {
            Some((one, other, _)) => one.cmp(&other),
            None => self.to_f64().total_cmp(&other.to_f64()),
        }
    }

    fn times_hundred(self) -> Self {
        match self.scale {
            0 => Self { digits: self.digits.saturating_mul(100), scale: 0 },
            1 => Self { digits: self.digits.saturating_mul(10), scale: 0 },
            scale => Self { scale: scale - 2, ..self },
        }
    }

    /// Returns the number of decimal places without trailing zeros.
    pub(super) fn places(self) -> u32 {
        self.trimmed(0).scale
    }

    /// Rounds to at most `places` decimal places, halves away from zero.
    pub(crate) fn rounded(self, places: u32) -> Self {
        let Some(unit) = self.scale.checked_sub(places).and_then(|cut| 10_i128.checked_pow(cut)) else {
            return self;
        };
        let half = if self.digits < 0 { -(unit / 2) } else { unit / 2 };
        Self { digits: self.digits.saturating_add(half) / unit, scale: places }
    }

    /// Removes trailing zeros, but keeps at least `places` decimal places.
    pub(super) fn trimmed(self, places: u32) -> Self {
        let mut trimmed = self;
        while trimmed.scale > places && trimmed.digits % 10 == 0 {
            trimmed = Self { digits: trimmed.digits / 10, scale: trimmed.scale - 1 };
        }
        while trimmed.scale < places {
            trimmed = Self { digits: trimmed.digits.saturating_mul(10), scale: trimmed.scale + 1 };
        }
        trimmed
    }

    /// Formats all digits without separators, as a query returns them.
    pub(crate) fn plain(self) -> String {
        self.grouped().replace(',', "").replace('−', "-")
    }

    /// Formats with thousands separators: `−1,234.50`. The minus is U+2212.
    pub(crate) fn grouped(self) -> String {
        let digits = self.digits.unsigned_abs().to_string();
        let scale = usize::try_from(self.scale).unwrap_or(0);
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let mut text = String::new();
        if self.digits < 0 {
            text.push('−');
        }
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push('.');
            text.push_str(fraction);
        }
        text
    }
}

/// Formats a number for people. Text that is not a number is returned unchanged.
pub(crate) fn format_value(text: &str, unit: &Unit) -> String {
    Decimal::parse(text).map_or_else(|| text.to_owned(), |number| format_number(number, unit))
}

/// Formats a number for people.
pub(crate) fn format_number(number: Decimal, unit: &Unit) -> String {
    match unit {
        Unit::Share => percentage(number),
        Unit::Seconds => duration(number),
        Unit::Money { .. } => number.trimmed(2).grouped(),
        _ => number.trimmed(0).grouped(),
    }
}

/// Returns the difference of two shares in percentage points, with one decimal place. Shares below
/// one percent, which are shown with two, have two places here as well.
pub(crate) fn percentage_points(share: Decimal, previous: Decimal) -> Option<Decimal> {
    let one_percent = Decimal { digits: 1, scale: 2 };
    let is_below = |share: Decimal| share.compare(one_percent) == Ordering::Less;
    let places = if is_below(share) && is_below(previous) { 2 } else { 1 };
    Some(share.minus(previous)?.times_hundred().rounded(places).trimmed(1))
}

/// Formats as `8.1 %`. Values below one percent have two decimal places, so that they do not round
/// to zero.
fn percentage(share: Decimal) -> String {
    let places = percent_places(share).min(2);
    format!("{} %", share.times_hundred().rounded(places).trimmed(places.min(1)).grouped())
}

/// Returns the decimal places of a percentage that keep a share from being shown as zero: one, or
/// up to four below one percent.
pub(super) fn percent_places(share: Decimal) -> u32 {
    let percent = share.times_hundred();
    if percent.is_zero() || percent.digits.unsigned_abs() >= 10_u128.saturating_pow(percent.scale) {
        return 1;
    }
    (2..4).find(|places| !percent.rounded(*places).is_zero()).unwrap_or(4)
}

/// Formats a share as a percentage with this number of decimal places: `14.30 %`.
pub(super) fn percentage_with_places(share: Decimal, places: u32) -> String {
    format!("{} %", share.times_hundred().rounded(places).trimmed(places).grouped())
}

/// Formats seconds for a column of a table: `4:07` (minutes and seconds), `2 h 13 min`, `3 d 05 h`.
/// Less than a second is shown in seconds, so that it does not round to zero.
pub(super) fn clock_duration(seconds: Decimal) -> String {
    let whole = seconds.rounded(0).digits;
    let is_below_a_second = seconds.digits.unsigned_abs() < 10_u128.saturating_pow(seconds.scale);
    match whole.unsigned_abs() {
        _ if is_below_a_second && !seconds.is_zero() => format!("{} s", seconds.trimmed(0).grouped()),
        whole_seconds @ 0..3_600 => {
            format!("{}{}:{:02}", if whole < 0 { "−" } else { "" }, whole_seconds / 60, whole_seconds % 60)
        }
        _ => duration(seconds),
    }
}

/// Formats with the two largest units: `45 s`, `4 min 32 s`, `1 h 04 min`, `3 d 05 h`.
fn duration(seconds: Decimal) -> String {
    let whole = seconds.rounded(0).digits;
    let sign = if whole < 0 { "−" } else { "" };
    let whole = whole.unsigned_abs();
    match whole {
        0..60 => format!("{sign}{whole} s"),
        60..3_600 => format!("{sign}{} min {:02} s", whole / 60, whole % 60),
        3_600..172_800 => format!("{sign}{} h {:02} min", whole / 3_600, whole % 3_600 / 60),
        _ => format!(
            "{sign}{} d {:02} h",
            Decimal { digits: i128::try_from(whole / 86_400).unwrap_or(i128::MAX), scale: 0 }.grouped(),
            whole % 86_400 / 3_600
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(unit: &str) -> Unit {
        Unit::parse(Some(unit))
    }

    #[test]
    fn numbers_are_formatted_by_unit() {
        assert_eq!(format_value("1234567", &unit("calls")), "1,234,567");
        assert_eq!(format_value("-999", &unit("calls")), "−999");
        assert_eq!(format_value("0.081234", &unit("share, 0 to 1")), "8.1 %");
        assert_eq!(format_value("0.000349", &unit("share, 0 to 1")), "0.03 %");
        assert_eq!(format_value("0.000000", &unit("share, 0 to 1")), "0.0 %");
        assert_eq!(format_value("1.000000", &unit("share, 0 to 1")), "100.0 %");
        assert_eq!(format_value("272.50", &unit("s")), "4 min 33 s");
        assert_eq!(format_value("59", &unit("s")), "59 s");
        assert_eq!(format_value("3840", &unit("s")), "1 h 04 min");
        assert_eq!(format_value("90000000", &unit("s")), "1,041 d 16 h");
        assert_eq!(format_value("1234.560000", &unit("units of charge_currency")), "1,234.56");
        assert_eq!(format_value("0.019000", &unit("units of charge_currency")), "0.019");
        assert_eq!(format_value("12.500", &unit("calls per h")), "12.5");
        assert_eq!(format_value("all", &Unit::None), "all");
    }

    #[test]
    fn money_keeps_every_significant_digit() {
        assert_eq!(format_value("0.000001", &unit("units of x")), "0.000001");
        assert_eq!(
            format_value("99999999999999999999.999999", &unit("units of x")),
            "99,999,999,999,999,999,999.999999"
        );
    }

    #[test]
    fn change_is_exact_until_rounded() {
        let number = |text: &str| Decimal::parse(text).unwrap();
        let change = |now: &str, before: &str| {
            number(now).minus(number(before)).unwrap().percent_of(number(before)).unwrap().grouped()
        };
        assert_eq!(change("110", "100"), "10.0");
        assert_eq!(change("95.5", "100"), "−4.5");
        assert_eq!(change("1", "3"), "−66.7");
        assert!(number("5").percent_of(number("0")).is_none());
        let points = |now, before| percentage_points(number(now), number(before)).map(Decimal::grouped);
        assert_eq!(points("0.0812", "0.0765").as_deref(), Some("0.5"));
        assert_eq!(points("0.0812", "0.0814").as_deref(), Some("0.0"));
        assert_eq!(points("0.0008", "0.0003").as_deref(), Some("0.05"));
        assert_eq!(points("0.0100", "0.0097").as_deref(), Some("0.0"));
    }

    #[test]
    fn other_text_is_no_decimal() {
        for text in ["", "-", "1e5", "NaN", "12.", "=1+1", "1.2.3"] {
            let parsed = Decimal::parse(text);
            assert!(parsed.is_none() || text == "12.", "{text}: {parsed:?}");
        }
    }
}
