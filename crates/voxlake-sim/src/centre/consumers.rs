//! Consumers: a fixed population, each with a number and some with a name.
//!
//! A consumer is an index into the population. The rest is derived, so that 250,000 consumers take
//! no memory.

use super::countries::{COUNTRIES, Country, REMOTE};
use super::names::{FIRST, HOSTILE, LAST};
use crate::rng::Rng;

const NAME: u64 = 0x_4E_41;
/// Prime and larger than the number range of any country, so that steps of it visit each number
/// once.
const STRIDE: u32 = 15_485_863;

#[derive(Debug)]
pub(crate) struct Consumer {
    pub(crate) country: &'static Country,
    pub(crate) number: String,
    pub(crate) display_name: Option<String>,
}

/// The consumers of one country.
#[derive(Debug)]
struct Block {
    country: &'static Country,
    first: u32,
    count: u32,
    numbers: u32,
}

#[derive(Debug)]
pub(crate) struct Consumers {
    seed: u64,
    blocks: Vec<Block>,
}

impl Consumers {
    pub(crate) fn new(seed: u64, wanted: u32) -> Self {
        let mut first = 0;
        let blocks = COUNTRIES
            .iter()
            .map(|country| {
                let numbers = count_numbers(country);
                let share = u64::from(wanted) * u64::from(country.share.max(1)) / 1000;
                // At most as many consumers as numbers. A country with a share of 0 still has
                // consumers that can be called.
                let count = u32::try_from(share).unwrap_or(numbers).clamp(1, numbers);
                let block = Block { country, first, count, numbers };
                first += count;
                block
            })
            .collect();
        Self { seed, blocks }
    }

    /// Draws a consumer who calls; some call more often than others.
    pub(crate) fn random_caller(&self, rng: &mut Rng) -> u32 {
        let total: u32 = COUNTRIES.iter().map(|country| country.share).sum();
        let mut left = rng.below(total);
        for (block, country) in self.blocks.iter().zip(&COUNTRIES) {
            if left < country.share {
                let place = f64::from(block.count) * rng.unit().powf(1.3);
                return block.first + crate::rng::whole(place.floor()).min(block.count - 1);
            }
            left -= country.share;
        }
        0
    }

    /// Draws a consumer in the most expensive country.
    pub(crate) fn random_remote(&self, rng: &mut Rng) -> u32 {
        let block = &self.blocks[REMOTE];
        block.first + rng.below(block.count)
    }

    pub(crate) fn get(&self, id: u32) -> Consumer {
        let at = self.blocks.partition_point(|block| block.first <= id);
        let block = &self.blocks[at.saturating_sub(1)];
        let step = u64::from(id - block.first) * u64::from(STRIDE) % u64::from(block.numbers);
        let number = number(block.country, u32::try_from(step).unwrap_or(0));
        Consumer { country: block.country, number, display_name: self.display_name(id) }
    }

    fn display_name(&self, id: u32) -> Option<String> {
        let mut rng = Rng::new(&[self.seed, NAME, u64::from(id)]);
        // 55 % of the consumers have no name.
        if rng.chance(0.55) {
            return None;
        }
        if rng.chance(0.008) {
            return Some(rng.pick(&HOSTILE).to_owned());
        }
        let (first, last) = (rng.pick(&FIRST), rng.pick(&LAST));
        Some(format!("{first} {last}"))
    }
}

fn count_numbers(country: &Country) -> u32 {
    let areas = country.areas.iter().map(|_| 100);
    let ranges = country.ranges.iter().map(|range| 10_u32.pow(range.digits));
    areas.chain(ranges).sum()
}

fn number(country: &Country, mut place: u32) -> String {
    for area in country.areas {
        if place < 100 {
            return format!("+1{area}55501{place:02}");
        }
        place -= 100;
    }
    for range in country.ranges {
        let size = 10_u32.pow(range.digits);
        if place < size {
            let width = range.digits as usize;
            return format!("{}{place:0width$}", range.prefix);
        }
        place -= size;
    }
    // Unreachable: `place` is taken modulo the count of numbers.
    String::new()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn consumers_have_distinct_e164_numbers() {
        let consumers = Consumers::new(1, 250_000);
        let end = consumers.blocks.last().map_or(0, |b| b.first + b.count);
        let mut seen = HashSet::new();
        for id in 0..end {
            let number = consumers.get(id).number;
            let digits = number.strip_prefix('+').unwrap();
            assert!((9..=15).contains(&digits.len()), "{number}");
            assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{number}");
            assert!(seen.insert(number), "{id}");
        }
        assert!(end > 150_000, "{end}");
    }
}
