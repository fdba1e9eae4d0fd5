//! Positions of values on an axis, and its tick marks.

use crate::content::number::Decimal;

/// Maximum steps of an axis.
const MAX_STEPS: f64 = 4.0;

/// An axis between two round numbers that includes zero.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// Steps from zero to the lower end.
    from: i64,
    /// Steps from zero to the upper end.
    to: i64,
    /// Leading digits of a step: 1, 2, 5 or 10.
    digits: i64,
    /// Power of ten of a step.
    power: i32,
}

impl Scale {
    /// Returns an axis that includes all of `values`. With `whole`, its steps are integers.
    pub(super) fn covering(values: impl IntoIterator<Item = Decimal>, whole: bool) -> Self {
        let (low, high) = values
            .into_iter()
            .map(Decimal::to_f64)
            .fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let span = if high - low > 0.0 { high - low } else { 1.0 };
        let rough = span / MAX_STEPS;
        let mut power = exponent(rough);
        let leading = rough / 10_f64.powi(power);
        let mut digits =
            [1_i64, 2, 5, 10].into_iter().find(|digits| leading <= whole_number(*digits)).unwrap_or(10);
        if whole && power < 0 {
            (digits, power) = (1, 0);
        }
        let step = whole_number(digits) * 10_f64.powi(power);
        Self { from: steps((low / step).floor()), to: steps((high / step).ceil()).max(1), digits, power }
    }

    /// Returns the exact values of the tick marks.
    pub(super) fn ticks(&self) -> impl Iterator<Item = Decimal> {
        (self.from..=self.to).filter_map(|step| {
            let digits = step.checked_mul(self.digits)?;
            let text = match usize::try_from(-self.power) {
                Ok(0) => digits.to_string(),
                Ok(places) => {
                    let text = format!("{:0>width$}", digits.unsigned_abs(), width = places + 1);
                    let (whole, fraction) = text.split_at(text.len() - places);
                    format!("{}{whole}.{fraction}", if digits < 0 { "-" } else { "" })
                }
                Err(_) => format!("{digits}{}", "0".repeat(usize::try_from(self.power).unwrap_or(0))),
            };
            Decimal::parse(&text)
        })
    }

    /// Returns the position of a value on the axis, from 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        let step = whole_number(self.digits) * 10_f64.powi(self.power);
        let (from, to) = (whole_number(self.from) * step, whole_number(self.to) * step);
        ((value - from) / (to - from)).clamp(0.0, 1.0)
    }
}

/// Returns the power of ten of the leading digit.
#[expect(clippy::cast_possible_truncation, reason = "a double's exponent is far below an i32's end")]
fn exponent(value: f64) -> i32 {
    value.log10().floor() as i32
}

#[expect(clippy::cast_possible_truncation, reason = "an axis has a handful of steps")]
fn steps(steps: f64) -> i64 {
    steps as i64
}

fn whole_number(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(values: &[&str], whole: bool) -> Vec<String> {
        let scale = Scale::covering(values.iter().filter_map(|value| Decimal::parse(value)), whole);
        scale.ticks().map(Decimal::grouped).collect()
    }

    #[test]
    fn axis_has_round_numbers_and_zero() {
        assert_eq!(ticks(&["37", "12"], true), ["0", "10", "20", "30", "40"]);
        assert_eq!(ticks(&["0.0812"], false), ["0.00", "0.05", "0.10"]);
        assert_eq!(ticks(&["1234567.5"], false), ["0", "500,000", "1,000,000", "1,500,000"]);
        assert_eq!(ticks(&["-3", "5"], true), ["−4", "−2", "0", "2", "4", "6"]);
        assert_eq!(ticks(&["2"], true), ["0", "1", "2"]);
        assert_eq!(ticks(&[], true), ["0", "1"]);
        assert_eq!(ticks(&["0"], false), ["0.0", "0.5"]);
    }

    #[test]
    fn values_are_within_the_axis() {
        let scale = Scale::covering([Decimal::parse("40").unwrap()], true);
        assert!((scale.share(10.0) - 0.25).abs() < 1e-9);
        assert!((scale.share(1e9) - 1.0).abs() < 1e-9);
    }
}
