//! The size of the centre's day in which as many calls come together as are asked for.

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

/// The centre of which `calls` start within the period, or as near as chance allows.
///
/// Calls come by chance, minute by minute, but more of them the larger the centre's day is: so the day's
/// size is looked for at which the period has exactly as many. Counting makes no call and is quick.
pub(super) fn centre(house: &HouseArgs, calls: u64, period: TimeRange, days: u32) -> anyhow::Result<Centre> {
    let too_many = || {
        UsageError(format!(
            "--calls {calls} in {days} days are more than the {MOST_A_DAY} a day that the simulated centre takes: \
             give it more --days"
        ))
    };
    let wanted = calls as f64;
    let (mut low, mut high) = ((0.0, 0.0), None);
    let mut rate = wanted / f64::from(days);
    let mut nearest: Option<(u64, Centre)> = None;
    for step in 0..TRIES {
        if rate > MOST_A_DAY {
            // A quiet period has fewer calls than a usual one, but it is a usual one that is limited.
            if low.0 >= MOST_A_DAY || wanted / f64::from(days) > MOST_A_DAY {
                return Err(too_many().into());
            }
            rate = MOST_A_DAY;
        }
        let args = CentreArgs { house: house.clone(), calls_per_day: rate };
        let centre = sim::centre(&args)?;
        let found = centre.count_calls(period.from, period.to);
        let off = found.abs_diff(calls);
        if nearest.as_ref().is_none_or(|(least, _)| off < *least) {
            nearest = Some((off, centre));
        }
        let point = (rate, found as f64);
        match found.cmp(&calls) {
            std::cmp::Ordering::Equal => break,
            std::cmp::Ordering::Less => low = point,
            std::cmp::Ordering::Greater => high = Some(point),
        }
        rate = between(low, high, wanted, step);
    }
    let (off, centre) = nearest.context("no day's size was tried")?;
    tracing::debug!("{} calls a day, {off} calls off", centre.config().calls_per_day);
    Ok(centre)
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
