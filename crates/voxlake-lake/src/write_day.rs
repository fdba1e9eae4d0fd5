//! Writing a whole day at once, from calls in the order of the day.
//!
//! Nothing is merged or read, so several days can be written in parallel. It is meant for generated
//! calls. Calls from the API go through [`Lake::merge_day`].

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
use crate::{Coverage, FetchedRange, Lake, TimeRange, WriterLock, commit, layout};

/// Writer of a day's calls; see [`Lake::write_day`].
pub struct DayAppender<'a> {
    path: &'a str,
    day: TimeRange,
    writer: DayWriter<&'a mut File>,
    /// Key of the last call. `None` before the first.
    last: Option<(i64, String)>,
}

impl DayAppender<'_> {
    /// Writes the day's next calls.
    ///
    /// # Errors
    /// [`LakeError::Schema`] if a call is of another schema or day, or not in ascending order of
    /// `start_time` and `engagement_id`; if the file cannot be written.
    pub fn write(&mut self, calls: &RecordBatch) -> Result<(), LakeError> {
        if calls.schema_ref().fields() != schema::voice_calls().fields() {
            return Err(ArrowError::SchemaError("the columns are not those of the lake".to_owned()).into());
        }
        let keys = Keys::new(calls);
        let Some((last, id)) = keys.last() else { return Ok(()) };
        let within = self.day.from.timestamp_millis()..self.day.to.timestamp_millis();
        let ascend = keys.ascend_from(self.last.as_ref().map(|(start, id)| (*start, id.as_str())));
        // The calls are sorted, so the first and the last one bound all of them.
        if !(ascend && within.contains(&keys.get(0).0) && within.contains(&last)) {
            let date = self.day.from.date_naive();
            return Err(ArrowError::InvalidArgumentError(format!(
                "a call does not start on {date} or is not in ascending order"
            ))
            .into());
        }
        self.last = Some((last, id.to_owned()));
        self.writer.write(calls).context("encode", self.path)
    }
}

impl Lake {
    /// Replaces a day with the calls that `fill` writes. Returns their number.
    ///
    /// The whole day is recorded as fetched at `fetched_at`, with as many records as there are
    /// calls. `fill` runs on a thread of its own, so concurrent calls of this method run in
    /// parallel. Memory is needed for its own data and a row group in progress. If it fails, the
    /// lake is unchanged.
    ///
    /// # Errors
    /// Those of `fill`, and if the file cannot be written.
    pub async fn write_day<E: From<LakeError> + Send + 'static>(
        &self,
        lock: &WriterLock,
        date: NaiveDate,
        fetched_at: DateTime<Utc>,
        fill: impl FnOnce(&mut DayAppender<'_>) -> Result<(), E> + Send + 'static,
    ) -> Result<u64, E> {
        let path = layout::day_file(date);
        self.refuse_parts(date).await?;
        let name = path.to_string();
        let replaced = match self.root() {
            Some(_) => None,
            None => commit::version(&**self.store(), &path).await?,
        };
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
        let calls = self.rewrite::<u64, E>(lock, &path, replaced, Executor::Blocking, work).await?;
        self.cache_footer(date).await;
        Ok(calls)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::test_calls::{MIDNIGHT, calls, format_rows};

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

    /// Writes each list as a batch of calls.
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
    async fn replaces_the_day_and_covers_it() {
        let (_folder, lake, lock) = lake().await;
        assert_eq!(write(&lake, &lock, &[&[("a", 3)]]).await.unwrap(), 1);
        assert_eq!(write(&lake, &lock, &[&[("b", 0), ("a", 5)], &[], &[("b", 5)]]).await.unwrap(), 3);
        let day = lake.read_day(date()).await.unwrap();
        assert_eq!(format_rows(&day.calls), ["b 0 x 1 ", "a 5 x 1 ", "b 5 x 1 "]);
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
    async fn empty_day_is_covered() {
        let (_folder, lake, lock) = lake().await;
        assert_eq!(write(&lake, &lock, &[]).await.unwrap(), 0);
        let coverage = lake.read_day(date()).await.unwrap().coverage;
        assert_eq!(coverage.gaps(TimeRange::of_day(date())), []);
    }

    #[tokio::test]
    async fn invalid_calls_leave_the_day_unchanged() {
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
        assert_eq!(format_rows(&lake.read_day(date()).await.unwrap().calls), ["a 3 x 1 "]);
        let place = folder.path().join(layout::day_file(date()).to_string());
        assert_eq!(std::fs::read_dir(place.parent().unwrap()).unwrap().count(), 1);
    }
}
