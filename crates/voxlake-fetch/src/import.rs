//! Import of calls from files of other extractors, and of rejected records.
//!
//! Calls of the lake are kept, since an import cannot show which version is newer. Missing calls
//! are added. An import covers no range unless the user states that the files are complete.

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

use crate::import_format::{SavedCalls, SavedError, read_saved};
use crate::import_report::{FileTotals, ImportReport};
use crate::limits::{MAX_CHANNEL_KIB, MAX_PENDING_IMPORT_BYTES};
use crate::{FetchError, SyncStats};

/// Batches in the channel between reader and writer, about one commit, so that reading and merging
/// run concurrently. They take about 30 MB of calls with their legs.
const CHANNEL_BATCHES: usize = 20;

/// Import of calls from files into one lake.
///
/// ```
/// use std::fs::File;
/// use std::sync::Arc;
///
/// use voxlake_fetch::Import;
/// use voxlake_lake::Lake;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("calls.ndjson");
/// std::fs::write(&file, r#"{"engagement_id": "e1", "start_time": "2026-11-01T08:00:00Z"}"#)?;
///
/// let lake = Lake::create(folder.path().join("lake").to_string_lossy().as_ref()).await?;
/// let now = "2026-11-02T00:00:00Z".parse()?;
/// let lock = Arc::new(lake.lock(now).await?);
/// let mut import = Import::new(lake, Arc::clone(&lock), 20_000, None);
/// let (stats, read) = import.import_file("calls.ndjson", File::open(&file)?, now).await?;
/// read?;
/// assert_eq!((stats.calls, stats.rejects), (1, 0));
/// assert_eq!(import.finish(None).await?.added, 1);
/// # Ok(())
/// # }
/// ```
pub struct Import {
    lake: Lake,
    lock: Arc<WriterLock>,
    /// Maximum calls that wait to be written.
    max_pending_calls: usize,
    /// First day that accepts changes.
    freeze_before: Option<NaiveDate>,
    symbols: CurrencySymbols,
    pending: Vec<CallsByDay>,
    pending_calls: usize,
    pending_bytes: usize,
    stats: SyncStats,
    /// Totals of the files that were read.
    totals: FileTotals,
}

/// Contents of an imported file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileStats {
    /// Number of calls.
    pub calls: usize,
    /// Number of rejected records.
    pub rejects: usize,
}

impl Import {
    /// Creates an import into `lake` that writes after `max_pending_calls` calls. Fetched ranges of
    /// days before `freeze_before` accept no calls.
    #[must_use]
    pub fn new(
        lake: Lake,
        lock: Arc<WriterLock>,
        max_pending_calls: usize,
        freeze_before: Option<NaiveDate>,
    ) -> Self {
        Self {
            lake,
            lock,
            max_pending_calls,
            freeze_before,
            symbols: CurrencySymbols::default(),
            pending: Vec::new(),
            pending_calls: 0,
            pending_bytes: 0,
            stats: SyncStats::default(),
            totals: FileTotals::default(),
        }
    }

    /// Sets the currencies of the symbols in charges.
    #[must_use]
    pub fn with_currency_symbols(mut self, symbols: CurrencySymbols) -> Self {
        self.symbols = symbols;
        self
    }

    /// Imports the calls and rejected records of a file `name`, fetched at `fetched_at`. The inner
    /// result is that of reading the file: records before an error are imported.
    ///
    /// # Errors
    /// Fails if the lake cannot be written.
    pub async fn import_file(
        &mut self,
        name: &str,
        file: impl Read + Send + 'static,
        fetched_at: DateTime<Utc>,
    ) -> Result<(FileStats, Result<(), SavedError>), FetchError> {
        let (batch_tx, mut batch_rx) = mpsc::channel(CHANNEL_BATCHES);
        let symbols = self.symbols.clone();
        let (capacity, runtime) = (Arc::new(Semaphore::new(MAX_CHANNEL_KIB as usize)), Handle::current());
        let reading = tokio::task::spawn_blocking(move || {
            let send = |calls: SavedCalls| {
                let kib = u32::try_from(calls.bytes() >> 10).unwrap_or(u32::MAX).clamp(1, MAX_CHANNEL_KIB);
                let permit = runtime.block_on(Arc::clone(&capacity).acquire_many_owned(kib));
                batch_tx.blocking_send((calls, permit)).map_err(|_| SavedError::Ended)
            };
            read_saved(file, fetched_at, &symbols, send)
        });
        let mut found = FileStats::default();
        while let Some((SavedCalls { calls, rejects }, _permit)) = batch_rx.recv().await {
            found.calls += calls.num_rows();
            found.rejects += rejects.len();
            self.stats.rejected += rejects.len();
            let rejected = RejectBatch { source: RejectSource::File(name.to_owned()), fetched_at, rejects };
            self.lake.write_rejects(&self.lock, &rejected).await?;
            self.add(calls).await?;
        }
        let read = reading.await.map_err(|error| FetchError::WorkerFailed(error.to_string()))?;
        let FileTotals { files, failed, calls, oldest } = &mut self.totals;
        *files += 1;
        *failed += usize::from(read.is_err());
        *calls += found.calls;
        *oldest = Some(oldest.map_or(fetched_at, |oldest| oldest.min(fetched_at)));
        Ok((found, read))
    }

    /// Decodes rejected records again and adds those that are calls now. Returns their ids, by
    /// which they can be dropped after [`finish`](Self::finish).
    ///
    /// # Errors
    /// Fails if the lake cannot be written.
    pub async fn replay_rejects(&mut self, rejects: &[StoredReject]) -> Result<BTreeSet<String>, FetchError> {
        let mut accepted = BTreeSet::new();
        for reject in rejects {
            let record = [reject.record.as_str()];
            let (calls, _) =
                decode_records_with(record, reject.fetched_at, &self.symbols).map_err(LakeError::from)?;
            if calls.num_rows() > 0 {
                accepted.insert(reject.id.clone());
                self.add(calls).await?;
            }
        }
        Ok(accepted)
    }

    /// Decodes rejected records again, writes those that are calls now, and deletes them from the
    /// rejects of the lake. Returns their number, and the effects on the lake.
    ///
    /// # Errors
    /// Fails if the lake cannot be written.
    pub async fn replay(mut self, rejects: &[StoredReject]) -> Result<(usize, SyncStats), FetchError> {
        let (lake, lock) = (self.lake.clone(), Arc::clone(&self.lock));
        let accepted = self.replay_rejects(rejects).await?;
        let stats = self.finish(None).await?;
        // Deleted only after the commit of their days, so that no record is lost in between.
        lake.delete_rejects(&lock, &accepted).await?;
        Ok((accepted.len(), stats))
    }

    /// Writes the pending calls. Marks the range `covers` as fetched at the given time, if the
    /// owner of the files states that they contain all its calls.
    ///
    /// # Errors
    /// Fails if the lake cannot be written.
    pub async fn finish(
        mut self,
        covers: Option<(TimeRange, DateTime<Utc>)>,
    ) -> Result<SyncStats, FetchError> {
        self.commit().await?;
        self.stats.find_repeated_engagements(&self.lake).await;
        let covered = covers.into_iter().flat_map(|(range, at)| range.by_day().map(move |part| (part, at)));
        for ((date, part), fetched_at) in covered {
            let calls = Some(self.lake.count_calls_within(date, part).await?);
            let TimeRange { from, to } = part;
            let fetched = FetchedRange { from, to, fetched_at, total_records: None, calls, scope: None };
            self.lake.merge_day(&self.lock, date, Vec::new(), &[fetched], ConflictPolicy::Keep).await?;
        }
        Ok(self.stats)
    }

    /// Writes the pending calls like [`Import::finish`]. Marks the range `covers` as fetched when
    /// the oldest file was, unless a file could not be read to its end.
    ///
    /// # Errors
    /// Fails if the lake cannot be written.
    pub async fn finish_files(self, covers: Option<TimeRange>) -> Result<ImportReport, FetchError> {
        let FileTotals { files, failed, calls, oldest } = self.totals;
        let covers = covers.filter(|_| failed == 0).zip(oldest);
        let stats = self.finish(covers).await?;
        Ok(ImportReport { files, failed, calls, stats })
    }

    async fn add(&mut self, calls: RecordBatch) -> Result<(), FetchError> {
        self.pending_calls += calls.num_rows();
        self.pending_bytes += calls.get_array_memory_size();
        self.pending.push(CallsByDay::try_new(calls).map_err(LakeError::from)?);
        let within_limits =
            self.pending_calls < self.max_pending_calls && self.pending_bytes < MAX_PENDING_IMPORT_BYTES;
        if within_limits { Ok(()) } else { self.commit().await }
    }

    /// Merges the pending calls into their days, which are separate files, concurrently.
    async fn commit(&mut self) -> Result<(), FetchError> {
        (self.pending_calls, self.pending_bytes) = (0, 0);
        let (lake, lock, freeze_before) = (&self.lake, &self.lock, self.freeze_before);
        let pending = std::mem::take(&mut self.pending);
        let dates: BTreeSet<NaiveDate> = pending.iter().flat_map(CallsByDay::dates).collect();
        let days = stream::iter(dates).map(|date| {
            let calls: Result<Vec<_>, _> =
                pending.iter().filter_map(|calls| calls.of_day(date).transpose()).collect();
            let frozen = freeze_before.is_some_and(|first_open| date < first_open);
            let existing = if frozen { ConflictPolicy::Freeze } else { ConflictPolicy::Keep };
            async move { lake.merge_day(lock, date, calls?, &[], existing).await }
        });
        let at_once = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // An error in one day does not interrupt the merges of the others.
        let merged: Vec<_> = days.buffered(at_once).collect().await;
        for day in merged {
            self.stats.add_commit(&day?);
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

        /// Imports `lines`, which contain all calls of `covers`.
        async fn lines(
            &self,
            lines: &[String],
            freeze_before: Option<&str>,
            covers: Option<(TimeRange, DateTime<Utc>)>,
        ) -> (FileStats, SyncStats) {
            let mut import = self.import(freeze_before);
            let file = std::io::Cursor::new(lines.join("\n").into_bytes());
            let (found, read) =
                import.import_file("calls.ndjson", file, at("2026-11-05T00:00:00Z")).await.unwrap();
            read.unwrap();
            (found, import.finish(covers).await.unwrap())
        }
    }

    #[tokio::test]
    async fn files_add_calls_and_rejects() {
        let case = Case::new().await;
        let lines = [
            record("a", "2026-11-01T08:00:00Z", "completed"),
            record("b", "2026-11-01T09:00:00Z", "missed"),
            "{}".to_owned(),
            record("c", "2026-11-02T08:00:00Z", "missed"),
        ];
        let (found, stats) = case.lines(&lines, None, None).await;
        assert_eq!(found, FileStats { calls: 3, rejects: 1 });
        assert_eq!((stats.added, stats.rejected), (3, 1));
        let kept = case.lake.rejects().await.unwrap();
        assert_eq!(kept[0].source, Some(RejectSource::File("calls.ndjson".to_owned())));
        // Another version of a stored call does not replace it.
        let (_, stats) = case.lines(&[record("a", "2026-11-01T08:00:00Z", "declined")], None, None).await;
        assert_eq!((stats.added, stats.changed, stats.unchanged), (0, 0, 1));
    }

    #[tokio::test]
    async fn charges_are_read_with_the_given_symbols() {
        let case = Case::new().await;
        let codes = [("kr".to_owned(), "SEK".to_owned())].into();
        let symbols = CurrencySymbols::try_new(&codes).unwrap();
        let mut import = case.import(None).with_currency_symbols(symbols);
        let record = r#"{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z", "charge": "kr 12"}"#;
        let (_, read) = import.import_file("a", record.as_bytes(), at("2026-11-05T00:00:00Z")).await.unwrap();
        read.unwrap();
        import.finish(None).await.unwrap();
        let day = case.lake.read_day("2026-11-01".parse().unwrap()).await.unwrap().calls;
        assert_eq!(day["charge_currency"].as_string::<i32>().value(0), "SEK");
    }

    #[tokio::test]
    async fn covered_periods_are_fetched_and_freeze() {
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
        let (_, stats) = case.lines(&late, Some("2026-11-03"), None).await;
        assert_eq!((stats.added, stats.refused.len()), (1, 1));
        assert_eq!(stats.refused[0].engagement_id, "d");
    }

    #[tokio::test]
    async fn replayed_rejects_become_calls() {
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
        let accepted = import.replay_rejects(&rejects).await.unwrap();
        assert_eq!(accepted, BTreeSet::from(["1".to_owned()]));
        assert_eq!(import.finish(None).await.unwrap().added, 1);
    }
}
