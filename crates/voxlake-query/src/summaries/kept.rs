//! The summaries of one definition that a lake keeps, as far as they stand for its day files: listed when
//! first asked for, and read when used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::runtime::SpawnedTask;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::sync::OnceCell;
use voxlake_lake::{Fingerprint, Lake, LakeError, Span, SummaryContent, SummaryFile};

use super::cover::Piece;
use super::definition::Definition;
use super::held::Held;
use super::merged::{Asked, Merged};
use super::rows::{Part, Rows, Used, columns_for};

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
    pub(crate) fn spans(&self, definition: &Definition) -> HashMap<Span, Fingerprint> {
        let mut spans = HashMap::new();
        for of in definition.spans() {
            let mut at = 0;
            for days in self.dates.chunk_by(|a, b| of(*a).first_day() == of(*b).first_day()) {
                let fingerprints = &self.fingerprints[at..at + days.len()];
                at += days.len();
                let span = of(days[0]).from_its_first_day();
                // The newest year would be made anew for each of its days.
                if !matches!(span, Span::Year(_)) || at < self.dates.len() {
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
    files: OnceCell<Mutex<HashMap<Span, SummaryFile>>>,
    held: Arc<Held>,
    merged: Merged,
}

/// A summary that cannot be used after all; what was planned with it has to be planned again.
#[derive(Debug, thiserror::Error)]
#[error("a summary of {0} is damaged or gone")]
pub(crate) struct Lost(Span);

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
    pub(crate) fn has(&self, span: Span) -> bool {
        self.file(span).is_some()
    }

    /// The rows of some pieces' summaries, in these columns.
    ///
    /// # Errors
    /// [`Lost`] where one of them is damaged or gone, or does not have the columns of `schema`; it counts as
    /// missing from then on.
    pub(crate) async fn rows(
        self: &Arc<Self>,
        pieces: &[Piece],
        columns: &[usize],
        schema: &SchemaRef,
    ) -> Result<Rows, Lost> {
        let size: u64 = pieces.iter().filter_map(|piece| self.file(piece.span)).map(|file| file.size).sum();
        let parts = stream::iter(pieces.to_vec())
            .map(|piece| {
                let (kept, schema, columns) = (Arc::clone(self), Arc::clone(schema), columns.to_vec());
                let part = async move { kept.part(piece, &columns, &schema, kept.held.takes(size)).await };
                // On all cores: reading and telling damage is work, and so is decoding.
                SpawnedTask::spawn(part)
            })
            .buffered(READS_AT_ONCE)
            .map(|part| part.unwrap_or_else(|_| Err(Lost(pieces[0].span))))
            .try_collect()
            .await?;
        Ok(Rows { schema: Arc::clone(schema), columns: columns.to_vec(), parts })
    }

    /// What is asked for, if it was added up over the other columns before.
    pub(crate) fn known(&self, asked: &Asked, used: &Used) -> Option<Arc<[RecordBatch]>> {
        self.merged.known(self.definition, asked, used)
    }

    /// Rows that were asked for, added up over all columns but those; `None` where they are to be read as they
    /// are.
    pub(crate) async fn merged(
        &self,
        asked: &Asked,
        rows: &Rows,
        question: (&dyn Session, &Used),
    ) -> Option<Arc<[RecordBatch]>> {
        if asked.1.is_empty() || self.definition.has_all_groups(&rows.schema, &asked.1) {
            return None;
        }
        self.merged.of(self.definition, asked, rows, question).await
    }

    fn file(&self, span: Span) -> Option<SummaryFile> {
        held(self.files.get()?).get(&span).cloned()
    }

    async fn part(
        &self,
        piece: Piece,
        columns: &[usize],
        schema: &SchemaRef,
        hold: bool,
    ) -> Result<Part, Lost> {
        let read = async {
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
        };
        // Whatever is wrong with a summary, its days can be scanned.
        let part = read.await;
        if part.is_none()
            && let Some(files) = self.files.get()
        {
            held(files).remove(&piece.span);
        }
        part.ok_or(Lost(piece.span))
    }

    /// A summary with the columns of `schema`.
    async fn content(&self, span: Span, schema: &SchemaRef) -> Option<SummaryContent> {
        let content = self.lake.read_summary(&self.file(span)?).await.ok()??;
        let types = |schema: &SchemaRef| -> Vec<_> {
            schema.fields().iter().map(|field| field.data_type().clone()).collect()
        };
        (types(content.schema()) == types(schema)).then_some(content)
    }
}

/// What a mutex guards; nobody leaves it half changed.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
