//! Which part of a period the lake does not hold: an answer that is silent about it misleads.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use voxlake_lake::{DayFile, ScopeId, TimeRange};

use crate::damage::blamed;
use crate::error::EngineError;
use crate::footers::Footers;

/// The moments of `period` that `days` do not cover, in order, as few ranges as they make, by the
/// footers of the period's days, as far as they can be trusted at `now`, where there is a clock.
///
/// # Errors
/// [`EngineError::Damaged`] for a day whose footer cannot be read.
pub async fn gaps(
    footers: &Footers,
    days: &[DayFile],
    period: TimeRange,
    scope: Option<ScopeId>,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<TimeRange>, EngineError> {
    let asked = |day: &&DayFile| !TimeRange::of_day(day.date).intersection(&period).is_empty();
    let days: Vec<DayFile> = days.iter().filter(asked).cloned().collect();
    let footers = footers.of(&days).await;
    let held: BTreeMap<NaiveDate, Vec<TimeRange>> = days
        .iter()
        .zip(footers)
        .map(|(day, footer)| {
            let within = TimeRange::of_day(day.date).intersection(&period);
            let footer = footer.map_err(blamed)?;
            let coverage = footer.coverage.of_scope(scope);
            let gaps = match now {
                Some(now) => coverage.trusted_at(now).gaps(within),
                None => coverage.gaps(within),
            };
            Ok((day.date, gaps))
        })
        .collect::<Result<_, EngineError>>()?;
    let missing =
        period.by_day().flat_map(|(date, part)| held.get(&date).cloned().unwrap_or_else(|| vec![part]));
    Ok(TimeRange::coalesce(missing))
}

#[cfg(test)]
mod tests;
