//! What a lake holds and what it lacks, told from the footers of its day files.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{Coverage, DayFooter, Lake, LakeError, TimeRange};

/// What a lake holds and what it lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LakeInventory {
    /// The days whose files can be read, by date.
    pub days: Vec<InventoryDay>,
    /// The files that cannot, by path, each with the reason.
    pub damaged: Vec<(String, String)>,
    /// From the first moment that was ever fetched to the last; `None` where none was.
    pub fetched: Option<TimeRange>,
    /// Period of the last sync, if it did not fetch all of it.
    pub unfinished: Option<TimeRange>,
    /// What was never fetched within both, in order, days whose file is damaged included.
    pub gaps: Vec<TimeRange>,
    /// Ranges that a sync up to now would fetch, from the first moment that was fetched or asked
    /// for: gaps, and what is too young to be settled. In order.
    pub unsettled: Vec<TimeRange>,
}

/// A day with what its file's footer tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryDay {
    /// The day.
    pub date: NaiveDate,
    /// Bytes of its file.
    pub bytes: u64,
    /// What the footer tells.
    pub footer: DayFooter,
}

impl LakeInventory {
    /// Calls in all days.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.days.iter().map(|day| day.footer.rows).sum()
    }

    /// Bytes of all day files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.days.iter().map(|day| day.bytes).sum()
    }

    /// When the first call began.
    #[must_use]
    pub fn first_start(&self) -> Option<DateTime<Utc>> {
        self.days.iter().filter_map(|day| day.footer.first_start).min()
    }

    /// When the newest call began.
    #[must_use]
    pub fn last_start(&self) -> Option<DateTime<Utc>> {
        self.days.iter().filter_map(|day| day.footer.last_start).max()
    }
}

impl Lake {
    /// Surveys the lake at `now`: a moment fetched later than `settle` after it is settled. Asks
    /// the [footers](Lake::footers) of all day files, and nothing else of them.
    ///
    /// # Errors
    /// Where the store fails. Damaged files are part of the survey.
    pub async fn inventory(&self, now: DateTime<Utc>, settle: TimeDelta) -> Result<LakeInventory, LakeError> {
        let days = self.days().await?;
        let footers = self.footers(&days).await;
        let scope = self.scope_id().await?;
        let mut survey =
            LakeInventory { unfinished: self.unfinished_sync().await?, ..LakeInventory::default() };
        for (day, footer) in days.into_iter().zip(footers) {
            match footer {
                Ok(mut footer) => {
                    footer.coverage = footer.coverage.of_scope(scope).trusted_at(now);
                    survey.days.push(InventoryDay { date: day.date, bytes: day.meta.size, footer });
                }
                Err(LakeError::Damaged { path, reason }) => survey.damaged.push((path, reason)),
                Err(error) => return Err(error),
            }
        }
        survey.look_for_gaps(now, settle);
        Ok(survey)
    }
}

impl LakeInventory {
    fn look_for_gaps(&mut self, now: DateTime<Utc>, settle: TimeDelta) {
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
    async fn gaps_unsettled_ranges_and_damaged_days_are_told_from_footers() {
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
        // The second day has no file; of the third, two hours are missing and the end is young.
        let pieces = [fetch(48, 60, 90), fetch(62, 72, 90)];
        lake.merge_day(&lock, day(48), Vec::new(), &pieces, ConflictPolicy::Replace).await.unwrap();
        // A call that strayed: its day was never asked for.
        let strayed = calls(0, &[("c", 73 * 3600, "missed", None)]);
        lake.merge_day(&lock, day(73), vec![strayed], &[], ConflictPolicy::Replace).await.unwrap();

        let survey = lake.inventory(hour(90), settle).await.unwrap();
        assert_eq!(survey.calls(), 3);
        assert_eq!(survey.fetched, Some(range(6, 72)));
        assert_eq!(survey.gaps, [range(24, 48), range(60, 62)]);
        assert_eq!(survey.unsettled, [range(24, 48), range(60, 62), range(66, 90)]);
        assert_eq!((survey.first_start(), survey.last_start()), (Some(hour(7)), Some(hour(73))));
        assert!(survey.bytes() > 1000);

        // At hour 80 all of that is coverage from the future.
        let early = lake.inventory(hour(80), settle).await.unwrap();
        assert_eq!((early.fetched, early.gaps.len()), (None, 0));
        let file = folder.path().join(format!("voice_calls/date={}/calls.parquet", day(48)));
        std::fs::write(file, "PAR1").unwrap();
        let survey = lake.inventory(hour(90), settle).await.unwrap();
        assert_eq!(survey.damaged.len(), 1);
        assert!(survey.damaged[0].0.ends_with("date=2026-11-03/calls.parquet"));
        assert_eq!(survey.fetched, Some(range(6, 24)));
    }
}
