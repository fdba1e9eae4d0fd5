//! Time ranges of a period that the lake does not contain.
//!
//! Results of a query are incomplete over such ranges, so callers report them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use voxlake_lake::{DayFile, ScopeId, TimeRange};

use crate::corruption::into_engine_error;
use crate::error::EngineError;
use crate::footer_store::FooterStore;

/// Returns the ranges of `period` that `days` do not cover, in order and coalesced. Reads the
/// footers of the period's days. Coverage counts if it is trusted at `now`; `None` trusts all of
/// it.
///
/// # Errors
/// [`EngineError::Damaged`] for a day whose footer cannot be read.
pub async fn gaps(
    footers: &FooterStore,
    days: &[DayFile],
    period: TimeRange,
    scope: Option<ScopeId>,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<TimeRange>, EngineError> {
    let overlaps_period = |day: &&DayFile| !TimeRange::of_day(day.date).intersection(&period).is_empty();
    let days: Vec<DayFile> = days.iter().filter(overlaps_period).cloned().collect();
    let footers = footers.load(&days).await;
    let gaps_by_date: BTreeMap<NaiveDate, Vec<TimeRange>> = days
        .iter()
        .zip(footers)
        .map(|(day, footer)| {
            let within = TimeRange::of_day(day.date).intersection(&period);
            let footer = footer.map_err(into_engine_error)?;
            let coverage = footer.coverage.of_scope(scope);
            let gaps = match now {
                Some(now) => coverage.trusted_at(now).gaps(within),
                None => coverage.gaps(within),
            };
            Ok((day.date, gaps))
        })
        .collect::<Result<_, EngineError>>()?;
    let missing = period
        .by_day()
        .flat_map(|(date, part)| gaps_by_date.get(&date).cloned().unwrap_or_else(|| vec![part]));
    Ok(TimeRange::coalesce(missing))
}

#[cfg(test)]
mod tests;
