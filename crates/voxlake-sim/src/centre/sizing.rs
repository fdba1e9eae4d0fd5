//! Search for the daily rate at which a period has a given number of calls.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use super::config::{InvalidCentre, MAX_CALLS_PER_DAY};
use super::{Centre, CentreConfig};

/// Maximum steps of the search.
const MAX_STEPS: u32 = 60;

/// No centre has the given number of calls.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SizingError {
    /// More calls than the largest centre has in the period.
    #[error("{calls} calls in {days} days exceed the maximum of {MAX_CALLS_PER_DAY} calls a day")]
    TooManyCalls {
        /// The requested calls.
        calls: u64,
        /// Length of the period.
        days: f64,
    },
    /// A setting of the centre is out of range.
    #[error(transparent)]
    Invalid(#[from] InvalidCentre),
}

impl Centre {
    /// Creates a centre of which `calls` calls start in `[from, to)`, or as close to that as
    /// possible. Returns it with its number of calls in the period.
    ///
    /// The number of calls per minute is random, but it grows with `calls_per_day`. The search
    /// finds the `calls_per_day` at which the period has exactly `calls` calls; the value in
    /// `config` is ignored. Calls are counted, not generated, so this is fast. An exact
    /// solution does not always exist: above 40 calls per minute the generator changes to
    /// another distribution, and the number of calls jumps.
    ///
    /// # Errors
    ///
    /// If the largest centre has fewer calls in the period, or a setting is out of range.
    pub fn with_call_count(
        config: &CentreConfig,
        calls: u64,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<(Self, u64), SizingError> {
        let days = (to - from).num_seconds() as f64 / 86_400.0;
        let wanted = calls as f64;
        let (mut low, mut high) = ((0.0, 0.0), None);
        let mut rate = wanted / days;
        let mut nearest: Option<(Self, u64)> = None;
        for step in 0..MAX_STEPS {
            if rate > MAX_CALLS_PER_DAY {
                // A weekend has fewer calls than the weekly average, which is what is limited.
                if low.0 >= MAX_CALLS_PER_DAY || wanted / days > MAX_CALLS_PER_DAY {
                    return Err(SizingError::TooManyCalls { calls, days });
                }
                rate = MAX_CALLS_PER_DAY;
            }
            let centre = Self::new(CentreConfig { calls_per_day: rate, ..config.clone() })?;
            let found = centre.count_calls(from, to);
            if nearest.as_ref().is_none_or(|(_, before)| found.abs_diff(calls) < before.abs_diff(calls)) {
                nearest = Some((centre, found));
            }
            let point = (rate, found as f64);
            match found.cmp(&calls) {
                Ordering::Equal => break,
                Ordering::Less => low = point,
                Ordering::Greater => high = Some(point),
            }
            rate = next_rate(low, high, wanted, step);
            if rate <= low.0 || high.is_some_and(|(high, _)| rate >= high) {
                // No rate lies between the two.
                break;
            }
        }
        nearest.ok_or(SizingError::TooManyCalls { calls, days })
    }
}

/// Returns the next rate to try, between one with too few calls and one with too many. Each bound
/// is a rate and its calls.
fn next_rate((low, few): (f64, f64), high: Option<(f64, f64)>, wanted: f64, step: u32) -> f64 {
    match high {
        // 1 % more than in proportion, so that an upper bound is found.
        None if few > 0.0 => low * wanted / few * 1.01,
        None => 2.0 * low.max(1.0),
        // Interpolation is nearly exact. Every third step bisects, so that both bounds converge.
        Some((high, many)) if step % 3 < 2 => low + (high - low) * (wanted - few) / (many - few),
        Some((high, _)) => f64::midpoint(low, high),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn found(seed: u64, calls: u64, days: i64) -> Result<u64, SizingError> {
        let from = DateTime::from_timestamp(1_760_000_000, 0).unwrap();
        let to = from + TimeDelta::days(days);
        let config = CentreConfig { seed, ..CentreConfig::default() };
        let (centre, found) = Centre::with_call_count(&config, calls, from, to)?;
        assert_eq!(centre.count_calls(from, to), found);
        Ok(found)
    }

    #[test]
    fn a_period_has_exactly_the_requested_calls() {
        for (calls, days) in [(1, 1), (2, 7), (1000, 1), (20_000, 1), (123_457, 14)] {
            for seed in [1, 2, 3] {
                assert_eq!(found(seed, calls, days).unwrap(), calls, "seed {seed}, {days} days");
            }
        }
    }

    /// The count may miss by the jump of one minute, in which the distribution changes.
    #[test]
    fn a_busy_period_is_nearly_exact() {
        for (calls, days) in [(1_000_000, 10), (5_000_000, 1)] {
            for seed in [1, 2, 3] {
                let found = found(seed, calls, days).unwrap();
                assert!(found.abs_diff(calls) <= 40, "{found} of {calls}, seed {seed}");
            }
        }
    }

    #[test]
    fn too_many_calls_are_refused() {
        let error = found(1, 10_000_001, 1).unwrap_err();
        assert_eq!(error, SizingError::TooManyCalls { calls: 10_000_001, days: 1.0 });
        let text = "10000001 calls in 1 days exceed the maximum of 10000000 calls a day";
        assert_eq!(error.to_string(), text);
    }
}
