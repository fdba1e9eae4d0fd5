//! Inventory of a lake: its days, gaps and damaged files, from the footers of its day files.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{Coverage, DayFooter, Lake, LakeError, TimeRange};

/// Days, gaps and damaged files of a lake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LakeInventory {
    /// Days with readable files, by date.
    pub days: Vec<InventoryDay>,
    /// Paths of damaged files, each with the reason.
    pub damaged: Vec<(String, String)>,
    /// Range from the first to the last fetched moment. `None` if nothing was fetched.
    pub fetched: Option<TimeRange>,
    /// Period of the last sync. `None` if that sync was complete.
    pub unfinished: Option<TimeRange>,
    /// Ranges within these two periods that were never fetched, in order. Days with damaged files
    /// count as not fetched.
    pub gaps: Vec<TimeRange>,
    /// Ranges that a sync up to now would fetch, in order: gaps and ranges that are not settled.
    /// They start at the first fetched or requested moment.
    pub unsettled: Vec<TimeRange>,
}

/// A day and the footer of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryDay {
    /// Date of the day.
    pub date: NaiveDate,
    /// Size of its file.
    pub bytes: u64,
    /// Footer of its file.
    pub footer: DayFooter,
}

impl LakeInventory {
    /// Calls of all days.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.days.iter().map(|day| day.footer.rows).sum()
    }

    /// Bytes of all day files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.days.iter().map(|day| day.bytes).sum()
    }

    /// Start of the earliest call.
    #[must_use]
    pub fn first_start(&self) -> Option<DateTime<Utc>> {
        self.days.iter().filter_map(|day| day.footer.first_start).min()
    }

    /// Start of the latest call.
    #[must_use]
    pub fn last_start(&self) -> Option<DateTime<Utc>> {
        self.days.iter().filter_map(|day| day.footer.last_start).max()
    }
}

impl Lake {
    /// Takes the inventory of the lake at `now`. A moment is settled once it was fetched later than
    /// `settle` after it. Only the [footers](Lake::footers) of the day files are read.
    ///
    /// # Errors
    /// If the store fails. Damaged files are part of the inventory.
    pub async fn inventory(&self, now: DateTime<Utc>, settle: TimeDelta) -> Result<LakeInventory, LakeError> {
        let days = self.days().await?;
        let footers = self.footers(&days).await;
        let scope = self.scope_id().await?;
        let mut inventory =
            LakeInventory { unfinished: self.unfinished_sync().await?, ..LakeInventory::default() };
        for (mut day, mut footer) in days.into_iter().zip(footers) {
            if let Err(LakeError::Replaced { .. }) = footer {
                footer = match self.current_footer(day.date).await {
                    Ok(Some((current, footer))) => {
                        day = current;
                        Ok(footer)
                    }
                    Ok(None) => continue,
                    Err(error) => Err(error),
                };
            }
            match footer {
                Ok(mut footer) => {
                    footer.coverage = footer.coverage.of_scope(scope).trusted_at(now);
                    inventory.days.push(InventoryDay { date: day.date, bytes: day.meta.size, footer });
                }
                Err(LakeError::Damaged { path, reason }) => inventory.damaged.push((path, reason)),
                Err(error) => return Err(error),
            }
        }
        inventory.find_gaps(now, settle);
        Ok(inventory)
    }
}

impl LakeInventory {
    fn find_gaps(&mut self, now: DateTime<Utc>, settle: TimeDelta) {
        let ranges = || self.days.iter().flat_map(|day| day.footer.coverage.ranges());
        self.fetched = ranges()
            .map(|range| range.from)
            .min()
            .zip(ranges().map(|range| range.to).max())
            .map(|(from, to)| TimeRange { from, to });
        let known = [self.fetched, self.unfinished].into_iter().flatten();
        let known = known.reduce(|a, b| TimeRange { from: a.from.min(b.from), to: a.to.max(b.to) });
        let Some(known) = known else { return };
        let unknown = Coverage::default();
        let coverage_of = |date: NaiveDate| {
            let day = self.days.binary_search_by_key(&date, |day| day.date);
            day.map_or(&unknown, |at| &self.days[at].footer.coverage)
        };
        let gaps = known.by_day().flat_map(|(date, part)| coverage_of(date).gaps(part));
        let gaps = TimeRange::coalesce(gaps);
        let until_now = TimeRange { to: now, ..known };
        let unsettled = until_now.by_day().flat_map(|(date, part)| coverage_of(date).unsettled(part, settle));
        self.unsettled = TimeRange::coalesce(unsettled);
        self.gaps = gaps;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_calls::{MIDNIGHT, calls};
    use crate::{ConflictPolicy, FetchedRange};

    fn hour(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(MIDNIGHT + hour * 3600, 0).unwrap()
    }

    fn range(from: i64, to: i64) -> TimeRange {
        TimeRange { from: hour(from), to: hour(to) }
    }

    #[tokio::test]
    async fn inventory_of_gaps_and_damaged_days() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let settle = TimeDelta::hours(24);
        assert_eq!(lake.inventory(hour(100), settle).await.unwrap(), LakeInventory::default());

        let lock = lake.lock(hour(0)).await.unwrap();
        let fetch = |from, to, fetched_at| {
            let TimeRange { from, to } = range(from, to);
            FetchedRange {
                from,
                to,
                fetched_at: hour(fetched_at),
                total_records: None,
                calls: None,
                scope: None,
            }
        };
        let day = |hours: i64| hour(hours).date_naive();
        let one = calls(0, &[("a", 7 * 3600, "missed", None), ("b", 8 * 3600, "missed", None)]);
        lake.merge_day(&lock, day(0), vec![one], &[fetch(6, 24, 90)], ConflictPolicy::Replace).await.unwrap();
        // The second day has no file. The third lacks two hours, and its end is not settled.
        let pieces = [fetch(48, 60, 90), fetch(62, 72, 90)];
        lake.merge_day(&lock, day(48), Vec::new(), &pieces, ConflictPolicy::Replace).await.unwrap();
        // A call of a day that was never fetched.
        let strayed = calls(0, &[("c", 73 * 3600, "missed", None)]);
        lake.merge_day(&lock, day(73), vec![strayed], &[], ConflictPolicy::Replace).await.unwrap();

        let inventory = lake.inventory(hour(90), settle).await.unwrap();
        assert_eq!(inventory.calls(), 3);
        assert_eq!(inventory.fetched, Some(range(6, 72)));
        assert_eq!(inventory.gaps, [range(24, 48), range(60, 62)]);
        assert_eq!(inventory.unsettled, [range(24, 48), range(60, 62), range(66, 90)]);
        assert_eq!((inventory.first_start(), inventory.last_start()), (Some(hour(7)), Some(hour(73))));
        assert!(inventory.bytes() > 1000);

        // At hour 80, all of this coverage lies in the future.
        let early = lake.inventory(hour(80), settle).await.unwrap();
        assert_eq!((early.fetched, early.gaps.len()), (None, 0));
        let file = folder.path().join(format!("voice_calls/date={}/calls.parquet", day(48)));
        std::fs::write(file, "PAR1").unwrap();
        let inventory = lake.inventory(hour(90), settle).await.unwrap();
        assert_eq!(inventory.damaged.len(), 1);
        assert!(inventory.damaged[0].0.ends_with("date=2026-11-03/calls.parquet"));
        assert_eq!(inventory.fetched, Some(range(6, 24)));
    }
}
