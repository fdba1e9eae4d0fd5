//! A whole day at once: calls that come in the day's order, straight into the file that is the day
//! from then on.
//!
//! Nothing is merged, so nothing is read, and days that are written side by side do not wait for
//! each other. It is for calls that are made rather than fetched; what comes from an API goes
//! through [`Lake::merge_day`].

use std::fs::File;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use chrono::{DateTime, NaiveDate, Utc};
use voxlake_model::schema;

use crate::calls::Keys;
use crate::day_merge::MergeSizes;
use crate::error::{LakeError, StoreContext as _};
use crate::executor::Executor;
use crate::write::DayWriter;
use crate::{Coverage, FetchedRange, Lake, TimeRange, WriterLock, layout};

/// A day's file while its calls are written.
pub struct DayAppender<'a> {
    path: &'a str,
    day: TimeRange,
    writer: DayWriter<&'a mut File>,
    /// The key of the last call, of which there is none before the first.
    last: Option<(i64, String)>,
}

impl DayAppender<'_> {
    /// Writes the day's next calls.
    ///
    /// # Errors
    /// [`LakeError::Schema`] where the calls are of another schema, not of this day, or not in its
    /// order (`start_time`, `engagement_id`, none twice); where they cannot be written.
    pub fn write(&mut self, calls: &RecordBatch) -> Result<(), LakeError> {
        if calls.schema_ref().fields() != schema::voice_calls().fields() {
            return Err(ArrowError::SchemaError("the columns are not those of the lake".to_owned()).into());
        }
        let keys = Keys::new(calls);
        let Some((last, id)) = keys.last() else { return Ok(()) };
        let within = self.day.from.timestamp_millis()..self.day.to.timestamp_millis();
        let ascend = keys.ascend_from(self.last.as_ref().map(|(start, id)| (*start, id.as_str())));
        // In order, so that the first and the last tell of all.
        if !(ascend && within.contains(&keys.get(0).0) && within.contains(&last)) {
            let date = self.day.from.date_naive();
            return Err(ArrowError::InvalidArgumentError(format!(
                "a call is not of {date}, or not in the day's order"
            ))
            .into());
        }
        self.last = Some((last, id.to_owned()));
        self.writer.write(calls).context("encode", self.path)
    }
}

impl Lake {
    /// Writes a day anew, with the calls that `fill` writes to it: what the day held before is
    /// gone. The whole day is noted as fetched at `fetched_at`, with as many records as there
    /// are calls. Returns how many there are.
    ///
    /// `fill` runs on a thread of its own, so that as many days are written at once as are asked
    /// for at once. Memory is needed for what it holds itself and for a row group in the
    /// making. Where it fails, the lake is as it was.
    ///
    /// # Errors
    /// Those of `fill`, and where the file cannot be written.
    pub async fn write_day<E: From<LakeError> + Send + 'static>(
        &self,
        lock: &WriterLock,
        date: NaiveDate,
        fetched_at: DateTime<Utc>,
        fill: impl FnOnce(&mut DayAppender<'_>) -> Result<(), E> + Send + 'static,
    ) -> Result<u64, E> {
        let path = layout::day_file(date);
        let name = path.to_string();
        let work = move |file: &mut File| {
            let writer =
                DayWriter::new(file, MergeSizes::default().row_group_rows).context("encode", &name)?;
            let day = TimeRange::of_day(date);
            let mut new = DayAppender { path: &name, day, writer, last: None };
            fill(&mut new)?;
            let calls = new.writer.calls() as u64;
            let TimeRange { from, to } = day;
            let mut coverage = Coverage::default();
            coverage.add(FetchedRange {
                from,
                to,
                fetched_at,
                total_records: Some(calls),
                calls: Some(calls),
                scope: None,
            });
            new.writer.finish(&coverage).context("encode", &name)?;
            Ok(calls)
        };
        let calls = self.rewrite::<u64, E>(lock, &path, Executor::Blocking, work).await?;
        self.cache_footer(date).await;
        Ok(calls)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::test_calls::{MIDNIGHT, calls, shown};

    fn date() -> NaiveDate {
        DateTime::from_timestamp(MIDNIGHT, 0).unwrap().date_naive()
    }

    fn fetched_at() -> DateTime<Utc> {
        DateTime::from_timestamp(MIDNIGHT, 0).unwrap() + TimeDelta::days(3)
    }

    async fn lake() -> (tempfile::TempDir, Lake, WriterLock) {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock(fetched_at()).await.unwrap();
        (folder, lake, lock)
    }

    /// Writes calls in as many batches as there are lists.
    async fn write(
        lake: &Lake,
        lock: &WriterLock,
        batches: &'static [&'static [(&'static str, i64)]],
    ) -> Result<u64, LakeError> {
        let fill = |day: &mut DayAppender<'_>| {
            batches.iter().try_for_each(|batch| {
                let batch: Vec<_> = batch.iter().map(|(id, second)| (*id, *second, "x", None)).collect();
                day.write(&calls(1, &batch))
            })
        };
        lake.write_day(lock, date(), fetched_at(), fill).await
    }

    #[tokio::test]
    async fn a_day_is_what_was_written_last_and_counts_as_fetched_whole() {
        let (_folder, lake, lock) = lake().await;
        assert_eq!(write(&lake, &lock, &[&[("a", 3)]]).await.unwrap(), 1);
        assert_eq!(write(&lake, &lock, &[&[("b", 0), ("a", 5)], &[], &[("b", 5)]]).await.unwrap(), 3);
        let day = lake.read_day(date()).await.unwrap();
        assert_eq!(shown(&day.calls), ["b 0 x 1 ", "a 5 x 1 ", "b 5 x 1 "]);
        let TimeRange { from, to } = TimeRange::of_day(date());
        let fetched = FetchedRange {
            from,
            to,
            fetched_at: fetched_at(),
            total_records: Some(3),
            calls: Some(3),
            scope: None,
        };
        assert_eq!(day.coverage.ranges(), [fetched]);
        let verdict = lake.verify_day(date()).await.unwrap();
        assert_eq!((verdict.calls, verdict.violations.len()), (3, 0));
    }

    #[tokio::test]
    async fn a_day_without_calls_is_fetched_too() {
        let (_folder, lake, lock) = lake().await;
        assert_eq!(write(&lake, &lock, &[]).await.unwrap(), 0);
        let coverage = lake.read_day(date()).await.unwrap().coverage;
        assert_eq!(coverage.gaps(TimeRange::of_day(date())), []);
    }

    #[tokio::test]
    async fn calls_out_of_order_twice_or_of_another_day_are_refused_and_the_day_stays() {
        let (folder, lake, lock) = lake().await;
        write(&lake, &lock, &[&[("a", 3)]]).await.unwrap();
        let wrong: [&[&[(&str, i64)]]; 6] = [
            &[&[("a", 2), ("a", 1)]],
            &[&[("b", 1), ("a", 1)]],
            &[&[("a", 1), ("a", 1)]],
            &[&[("a", 1)], &[("a", 1)]],
            &[&[("a", -1), ("b", 5)]],
            &[&[("a", 86_400)]],
        ];
        for batches in wrong {
            let error = write(&lake, &lock, batches).await.unwrap_err();
            assert!(matches!(error, LakeError::Schema(_)), "{error}");
        }
        assert_eq!(shown(&lake.read_day(date()).await.unwrap().calls), ["a 3 x 1 "]);
        let place = folder.path().join(layout::day_file(date()).to_string());
        assert_eq!(std::fs::read_dir(place.parent().unwrap()).unwrap().count(), 1);
    }
}
