//! Calls that come from elsewhere than the API: files that another extractor saved, and rejects
//! read again.
//!
//! What the lake has stays as it is, since nobody knows which is the later; calls that it does not
//! have are added. They cover nothing: whether a file has all the calls of a period, only its owner
//! can tell.

use std::collections::BTreeSet;
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::RecordBatch;
use chrono::{DateTime, NaiveDate, Utc};
use futures::stream::{self, StreamExt as _};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use voxlake_lake::{
    CallsByDay, ConflictPolicy, FetchedRange, Lake, LakeError, RejectBatch, RejectSource, StoredReject,
    TimeRange, WriterLock,
};
use voxlake_model::{CurrencySymbols, decode_records_with};

use crate::limits::{MAX_PASSED_KIB, MAX_WAITING_BYTES};
use crate::saved::{SavedCalls, SavedError, read_saved};
use crate::{FetchError, Tally};

/// Batches that wait between the reading and the writing: as many as are mostly written at once, so
/// that the next are read and decoded on one core while another merges. They hold some 30 MB of
/// calls with their legs.
const WAITING: usize = 20;

/// Adds calls from elsewhere to one lake.
pub struct Import {
    lake: Lake,
    lock: Arc<WriterLock>,
    /// Most calls that wait to be written.
    most_waiting: usize,
    /// Days before this one are closed books.
    freeze_before: Option<NaiveDate>,
    symbols: CurrencySymbols,
    waiting: Vec<CallsByDay>,
    calls_waiting: usize,
    bytes_waiting: usize,
    tally: Tally,
}

/// What a file gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileTally {
    /// Calls.
    pub calls: usize,
    /// Records without a place.
    pub rejects: usize,
}

impl Import {
    /// An import into `lake`, which is written to once so many calls have come. Days before
    /// `freeze_before` take no call into a range that was fetched.
    #[must_use]
    pub fn new(
        lake: Lake,
        lock: Arc<WriterLock>,
        most_waiting: usize,
        freeze_before: Option<NaiveDate>,
    ) -> Self {
        Self {
            lake,
            lock,
            most_waiting,
            freeze_before,
            symbols: CurrencySymbols::default(),
            waiting: Vec::new(),
            calls_waiting: 0,
            bytes_waiting: 0,
            tally: Tally::default(),
        }
    }

    /// Reads charges with the currencies of `symbols`.
    #[must_use]
    pub fn with_currency_symbols(mut self, symbols: CurrencySymbols) -> Self {
        self.symbols = symbols;
        self
    }

    /// Adds the calls of a file called `name`, fetched at `fetched_at`, and keeps its rejects. The
    /// inner error is the file's: what came before it is added all the same.
    ///
    /// # Errors
    /// Where the lake cannot be written to.
    pub async fn file(
        &mut self,
        name: &str,
        file: impl Read + Send + 'static,
        fetched_at: DateTime<Utc>,
    ) -> Result<(FileTally, Result<(), SavedError>), FetchError> {
        let (give, mut given) = mpsc::channel(WAITING);
        let symbols = self.symbols.clone();
        let (room, runtime) = (Arc::new(Semaphore::new(MAX_PASSED_KIB as usize)), Handle::current());
        let reading = tokio::task::spawn_blocking(move || {
            let give = |calls: SavedCalls| {
                let kib = u32::try_from(calls.bytes() >> 10).unwrap_or(u32::MAX).clamp(1, MAX_PASSED_KIB);
                let taken = runtime.block_on(Arc::clone(&room).acquire_many_owned(kib));
                give.blocking_send((calls, taken)).map_err(|_| SavedError::Ended)
            };
            read_saved(file, fetched_at, &symbols, give)
        });
        let mut found = FileTally::default();
        while let Some((SavedCalls { calls, rejects }, _taken)) = given.recv().await {
            found.calls += calls.num_rows();
            found.rejects += rejects.len();
            self.tally.rejected += rejects.len();
            let rejected = RejectBatch { source: RejectSource::File(name.to_owned()), fetched_at, rejects };
            self.lake.write_rejects(&self.lock, &rejected).await?;
            self.add(calls).await?;
        }
        let read = reading.await.map_err(|error| FetchError::Walker(error.to_string()))?;
        Ok((found, read))
    }

    /// Reads rejects again and adds those that have a place now; gives their ids, by which they can
    /// be let go once all is [finished](Self::finish).
    ///
    /// # Errors
    /// Where the lake cannot be written to.
    pub async fn rejects(&mut self, rejects: &[StoredReject]) -> Result<BTreeSet<String>, FetchError> {
        let mut placed = BTreeSet::new();
        for reject in rejects {
            let record = [reject.record.as_str()];
            let (calls, _) =
                decode_records_with(record, reject.fetched_at, &self.symbols).map_err(LakeError::from)?;
            if calls.num_rows() > 0 {
                placed.insert(reject.id.clone());
                self.add(calls).await?;
            }
        }
        Ok(placed)
    }

    /// Writes what waits, and notes `covers` as fetched, where the owner of the files vouches for
    /// their having all its calls, as they were at a moment.
    ///
    /// # Errors
    /// Where the lake cannot be written to.
    pub async fn finish(mut self, covers: Option<(TimeRange, DateTime<Utc>)>) -> Result<Tally, FetchError> {
        self.commit().await?;
        self.tally.look_for_several_starts(&self.lake).await;
        let covered = covers.into_iter().flat_map(|(range, at)| range.by_day().map(move |part| (part, at)));
        for ((date, part), fetched_at) in covered {
            let calls = Some(self.lake.count_calls_within(date, part).await?);
            let TimeRange { from, to } = part;
            let fetched = FetchedRange { from, to, fetched_at, total_records: None, calls, scope: None };
            self.lake.merge_day(&self.lock, date, Vec::new(), &[fetched], ConflictPolicy::Keep).await?;
        }
        Ok(self.tally)
    }

    async fn add(&mut self, calls: RecordBatch) -> Result<(), FetchError> {
        self.calls_waiting += calls.num_rows();
        self.bytes_waiting += calls.get_array_memory_size();
        self.waiting.push(CallsByDay::try_new(calls).map_err(LakeError::from)?);
        let may_wait = self.calls_waiting < self.most_waiting && self.bytes_waiting < MAX_WAITING_BYTES;
        if may_wait { Ok(()) } else { self.commit().await }
    }

    /// Merges what waits, days side by side: each has a file of its own.
    async fn commit(&mut self) -> Result<(), FetchError> {
        (self.calls_waiting, self.bytes_waiting) = (0, 0);
        let (lake, lock, freeze_before) = (&self.lake, &self.lock, self.freeze_before);
        let waiting = std::mem::take(&mut self.waiting);
        let dates: BTreeSet<NaiveDate> = waiting.iter().flat_map(CallsByDay::dates).collect();
        let days = stream::iter(dates).map(|date| {
            let calls: Result<Vec<_>, _> =
                waiting.iter().filter_map(|calls| calls.of_day(date).transpose()).collect();
            let frozen = freeze_before.is_some_and(|first_open| date < first_open);
            let existing = if frozen { ConflictPolicy::Freeze } else { ConflictPolicy::Keep };
            async move { lake.merge_day(lock, date, calls?, &[], existing).await }
        });
        let at_once = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // Whatever becomes of one day, the others are merged to their ends.
        let merged: Vec<_> = days.buffered(at_once).collect().await;
        for day in merged {
            self.tally.count(&day?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray as _;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn record(id: &str, start: &str, result: &str) -> String {
        format!(r#"{{"engagement_id": "{id}", "start_time": "{start}", "result": "{result}"}}"#)
    }

    struct Case {
        _folder: tempfile::TempDir,
        lake: Lake,
        lock: Arc<WriterLock>,
    }

    impl Case {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
            let lock = Arc::new(lake.lock(DateTime::UNIX_EPOCH).await.unwrap());
            Self { _folder: folder, lake, lock }
        }

        fn import(&self, freeze_before: Option<&str>) -> Import {
            let freeze_before = freeze_before.map(|date| date.parse().unwrap());
            Import::new(self.lake.clone(), Arc::clone(&self.lock), 2, freeze_before)
        }

        /// Imports lines, for which their owner vouches as `covers` says.
        async fn lines(
            &self,
            lines: &[String],
            freeze_before: Option<&str>,
            covers: Option<(TimeRange, DateTime<Utc>)>,
        ) -> (FileTally, Tally) {
            let mut import = self.import(freeze_before);
            let file = std::io::Cursor::new(lines.join("\n").into_bytes());
            let (found, read) = import.file("calls.ndjson", file, at("2026-11-05T00:00:00Z")).await.unwrap();
            read.unwrap();
            (found, import.finish(covers).await.unwrap())
        }
    }

    #[tokio::test]
    async fn calls_of_a_file_join_those_that_are_there_and_its_rejects_are_kept() {
        let case = Case::new().await;
        let lines = [
            record("a", "2026-11-01T08:00:00Z", "completed"),
            record("b", "2026-11-01T09:00:00Z", "missed"),
            "{}".to_owned(),
            record("c", "2026-11-02T08:00:00Z", "missed"),
        ];
        let (found, tally) = case.lines(&lines, None, None).await;
        assert_eq!(found, FileTally { calls: 3, rejects: 1 });
        assert_eq!((tally.added, tally.rejected), (3, 1));
        let kept = case.lake.rejects().await.unwrap();
        assert_eq!(kept[0].source, Some(RejectSource::File("calls.ndjson".to_owned())));
        // Another file says otherwise of a call that is there: it stays.
        let (_, tally) = case.lines(&[record("a", "2026-11-01T08:00:00Z", "declined")], None, None).await;
        assert_eq!((tally.added, tally.changed, tally.unchanged), (0, 0, 1));
    }

    #[tokio::test]
    async fn charges_are_read_with_the_given_symbols() {
        let case = Case::new().await;
        let codes = [("kr".to_owned(), "SEK".to_owned())].into();
        let symbols = CurrencySymbols::try_new(&codes).unwrap();
        let mut import = case.import(None).with_currency_symbols(symbols);
        let record = r#"{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z", "charge": "kr 12"}"#;
        let (_, read) = import.file("a", record.as_bytes(), at("2026-11-05T00:00:00Z")).await.unwrap();
        read.unwrap();
        import.finish(None).await.unwrap();
        let day = case.lake.read_day("2026-11-01".parse().unwrap()).await.unwrap().calls;
        assert_eq!(day["charge_currency"].as_string::<i32>().value(0), "SEK");
    }

    #[tokio::test]
    async fn a_period_that_is_vouched_for_is_fetched_and_its_books_can_be_closed() {
        let case = Case::new().await;
        let range = TimeRange { from: at("2026-11-01T00:00:00Z"), to: at("2026-11-02T12:00:00Z") };
        let fetched_at = at("2026-11-05T00:00:00Z");
        let lines = [
            record("a", "2026-11-01T08:00:00Z", "completed"),
            record("b", "2026-11-02T08:00:00Z", "completed"),
            record("c", "2026-11-02T13:00:00Z", "completed"),
        ];
        case.lines(&lines, None, Some((range, fetched_at))).await;
        let survey = case.lake.inventory(fetched_at, chrono::TimeDelta::hours(24)).await.unwrap();
        assert_eq!((survey.fetched, survey.gaps.len()), (Some(range), 0));
        let noted: Vec<Option<u64>> = survey
            .days
            .iter()
            .flat_map(|day| day.footer.coverage.ranges())
            .map(|range| range.calls)
            .collect();
        assert_eq!(noted, [Some(1), Some(1)]);

        let late =
            [record("d", "2026-11-01T10:00:00Z", "missed"), record("e", "2026-11-02T13:00:00Z", "missed")];
        let (_, tally) = case.lines(&late, Some("2026-11-03"), None).await;
        assert_eq!((tally.added, tally.refused.len()), (1, 1));
        assert_eq!(tally.refused[0].engagement_id, "d");
    }

    #[tokio::test]
    async fn rejects_that_have_a_place_now_are_added() {
        let case = Case::new().await;
        let fetched_at = at("2026-11-05T00:00:00Z");
        let reject = |id: &str, record: String| StoredReject {
            id: id.to_owned(),
            reason: "the record's start_time is not a time between 2000 and 2199".to_owned(),
            fetched_at,
            source: None,
            record,
        };
        let rejects = [
            reject("1", record("a", "2026-11-01T08:00:00Z", "missed")),
            reject("2", record("b", "yesterday", "missed")),
        ];
        let mut import = case.import(None);
        let placed = import.rejects(&rejects).await.unwrap();
        assert_eq!(placed, BTreeSet::from(["1".to_owned()]));
        assert_eq!(import.finish(None).await.unwrap().added, 1);
    }
}
