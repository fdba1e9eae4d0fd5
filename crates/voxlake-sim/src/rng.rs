//! Random numbers derived from a key.
//!
//! Every fact about a call follows from the seed and from the call's position in time. SplitMix64
//! is implemented here because the distributions of generator crates may change between releases,
//! and a seed has to give the same calls in every release.

const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finaliser of SplitMix64. A bijection: different inputs give different outputs.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Hashes several numbers into one. The order matters.
pub(crate) fn hash(parts: &[u64]) -> u64 {
    parts.iter().fold(GAMMA, |h, part| mix(h.wrapping_mul(GAMMA).wrapping_add(*part).wrapping_add(GAMMA)))
}

/// Random number generator of one key.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(key: &[u64]) -> Self {
        Self(hash(key))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// Returns a uniform number in `0..n`; 0 if `n` is 0. The modulo bias is at most `n / 2^64`.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        let n = u64::from(n.max(1));
        u32::try_from(self.next() % n).unwrap_or(0)
    }

    /// Returns a uniform number in `low..=high`.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// Returns an index into a list of `len` entries; 0 if the list is empty.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        let n = u64::try_from(len).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % n).unwrap_or(0)
    }

    /// Returns a uniform number in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.index(list.len())]
    }

    /// Returns an index into `weights`, with probabilities in proportion to them.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.unit() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (place, weight) in weights.enumerate() {
            last = place;
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// Approximates a standard normal, within ±3.5: the sum of four uniforms has a variance of 1/3.
    fn normal(&mut self) -> f64 {
        let sum: f64 = (0..4).map(|_| self.unit()).sum();
        (sum - 2.0) * 3.0_f64.sqrt()
    }

    /// Returns log-normal seconds around `median`, clamped to `low..=high`.
    pub(crate) fn long_tailed(&mut self, median: f64, sigma: f64, low: u32, high: u32) -> u32 {
        whole(median * (sigma * self.normal()).exp()).clamp(low, high)
    }

    /// Returns a Poisson-distributed count.
    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        // Multiplying uniforms takes about `mean` steps. Above 40 a normal is close enough.
        if mean > 40.0 {
            return whole(mean + mean.sqrt() * self.normal());
        }
        let limit = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > limit {
            product *= self.unit();
            count += 1;
        }
        count
    }
}

/// Rounds to the nearest `u32`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, which is what is wanted at both ends"
)]
pub(crate) fn whole(value: f64) -> u32 {
    value.round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean holds for both methods, above and below 40.
    #[test]
    fn poisson_draws_have_the_expected_mean() {
        for mean in [0.2, 2.3, 39.0, 41.0, 900.0] {
            let mut rng = Rng::new(&[1, 2, 3]);
            let total: u64 = (0..4000).map(|_| u64::from(rng.poisson(mean))).sum();
            let seen = total as f64 / 4000.0;
            assert!((seen - mean).abs() < 0.05 * mean + 0.03, "{seen} for {mean}");
        }
    }

    #[test]
    fn order_of_the_key_counts() {
        assert_ne!(hash(&[1, 2]), hash(&[2, 1]));
        assert_ne!(hash(&[0]), hash(&[0, 0]));
    }

    #[test]
    fn weights_are_respected() {
        let mut rng = Rng::new(&[9]);
        let mut seen = [0u32; 3];
        for _ in 0..10_000 {
            seen[rng.weighted([1.0, 0.0, 3.0].into_iter())] += 1;
        }
        assert_eq!(seen[1], 0);
        assert!((2200..2800).contains(&seen[0]), "{seen:?}");
    }
}
