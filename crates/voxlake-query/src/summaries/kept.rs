//! The summaries of one definition that a lake keeps, as far as they stand for its day files: listed when
//! first asked for, read when first used, and held in memory for the questions that follow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::sync::OnceCell;
use voxlake_lake::{Fingerprint, Lake, LakeError, Span, SummaryFile};

use super::definition::Definition;
use super::merged::Merged;
use super::rows::Used;

/// Files that are read at once.
const READS_AT_ONCE: usize = 16;

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
        let days = self.dates.iter().zip(&self.fingerprints);
        let days_alone = days.map(|(date, day)| (Span::Day(*date), definition.source([*day])));
        let month_of = |date: &NaiveDate| Span::Month(*date).first_day();
        let mut from = 0;
        let months = self.dates.chunk_by(|a, b| month_of(a) == month_of(b)).map(|month| {
            let days = &self.fingerprints[from..from + month.len()];
            from += month.len();
            (Span::Month(month_of(&month[0])), definition.source(days.iter().copied()))
        });
        days_alone.chain(months.collect::<Vec<_>>()).collect()
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
    read: Mutex<HashMap<Span, RecordBatch>>,
    merged: Merged,
}

/// A summary that cannot be used after all; what was planned with it has to be planned again.
#[derive(Debug, thiserror::Error)]
#[error("a summary of {0} is damaged or gone")]
pub(crate) struct Lost(Span);

impl Kept {
    pub(crate) fn new(definition: &'static Definition, lake: Lake, sources: Arc<Sources>) -> Self {
        Self {
            definition,
            lake,
            sources,
            files: OnceCell::new(),
            read: Mutex::default(),
            merged: Merged::default(),
        }
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
        self.files.get().is_some_and(|files| held(files).contains_key(&span))
    }

    /// The rows of these spans' summaries.
    ///
    /// # Errors
    /// [`Lost`] where one of them is damaged or gone, or does not have the columns of `schema`; it counts as
    /// missing from then on.
    pub(crate) async fn rows(&self, spans: &[Span], schema: &SchemaRef) -> Result<Vec<RecordBatch>, Lost> {
        stream::iter(spans.iter().copied())
            .map(|span| self.read(span, schema))
            .buffered(READS_AT_ONCE)
            .try_collect()
            .await
    }

    /// Lets go of the rows that were read, for who has no further use of them.
    pub(crate) fn forget(&self) {
        held(&self.read).clear();
    }

    /// `rows`, those of these spans, added up over all but these `columns`; `None` where they are to be read as they
    /// are.
    pub(crate) async fn merged(
        &self,
        spans: &[Span],
        columns: &[usize],
        rows: &[RecordBatch],
        schema: &SchemaRef,
        question: (&dyn Session, &Used),
    ) -> Option<Arc<[RecordBatch]>> {
        if columns.is_empty() || self.definition.has_all_groups(schema, columns) {
            return None;
        }
        self.merged.of(self.definition, (spans, columns), rows, schema, question).await
    }

    async fn read(&self, span: Span, schema: &SchemaRef) -> Result<RecordBatch, Lost> {
        if let Some(rows) = held(&self.read).get(&span) {
            return Ok(rows.clone());
        }
        let file = self.files.get().and_then(|files| held(files).get(&span).cloned());
        let rows = match file {
            Some(file) => self.lake.read_summary(&file).await,
            None => Ok(None),
        };
        // Whatever is wrong with a summary, its days can be scanned.
        let rows = rows
            .ok()
            .flatten()
            .and_then(|rows| RecordBatch::try_new(Arc::clone(schema), rows.columns().to_vec()).ok());
        let Some(rows) = rows else {
            if let Some(files) = self.files.get() {
                held(files).remove(&span);
            }
            return Err(Lost(span));
        };
        held(&self.read).insert(span, rows.clone());
        Ok(rows)
    }
}

/// What a mutex guards; nobody leaves it half changed.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
