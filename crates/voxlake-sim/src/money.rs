//! Money in millionths of a dollar, so that expected sums are exact.

use std::fmt;

/// An amount in millionths of a dollar. `Display` writes it as the API does: `$0.019`, `$1,234.50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Micros(pub i64);

impl Micros {
    /// Returns the charge of a number of minutes at this rate.
    #[must_use]
    pub fn times(self, minutes: u32) -> Self {
        Self(self.0.saturating_mul(i64::from(minutes)))
    }
}

/// Returns the minutes charged for a duration: each started minute counts.
#[must_use]
pub fn billed_minutes(seconds: u32) -> u32 {
    seconds.div_ceil(60)
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let mut fraction = format!("{:06}", magnitude % 1_000_000);
        // At least two decimals; further ones only up to the last that is not zero.
        while fraction.len() > 2 && fraction.ends_with('0') {
            fraction.pop();
        }
        let digits = (magnitude / 1_000_000).to_string();
        let mut dollars = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                dollars.push(',');
            }
            dollars.push(digit);
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}${dollars}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_at_least_two_decimals() {
        for (micros, text) in [
            (0, "$0.00"),
            (19_000, "$0.019"),
            (6_500, "$0.0065"),
            (1_234_500_000, "$1,234.50"),
            (1_000_000_000_001, "$1,000,000.000001"),
            (999_990_000, "$999.99"),
            (-20_000, "-$0.02"),
        ] {
            assert_eq!(Micros(micros).to_string(), text);
        }
    }

    #[test]
    fn a_minute_is_charged_once_begun() {
        assert_eq!([0, 1, 60, 61, 120].map(billed_minutes), [0, 1, 1, 2, 2], "seconds to minutes");
    }
}
