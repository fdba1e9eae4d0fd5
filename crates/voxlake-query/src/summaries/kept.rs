//! The summaries of one definition that a lake keeps, as far as they stand for its day files: listed when
//! first asked for, and read when used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::NaiveDate;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::runtime::SpawnedTask;
use futures::stream::{self, StreamExt as _};
use tokio::sync::OnceCell;
use voxlake_lake::{Fingerprint, Lake, LakeError, SummaryContent, SummaryFile, SummaryPeriod};
use voxlake_model::sync;

use super::cover::Piece;
use super::definition::Definition;
use super::held::Held;
use super::merged::{Fewer, Merged, Wanted};
use super::rows::{Part, Rows, columns_for};

/// Files that are read at once.
pub(super) const READS_AT_ONCE: usize = 16;

/// The day files of a lake, by what they are.
#[derive(Debug)]
pub(crate) struct Sources {
    /// The days with a file, in order.
    pub(crate) dates: Vec<NaiveDate>,
    fingerprints: Vec<Fingerprint>,
}

impl Sources {
    pub(crate) fn new(days: &[voxlake_lake::DayFile]) -> Self {
        let (dates, fingerprints) = days.iter().map(|day| (day.date, day.fingerprint())).unzip();
        Self { dates, fingerprints }
    }

    /// Every span that there can be a summary of, with what it has to be made from.
    pub(crate) fn spans(&self, definition: &Definition) -> HashMap<SummaryPeriod, Fingerprint> {
        let mut spans = HashMap::new();
        for of in definition.spans() {
            let mut at = 0;
            for days in self.dates.chunk_by(|a, b| of(*a).first_day() == of(*b).first_day()) {
                let fingerprints = &self.fingerprints[at..at + days.len()];
                at += days.len();
                let span = of(days[0]).normalized();
                // The newest year would be made anew for each of its days.
                if !matches!(span, SummaryPeriod::Year(_)) || at < self.dates.len() {
                    spans.insert(span, definition.source(fingerprints.iter().copied()));
                }
            }
        }
        spans
    }
}

/// One definition's summaries.
#[derive(Debug)]
pub(crate) struct Kept {
    definition: &'static Definition,
    lake: Lake,
    sources: Arc<Sources>,
    /// Files that stand for the days as they are; those found to be damaged are taken out.
    files: OnceCell<Mutex<HashMap<SummaryPeriod, SummaryFile>>>,
    held: Arc<Held>,
    merged: Merged,
}

/// The rows that were asked for.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) rows: Rows,
    /// Whose summaries are damaged or gone; they count as missing from now on.
    pub(super) lost: Vec<Piece>,
}

impl Kept {
    pub(crate) fn new(
        definition: &'static Definition,
        lake: Lake,
        sources: Arc<Sources>,
        held: Arc<Held>,
    ) -> Self {
        Self { definition, lake, sources, files: OnceCell::new(), held, merged: Merged::default() }
    }

    /// Finds out which summaries there are; once.
    ///
    /// # Errors
    /// Where the lake cannot list them.
    pub(crate) async fn list(&self) -> Result<(), LakeError> {
        let list = || async {
            let wanted = self.sources.spans(self.definition);
            let files = self.lake.summaries(self.definition.name).await?.into_iter();
            let standing = files.filter(|file| wanted.get(&file.span) == Some(&file.source));
            Ok::<_, LakeError>(Mutex::new(standing.map(|file| (file.span, file)).collect()))
        };
        self.files.get_or_try_init(list).await.map(drop)
    }

    /// The days with a file, in order.
    pub(crate) fn dates(&self) -> &[NaiveDate] {
        &self.sources.dates
    }

    /// Whether a summary stands for these days.
    pub(crate) fn has(&self, span: SummaryPeriod) -> bool {
        self.file(span).is_some()
    }

    /// The rows that a question wants; of those that are lost, the calls have to be scanned.
    pub(super) async fn rows(self: &Arc<Self>, wanted: &Wanted, schema: &SchemaRef) -> Found {
        let size: u64 =
            wanted.pieces.iter().filter_map(|piece| self.file(piece.span)).map(|file| file.size).sum();
        let found: Vec<_> = stream::iter(wanted.pieces.iter().copied())
            .map(|piece| {
                let (kept, schema, columns) = (Arc::clone(self), Arc::clone(schema), wanted.columns.clone());
                let hold = self.held.takes(size);
                // On all cores: reading and telling damage is work, and so is decoding.
                let part = SpawnedTask::spawn(async move { kept.part(piece, &columns, &schema, hold).await });
                async move { part.join_unwind().await.ok().flatten().ok_or(piece) }
            })
            .buffered(READS_AT_ONCE)
            .collect()
            .await;
        let mut lost = Vec::new();
        let parts =
            found.into_iter().filter_map(|part| part.map_err(|piece| lost.push(piece)).ok()).collect();
        if let Some(files) = self.files.get() {
            let mut files = locked(files);
            lost.iter().for_each(|piece| drop(files.remove(&piece.span)));
        }
        let rows = Rows { schema: Arc::clone(schema), columns: wanted.columns.clone(), parts };
        Found { rows, lost }
    }

    /// What a question wants, in fewer rows: grouped by its columns alone. `None` where the rows are to be read as they
    /// are. It is to be asked once for a question.
    pub(super) async fn fewer(
        self: &Arc<Self>,
        wanted: &Wanted,
        schema: &SchemaRef,
        state: &dyn Session,
    ) -> Option<Fewer> {
        if wanted.columns.is_empty() || self.definition.has_all_groups(schema, &wanted.columns) {
            return None;
        }
        let read = async {
            let found = self.rows(wanted, schema).await;
            found.lost.is_empty().then_some(found.rows)
        };
        self.merged.of(self.definition, wanted, state, read).await
    }

    fn file(&self, span: SummaryPeriod) -> Option<SummaryFile> {
        locked(self.files.get()?).get(&span).cloned()
    }

    /// Whatever is wrong with a summary, there is none: its days can be scanned.
    async fn part(&self, piece: Piece, columns: &[usize], schema: &SchemaRef, hold: bool) -> Option<Part> {
        if !hold {
            return Some(Part::Content(self.content(piece.span, schema).await?, piece.within));
        }
        let columns = columns_for(columns, schema, piece.within)?;
        let key = (self.definition.name, piece.span);
        let rows = match self.held.rows(key, &columns) {
            Some(rows) => rows,
            None => self.held.decode(key, &columns, &self.content(piece.span, schema).await?)?,
        };
        Some(Part::Held(rows, piece.within))
    }

    /// A summary with the columns of `schema`.
    async fn content(&self, span: SummaryPeriod, schema: &SchemaRef) -> Option<SummaryContent> {
        let content = self.lake.read_summary(&self.file(span)?).await.ok()??;
        let types = |schema: &SchemaRef| -> Vec<_> {
            schema.fields().iter().map(|field| field.data_type().clone()).collect()
        };
        (types(content.schema()) == types(schema)).then_some(content)
    }
}

/// What a mutex guards; nobody leaves it half changed.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    sync::lock(mutex)
}
