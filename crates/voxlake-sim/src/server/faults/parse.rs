//! Faults as users write them: a rate, and a seed.

use std::str::FromStr;

use super::selection::Faults;

/// A text has no rate or seed of faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFaults {
    /// No rate from 0 to 1.
    #[error("{0:?} has no rate from 0 to 1, such as 0.1 or 0.1:7")]
    Rate(String),
    /// A seed that is not a whole number.
    #[error("{0:?} has no whole number for a seed, such as 0.1:7")]
    Seed(String),
}

/// Parses [seeded](Faults::seeded) faults: `RATE` or `RATE:SEED`. The default seed is 1.
impl FromStr for Faults {
    type Err = InvalidFaults;

    fn from_str(text: &str) -> Result<Self, InvalidFaults> {
        let (rate, seed) = text.split_once(':').unwrap_or((text, "1"));
        let rate = rate.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
        let rate = rate.ok_or_else(|| InvalidFaults::Rate(text.to_owned()))?;
        let seed = seed.parse().map_err(|_| InvalidFaults::Seed(text.to_owned()))?;
        Ok(Self::seeded(seed, rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_a_rate_and_a_seed() {
        let shown = |faults: Faults| format!("{faults:?}");
        assert_eq!(shown("0.1".parse().unwrap()), shown(Faults::seeded(1, 0.1)));
        assert_eq!(shown("1:7".parse().unwrap()), shown(Faults::seeded(7, 1.0)));
        for bad in ["", ":", "0.1:", ":7", "1.1", "-0.1", "NaN", "inf", "0.1:x", "0.1:-1", "10%"] {
            assert!(bad.parse::<Faults>().is_err(), "{bad}");
        }
    }
}
