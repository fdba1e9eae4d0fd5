//! Ranks as exact fractions. A floating-point rank is wrong by whole ranks for very many values.

/// Maximum digits after the point of a fraction: those of a double.
const MAX_DIGITS: usize = 17;

/// Fraction from 0 to 1 in decimal notation: 0.95 is 95 / 100, not the nearest double.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    /// Converts `fraction`, which must be from 0 to 1, by its shortest decimal notation.
    pub(super) fn parse(fraction: f64) -> Self {
        // The shortest notation of the double, without an exponent.
        let text = fraction.to_string();
        let (whole, digits) = text.split_once('.').unwrap_or((&text, ""));
        let digits = &digits[..digits.len().min(MAX_DIGITS)];
        let mut parsed = Self { numerator: i128::from(whole == "1"), denominator: 1 };
        for digit in digits.bytes() {
            parsed.numerator = parsed.numerator * 10 + i128::from(digit - b'0');
            parsed.denominator *= 10;
        }
        parsed
    }

    /// Returns the rank of this fraction among ranks 0 to `last`.
    pub(super) fn rank(self, last: u64) -> Rank {
        // Both products are below 10^37.
        let rank = self.numerator * i128::from(last);
        Rank {
            below: u64::try_from(rank / self.denominator).unwrap_or(last).min(last),
            weight: rank % self.denominator,
            denominator: self.denominator,
        }
    }
}

/// Rank between two integer ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rank {
    /// Greatest integer rank that is not above it.
    pub(super) below: u64,
    weight: i128,
    denominator: i128,
}

/// Value between the values of two consecutive ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interpolation<T> {
    pub(super) lower: T,
    pub(super) upper: T,
    pub(super) rank: Rank,
}

impl Interpolation<i64> {
    /// Returns the integral part, and the numerator of the fractional part.
    fn parts(self) -> (i128, i128) {
        let (lower, upper) = (i128::from(self.lower), i128::from(self.upper));
        // At most 64 bits times 10^17.
        let numerator = lower * self.rank.denominator + (upper - lower) * self.rank.weight;
        (numerator.div_euclid(self.rank.denominator), numerator.rem_euclid(self.rank.denominator))
    }

    /// Returns the value in millionths, rounded to the nearest.
    pub(super) fn to_millionths(self) -> i128 {
        let (whole, rest) = self.parts();
        whole * 1_000_000 + (2 * rest * 1_000_000 + self.rank.denominator) / (2 * self.rank.denominator)
    }

    /// Returns the value as a double.
    #[expect(clippy::cast_precision_loss, reason = "the answer is a double")]
    pub(super) fn to_f64(self) -> f64 {
        let (whole, rest) = self.parts();
        whole as f64 + rest as f64 / self.rank.denominator as f64
    }
}

impl Interpolation<f64> {
    #[expect(clippy::cast_precision_loss, reason = "the answer is a double")]
    pub(super) fn to_f64(self) -> f64 {
        let Self { lower, upper, rank } = self;
        // The difference of infinities is NaN.
        if rank.weight == 0 || lower.to_bits() == upper.to_bits() {
            return lower;
        }
        let weight = rank.weight as f64 / rank.denominator as f64;
        let difference = upper - lower;
        if lower.is_finite() && upper.is_finite() && difference.is_infinite() {
            return lower * (1.0 - weight) + upper * weight;
        }
        lower + difference * weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(fraction: f64, lower: i64, upper: i64) -> Interpolation<i64> {
        Interpolation { lower, upper, rank: Fraction::parse(fraction).rank(1) }
    }

    #[test]
    fn fractions_keep_their_decimal_digits() {
        let fraction = |numerator, denominator| Fraction { numerator, denominator };
        assert_eq!(Fraction::parse(0.95), fraction(95, 100));
        assert_eq!(Fraction::parse(0.1 + 0.2), fraction(30_000_000_000_000_004, 10_i128.pow(17)));
        assert_eq!((Fraction::parse(0.0), Fraction::parse(1.0)), (fraction(0, 1), fraction(1, 1)));
        assert_eq!(Fraction::parse(f64::MIN_POSITIVE).rank(u64::MAX).below, 0);
        assert_eq!(Fraction::parse(1.0).rank(u64::MAX).below, u64::MAX);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "exact results")]
    fn infinities_and_extremes_are_interpolated() {
        let interpolated = |fraction: f64, lower: f64, upper: f64| {
            Interpolation { lower, upper, rank: Fraction::parse(fraction).rank(1) }.to_f64()
        };
        assert_eq!(interpolated(0.0, f64::NEG_INFINITY, f64::INFINITY), f64::NEG_INFINITY);
        assert_eq!(interpolated(0.5, f64::INFINITY, f64::INFINITY), f64::INFINITY);
        assert_eq!(interpolated(0.5, 1.0, f64::INFINITY), f64::INFINITY);
        assert_eq!(interpolated(0.5, -f64::MAX, f64::MAX), 0.0);
    }

    #[test]
    fn values_of_64_bits_are_exact() {
        let large = between(0.99, i64::MAX - 100, i64::MAX);
        assert_eq!(large.to_millionths(), (i128::from(i64::MAX) - 1) * 1_000_000);
        assert_eq!(between(0.5, i64::MIN, i64::MAX).to_millionths(), -500_000);
        assert_eq!(between(0.25, -3, -2).to_millionths(), -2_750_000);
    }
}
