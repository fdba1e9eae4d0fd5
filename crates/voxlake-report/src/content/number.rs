//! Exact decimals and how people are shown them.
//!
//! A value arrives as the text that `voxlake query` prints. It stays that text for machines; here it is
//! grouped, cut to what can be read, or turned into a percentage or a duration, without ever being a float.

use std::cmp::Ordering;

use crate::definition::Unit;

/// A decimal: digits and how many of them stand behind the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: i128,
    scale: u32,
}

impl Decimal {
    /// Reads `-12.340000`; `None` for anything else, exponents included.
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

    /// For drawing, where a pixel is all the exactness there is.
    pub(crate) fn approximately(self) -> f64 {
        self.digits as f64 / 10_f64.powi(i32::try_from(self.scale).unwrap_or(0))
    }

    /// Both with the same places behind the point, where they can have them.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let digits = |one: Self| one.digits.checked_mul(10_i128.checked_pow(scale - one.scale)?);
        Some((digits(self)?, digits(other)?, scale))
    }

    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        let (one, other, scale) = self.aligned(other)?;
        Some(Self { digits: one.checked_sub(other)?, scale })
    }

    /// So many hundredths of `whole`, to one place behind the point.
    pub(crate) fn percent_of(self, whole: Self) -> Option<Self> {
        let (part, whole, _) = self.aligned(whole)?;
        let (part, whole) = (part.checked_mul(10_000)?, whole.checked_abs().filter(|whole| *whole > 0)?);
        Some(Self { digits: part / whole, scale: 2 }.rounded(1))
    }

    pub(crate) fn compare(self, other: Self) -> Ordering {
        match self.aligned(other) {
            Some((one, other, _)) => one.cmp(&other),
            None => self.approximately().total_cmp(&other.approximately()),
        }
    }

    fn times_hundred(self) -> Self {
        match self.scale {
            0 => Self { digits: self.digits.saturating_mul(100), scale: 0 },
            1 => Self { digits: self.digits.saturating_mul(10), scale: 0 },
            scale => Self { scale: scale - 2, ..self },
        }
    }

    /// With no more than `places` behind the point; halves go away from zero.
    pub(crate) fn rounded(self, places: u32) -> Self {
        let Some(unit) = self.scale.checked_sub(places).and_then(|cut| 10_i128.checked_pow(cut)) else {
            return self;
        };
        let half = if self.digits < 0 { -(unit / 2) } else { unit / 2 };
        Self { digits: self.digits.saturating_add(half) / unit, scale: places }
    }

    /// Without zeros at the end, but with at least `places` behind the point.
    fn trimmed(self, places: u32) -> Self {
        let mut trimmed = self;
        while trimmed.scale > places && trimmed.digits % 10 == 0 {
            trimmed = Self { digits: trimmed.digits / 10, scale: trimmed.scale - 1 };
        }
        while trimmed.scale < places {
            trimmed = Self { digits: trimmed.digits.saturating_mul(10), scale: trimmed.scale + 1 };
        }
        trimmed
    }

    /// With its thousands set apart: `-1,234.50`. The minus is the sign's own character.
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

/// A number for people; text that is none stays as it is.
pub(crate) fn shown(text: &str, unit: &Unit) -> String {
    Decimal::parse(text).map_or_else(|| text.to_owned(), |number| written(number, unit))
}

/// A number for people.
pub(crate) fn written(number: Decimal, unit: &Unit) -> String {
    match unit {
        Unit::Share => percentage(number),
        Unit::Seconds => duration(number),
        Unit::Money { .. } => number.trimmed(2).grouped(),
        _ => number.trimmed(0).grouped(),
    }
}

/// A difference of two shares, in percentage points.
pub(crate) fn points(difference: Decimal) -> String {
    difference.times_hundred().rounded(1).trimmed(1).grouped()
}

/// `8.1%`; what is less than one has a digit more, so that little is not nothing.
fn percentage(share: Decimal) -> String {
    let percent = share.times_hundred();
    let one = Decimal { digits: 1, scale: 0 };
    let small = !percent.is_zero() && percent.compare(one) == Ordering::Less;
    let places = if small { 2 } else { 1 };
    format!("{}%", percent.rounded(places).trimmed(places.min(1)).grouped())
}

/// `45 s`, `4 min 32 s`, `1 h 04 min`, `3 d 05 h`: the two largest units.
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
    fn numbers_are_shown_by_their_unit() {
        assert_eq!(shown("1234567", &unit("calls")), "1,234,567");
        assert_eq!(shown("-999", &unit("calls")), "−999");
        assert_eq!(shown("0.081234", &unit("share, 0 to 1")), "8.1%");
        assert_eq!(shown("0.000349", &unit("share, 0 to 1")), "0.03%");
        assert_eq!(shown("0.000000", &unit("share, 0 to 1")), "0.0%");
        assert_eq!(shown("1.000000", &unit("share, 0 to 1")), "100.0%");
        assert_eq!(shown("272.50", &unit("s")), "4 min 33 s");
        assert_eq!(shown("59", &unit("s")), "59 s");
        assert_eq!(shown("3840", &unit("s")), "1 h 04 min");
        assert_eq!(shown("90000000", &unit("s")), "1,041 d 16 h");
        assert_eq!(shown("1234.560000", &unit("units of charge_currency")), "1,234.56");
        assert_eq!(shown("0.019000", &unit("units of charge_currency")), "0.019");
        assert_eq!(shown("12.500", &unit("calls per h")), "12.5");
        assert_eq!(shown("all", &Unit::None), "all");
    }

    #[test]
    fn money_keeps_every_digit_that_says_something() {
        assert_eq!(shown("0.000001", &unit("units of x")), "0.000001");
        assert_eq!(
            shown("99999999999999999999.999999", &unit("units of x")),
            "99,999,999,999,999,999,999.999999"
        );
    }

    #[test]
    fn a_change_is_exact_before_it_is_rounded() {
        let number = |text: &str| Decimal::parse(text).unwrap();
        let change = |now: &str, before: &str| {
            number(now).minus(number(before)).unwrap().percent_of(number(before)).unwrap().grouped()
        };
        assert_eq!(change("110", "100"), "10.0");
        assert_eq!(change("95.5", "100"), "−4.5");
        assert_eq!(change("1", "3"), "−66.7");
        assert!(number("5").percent_of(number("0")).is_none());
        assert_eq!(points(number("0.0812").minus(number("0.0765")).unwrap()), "0.5");
    }

    #[test]
    fn what_is_no_decimal_is_left_alone() {
        for text in ["", "-", "1e5", "NaN", "12.", "=1+1", "1.2.3"] {
            let parsed = Decimal::parse(text);
            assert!(parsed.is_none() || text == "12.", "{text}: {parsed:?}");
        }
    }
}
