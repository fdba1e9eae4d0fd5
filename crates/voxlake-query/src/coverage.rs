//! Which part of a period the lake does not hold: an answer that is silent about it misleads.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use voxlake_lake::{DayFile, Lake, TimeRange};

use crate::damage::{CHECKS_AT_ONCE, blamed};
use crate::error::QueryError;

/// The moments of `period` that `days` do not cover, in order, as few ranges as they make. Reads the
/// footers of the period's days.
///
/// # Errors
/// [`QueryError::Damaged`] for a day whose footer cannot be read.
pub(crate) async fn gaps(
    lake: &Lake,
    days: &[DayFile],
    period: TimeRange,
) -> Result<Vec<TimeRange>, QueryError> {
    let held = days.iter().filter(|day| !TimeRange::of_day(day.date).intersection(&period).is_empty());
    let held: BTreeMap<NaiveDate, Vec<TimeRange>> = stream::iter(held.cloned().collect::<Vec<_>>())
        .map(|day| {
            let lake = lake.clone();
            async move {
                let within = TimeRange::of_day(day.date).intersection(&period);
                let coverage = lake.coverage(&day).await.map_err(blamed)?;
                Ok::<_, QueryError>((day.date, coverage.gaps(within)))
            }
        })
        .buffered(CHECKS_AT_ONCE)
        .try_collect()
        .await?;
    let missing =
        period.by_day().flat_map(|(date, part)| held.get(&date).cloned().unwrap_or_else(|| vec![part]));
    Ok(TimeRange::joined(missing))
}

#[cfg(test)]
mod tests;
