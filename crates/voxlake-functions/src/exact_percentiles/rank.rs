//! Ranks as exact fractions: a rank in floating point is off by whole values where there are very
//! many.

/// Maximum significant digits after the point of a fraction: those of a double.
const MAX_DIGITS: usize = 17;

/// A fraction from 0 to 1 by the digits that it is written with: 0.95 is 95 / 100, not the nearest
/// double.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    /// The fraction that is written as `fraction`, which lies from 0 to 1.
    pub(super) fn of(fraction: f64) -> Self {
        // The shortest digits that stand for the double, without an exponent.
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

    /// The rank of this fraction among values from rank 0 to `last`.
    pub(super) fn rank(self, last: u64) -> Rank {
        // Neither product is beyond 10^37.
        let rank = self.numerator * i128::from(last);
        Rank {
            below: u64::try_from(rank / self.denominator).unwrap_or(last).min(last),
            weight: rank % self.denominator,
            of: self.denominator,
        }
    }
}

/// A rank between whole ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rank {
    /// The whole rank at or below it.
    pub(super) below: u64,
    weight: i128,
    of: i128,
}

/// A value between the values of two ranks that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Between<T> {
    pub(super) lower: T,
    pub(super) upper: T,
    pub(super) rank: Rank,
}

impl Between<i64> {
    /// The whole part, and the numerator of the rest.
    fn parts(self) -> (i128, i128) {
        let (lower, upper) = (i128::from(self.lower), i128::from(self.upper));
        // Of 64 bits times 10^17 at most.
        let numerator = lower * self.rank.of + (upper - lower) * self.rank.weight;
        (numerator.div_euclid(self.rank.of), numerator.rem_euclid(self.rank.of))
    }

    /// The value in millionths, to the nearest.
    pub(super) fn millionths(self) -> i128 {
        let (whole, rest) = self.parts();
        whole * 1_000_000 + (2 * rest * 1_000_000 + self.rank.of) / (2 * self.rank.of)
    }

    /// The value as a double.
    #[expect(clippy::cast_precision_loss, reason = "the answer is a double")]
    pub(super) fn double(self) -> f64 {
        let (whole, rest) = self.parts();
        whole as f64 + rest as f64 / self.rank.of as f64
    }
}

impl Between<f64> {
    #[expect(clippy::cast_precision_loss, reason = "the answer is a double")]
    pub(super) fn interpolated(self) -> f64 {
        let Self { lower, upper, rank } = self;
        // Of infinite numbers the difference is no number.
        if rank.weight == 0 || lower.to_bits() == upper.to_bits() {
            return lower;
        }
        let weight = rank.weight as f64 / rank.of as f64;
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

    fn between(fraction: f64, lower: i64, upper: i64) -> Between<i64> {
        Between { lower, upper, rank: Fraction::of(fraction).rank(1) }
    }

    #[test]
    fn a_fraction_has_the_digits_it_is_written_with() {
        let fraction = |numerator, denominator| Fraction { numerator, denominator };
        assert_eq!(Fraction::of(0.95), fraction(95, 100));
        assert_eq!(Fraction::of(0.1 + 0.2), fraction(30_000_000_000_000_004, 10_i128.pow(17)));
        assert_eq!((Fraction::of(0.0), Fraction::of(1.0)), (fraction(0, 1), fraction(1, 1)));
        assert_eq!(Fraction::of(f64::MIN_POSITIVE).rank(u64::MAX).below, 0);
        assert_eq!(Fraction::of(1.0).rank(u64::MAX).below, u64::MAX);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "exact results")]
    fn infinite_and_very_distant_numbers_are_interpolated() {
        let interpolated = |fraction: f64, lower: f64, upper: f64| {
            Between { lower, upper, rank: Fraction::of(fraction).rank(1) }.interpolated()
        };
        assert_eq!(interpolated(0.0, f64::NEG_INFINITY, f64::INFINITY), f64::NEG_INFINITY);
        assert_eq!(interpolated(0.5, f64::INFINITY, f64::INFINITY), f64::INFINITY);
        assert_eq!(interpolated(0.5, 1.0, f64::INFINITY), f64::INFINITY);
        assert_eq!(interpolated(0.5, -f64::MAX, f64::MAX), 0.0);
    }

    #[test]
    fn values_of_64_bits_keep_every_digit() {
        let large = between(0.99, i64::MAX - 100, i64::MAX);
        assert_eq!(large.millionths(), (i128::from(i64::MAX) - 1) * 1_000_000);
        assert_eq!(between(0.5, i64::MIN, i64::MAX).millionths(), -500_000);
        assert_eq!(between(0.25, -3, -2).millionths(), -2_750_000);
    }
}
