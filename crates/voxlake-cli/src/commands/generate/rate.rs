//! The size of the centre's day in which as many calls come together as are asked for.

use std::cmp::Ordering;

use anyhow::Context as _;
use voxlake_lake::TimeRange;
use voxlake_sim::Centre;

use crate::args::{CentreArgs, HouseArgs};
use crate::commands::sim;
use crate::exit::UsageError;

/// Calls a day that the simulated centre takes at most.
const MOST_A_DAY: f64 = 10_000_000.0;
/// Tries to meet the number; one too many or too few is no reason to go on for ever.
const TRIES: u32 = 60;

/// The centre of which `calls` start within the period, or as near as chance allows, and how many do.
///
/// Calls come by chance, minute by minute, but more of them the larger the centre's day is: so the day's
/// size is looked for at which the period has exactly as many. Counting makes no call and is quick. There is
/// not always one: minutes that become busy are drawn in another way, and their number jumps as they do.
pub(super) fn centre(
    house: &HouseArgs,
    calls: u64,
    period: TimeRange,
    days: u32,
) -> anyhow::Result<(Centre, u64)> {
    let too_many = || {
        UsageError(format!(
            "--calls {calls} in {days} days are more than the simulated centre takes, which is {MOST_A_DAY} a day on \
             average over a week: give it more --days"
        ))
    };
    let wanted = calls as f64;
    let (mut low, mut high) = ((0.0, 0.0), None);
    let mut rate = wanted / f64::from(days);
    let mut nearest: Option<(Centre, u64)> = None;
    for step in 0..TRIES {
        if rate > MOST_A_DAY {
            // A weekend has fewer calls than a week would, but it is the week that is limited.
            if low.0 >= MOST_A_DAY || wanted / f64::from(days) > MOST_A_DAY {
                return Err(too_many().into());
            }
            rate = MOST_A_DAY;
        }
        let args = CentreArgs { house: house.clone(), calls_per_day: rate };
        let centre = sim::centre(&args)?;
        let found = centre.count_calls(period.from, period.to);
        if nearest.as_ref().is_none_or(|(_, before)| found.abs_diff(calls) < before.abs_diff(calls)) {
            nearest = Some((centre, found));
        }
        let point = (rate, found as f64);
        match found.cmp(&calls) {
            Ordering::Equal => break,
            Ordering::Less => low = point,
            Ordering::Greater => high = Some(point),
        }
        rate = between(low, high, wanted, step);
        if rate <= low.0 || high.is_some_and(|(high, _)| rate >= high) {
            // Nothing lies between the two.
            break;
        }
    }
    nearest.context("no day's size was tried")
}

/// The next rate to try, between one that has too few calls and one that has too many, each with its calls.
fn between((low, few): (f64, f64), high: Option<(f64, f64)>, wanted: f64, step: u32) -> f64 {
    match high {
        // More calls take a larger day, a hundredth more than in proportion, so that the other side is found.
        None if few > 0.0 => low * wanted / few * 1.01,
        None => 2.0 * low.max(1.0),
        // A straight line between the two meets it nearly; now and then the middle, so that both sides close in.
        Some((high, many)) if step % 3 < 2 => low + (high - low) * (wanted - few) / (many - few),
        Some((high, _)) => f64::midpoint(low, high),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    fn found(seed: u64, calls: u64, days: u32) -> anyhow::Result<u64> {
        let from = DateTime::from_timestamp(1_760_000_000, 0).unwrap();
        let period = TimeRange { from, to: from + TimeDelta::days(days.into()) };
        let house = HouseArgs { seed, queues: 40, agents: 800 };
        let (centre, found) = centre(&house, calls, period, days)?;
        assert_eq!(centre.count_calls(period.from, period.to), found);
        Ok(found)
    }

    #[test]
    fn a_period_has_exactly_as_many_calls_as_asked_for() {
        for (calls, days) in [(1, 1), (2, 7), (1000, 1), (20_000, 1), (123_457, 14)] {
            for seed in [1, 2, 3] {
                assert_eq!(found(seed, calls, days).unwrap(), calls, "seed {seed}, {days} days");
            }
        }
    }

    #[test]
    fn a_busy_period_has_them_but_for_one_minutes_chance() {
        for (calls, days) in [(1_000_000, 10), (5_000_000, 1)] {
            for seed in [1, 2, 3] {
                let found = found(seed, calls, days).unwrap();
                assert!(found.abs_diff(calls) <= 40, "{found} of {calls}, seed {seed}");
            }
        }
    }

    #[test]
    fn more_than_the_centre_takes_are_refused() {
        let error = found(1, 10_000_001, 1).unwrap_err();
        assert!(error.is::<UsageError>() && error.to_string().contains("--days"), "{error}");
    }
}
