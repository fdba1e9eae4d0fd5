//! Expected calls per minute, by hour of day and day of week.
//!
//! The weights average to 1 over a week, so that `calls_per_day` is the mean.

use chrono::FixedOffset;

use crate::rng::Rng;

const DAY: u64 = 0x_D4_11;

/// Weights of Monday to Sunday; their sum is 7.
const WEEK: [f64; 7] = [1.28, 1.18, 1.14, 1.14, 1.12, 0.68, 0.46];

/// Relative weights of the hours in local time: a morning peak, a dip at noon, a smaller afternoon
/// peak.
const HOURS: [f64; 24] = [
    2.0, 1.4, 1.0, 0.9, 1.0, 1.8, 4.0, 9.0, 17.0, 24.0, 26.0, 24.0, 19.0, 21.0, 23.0, 21.0, 18.0, 14.0, 10.0,
    7.5, 6.0, 5.0, 4.0, 3.0,
];

/// Spread of the random factor of each day, whose mean is 1.
const DAY_SPREAD: f64 = 0.08;

#[derive(Debug)]
pub(crate) struct Seasonality {
    seed: u64,
    calls_per_minute: f64,
    offset_minutes: i64,
    /// One weight per minute of the day; their mean is 1.
    day: Vec<f64>,
}

impl Seasonality {
    pub(crate) fn new(seed: u64, calls_per_day: f64, offset: FixedOffset) -> Self {
        let mean = HOURS.iter().sum::<f64>() / 24.0;
        let day = (0..1440).map(|minute| minute_weight(minute) / mean).collect();
        Self {
            seed,
            calls_per_minute: calls_per_day / 1440.0,
            offset_minutes: i64::from(offset.local_minus_utc()).div_euclid(60),
            day,
        }
    }

    /// Returns the expected number of calls that start in a minute, in minutes since 1970.
    pub(crate) fn rate(&self, minute: i64) -> f64 {
        self.calls_per_minute * self.load(minute)
    }

    /// Returns the relative load of a minute; the average is 1.
    pub(crate) fn load(&self, minute: i64) -> f64 {
        let local = minute.saturating_add(self.offset_minutes);
        let day = local.div_euclid(1440);
        let at = |n: i64, modulus: i64| usize::try_from(n.rem_euclid(modulus)).unwrap_or(0);
        // Day 0, 1970-01-01, was a Thursday.
        let weekday = at(day.saturating_add(3), 7);
        let own = Rng::new(&[self.seed, DAY, day.cast_unsigned()]).unit() * 2.0 - 1.0;
        self.day[at(local, 1440)] * WEEK[weekday] * (1.0 + DAY_SPREAD * own)
    }
}

/// Interpolates linearly between the weights of the hours, which hold at half past.
fn minute_weight(minute: usize) -> f64 {
    let shifted = minute + 24 * 60 - 30;
    let (hour, into) = (shifted / 60, (shifted % 60) as f64 / 60.0);
    HOURS[hour % 24] * (1.0 - into) + HOURS[(hour + 1) % 24] * into
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_average_to_one_over_years() {
        let utc = FixedOffset::east_opt(0).unwrap();
        let seasonality = Seasonality::new(3, 1440.0, utc);
        let minutes = 7 * 1440 * 100;
        let total: f64 = (0..minutes).map(|minute| seasonality.rate(minute)).sum();
        let mean = total / minutes as f64;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
    }

    #[test]
    fn business_hours_follow_the_centres_offset() {
        let offset = FixedOffset::east_opt(-8 * 3600).unwrap();
        let seasonality = Seasonality::new(3, 1440.0, offset);
        // 10:30 local time is 18:30 UTC.
        assert!(seasonality.load(18 * 60 + 30) > 5.0 * seasonality.load(10 * 60 + 30));
    }
}
