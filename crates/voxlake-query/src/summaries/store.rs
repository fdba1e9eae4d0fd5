//! Stored summaries of one definition that match the lake's day files. They are listed on first use
//! and read when needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::NaiveDate;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::runtime::SpawnedTask;
use futures::stream::{self, StreamExt as _};
use tokio::sync::OnceCell;
use voxlake_lake::{Fingerprint, Lake, LakeError, SummaryContent, SummaryFile, SummaryPeriod};
use voxlake_model::sync;

use super::column_cache::ColumnCache;
use super::definition::Definition;
use super::plan::Segment;
use super::reaggregation::ReaggregationCache;
use super::request::{CachedRows, SummaryRequest};
use super::rows::{RowSource, Rows, columns_for};

/// Summary files read concurrently.
pub(super) const READS_AT_ONCE: usize = 16;

/// Day files that summaries are built from.
#[derive(Debug)]
pub(crate) struct DaySources {
    /// Dates of the day files, in order.
    pub(crate) dates: Vec<NaiveDate>,
    fingerprints: Vec<Fingerprint>,
}

impl DaySources {
    pub(crate) fn new(days: &[voxlake_lake::DayFile]) -> Self {
        let (dates, fingerprints) = days.iter().map(|day| (day.date, day.fingerprint())).unzip();
        Self { dates, fingerprints }
    }

    /// Periods that a definition can summarise, with the fingerprint of their sources.
    pub(crate) fn spans(&self, definition: &Definition) -> HashMap<SummaryPeriod, Fingerprint> {
        let mut spans = HashMap::new();
        for of in definition.spans() {
            let mut at = 0;
            for days in self.dates.chunk_by(|a, b| of(*a).first_day() == of(*b).first_day()) {
                let fingerprints = &self.fingerprints[at..at + days.len()];
                at += days.len();
                let span = of(days[0]).normalized();
                // The latest year is left out: each new day would rebuild it.
                if !matches!(span, SummaryPeriod::Year(_)) || at < self.dates.len() {
                    spans.insert(span, definition.source(fingerprints.iter().copied()));
                }
            }
        }
        spans
    }
}

/// Stored summaries of one definition.
#[derive(Debug)]
pub(crate) struct SummaryStore {
    definition: &'static Definition,
    lake: Lake,
    sources: Arc<DaySources>,
    /// Current files; damaged ones are removed from the map.
    files: OnceCell<Mutex<HashMap<SummaryPeriod, SummaryFile>>>,
    column_cache: Arc<ColumnCache>,
    reaggregation: ReaggregationCache,
}

/// Rows found for a request.
#[derive(Debug)]
pub(super) struct StoredRows {
    pub(super) rows: Rows,
    /// Segments whose summaries are damaged or gone. From now on they count as missing.
    pub(super) lost: Vec<Segment>,
}

impl SummaryStore {
    pub(crate) fn new(
        definition: &'static Definition,
        lake: Lake,
        sources: Arc<DaySources>,
        column_cache: Arc<ColumnCache>,
    ) -> Self {
        Self {
            definition,
            lake,
            sources,
            files: OnceCell::new(),
            column_cache,
            reaggregation: ReaggregationCache::default(),
        }
    }

    /// Lists the stored summaries, once.
    ///
    /// # Errors
    /// [`LakeError`] if they cannot be listed.
    pub(crate) async fn list(&self) -> Result<(), LakeError> {
        let list = || async {
            let wanted = self.sources.spans(self.definition);
            let files = self.lake.summaries(self.definition.name).await?.into_iter();
            let current = files.filter(|file| wanted.get(&file.span) == Some(&file.source));
            Ok::<_, LakeError>(Mutex::new(current.map(|file| (file.span, file)).collect()))
        };
        self.files.get_or_try_init(list).await.map(drop)
    }

    /// Dates of the day files, in order.
    pub(crate) fn dates(&self) -> &[NaiveDate] {
        &self.sources.dates
    }

    /// Returns whether there is a current summary of this period.
    pub(crate) fn has(&self, span: SummaryPeriod) -> bool {
        self.file(span).is_some()
    }

    /// Reads the requested rows. The calls of lost segments have to be scanned.
    pub(super) async fn rows(self: &Arc<Self>, wanted: &SummaryRequest, schema: &SchemaRef) -> StoredRows {
        let size: u64 =
            wanted.segments.iter().filter_map(|segment| self.file(segment.span)).map(|file| file.size).sum();
        let found: Vec<_> = stream::iter(wanted.segments.iter().copied())
            .map(|segment| {
                let (store, schema, columns) = (Arc::clone(self), Arc::clone(schema), wanted.columns.clone());
                let hold = self.column_cache.takes(size);
                // On several threads, since checking and decoding take CPU time.
                let part =
                    SpawnedTask::spawn(async move { store.part(segment, &columns, &schema, hold).await });
                async move { part.join_unwind().await.ok().flatten().ok_or(segment) }
            })
            .buffered(READS_AT_ONCE)
            .collect()
            .await;
        let mut lost = Vec::new();
        let parts =
            found.into_iter().filter_map(|part| part.map_err(|segment| lost.push(segment)).ok()).collect();
        if let Some(files) = self.files.get() {
            let mut files = sync::lock(files);
            lost.iter().for_each(|segment| drop(files.remove(&segment.span)));
        }
        let rows = Rows { schema: Arc::clone(schema), columns: wanted.columns.clone(), parts };
        StoredRows { rows, lost }
    }

    /// Returns the requested rows aggregated to the requested columns. `None` if they have to be
    /// read unaggregated. Call it once per query.
    pub(super) async fn reaggregated(
        self: &Arc<Self>,
        wanted: &SummaryRequest,
        schema: &SchemaRef,
        state: &dyn Session,
    ) -> Option<CachedRows> {
        if wanted.columns.is_empty() || self.definition.has_all_groups(schema, &wanted.columns) {
            return None;
        }
        let read = async {
            let found = self.rows(wanted, schema).await;
            found.lost.is_empty().then_some(found.rows)
        };
        self.reaggregation.get_or_aggregate(self.definition, wanted, state, read).await
    }

    fn file(&self, span: SummaryPeriod) -> Option<SummaryFile> {
        sync::lock(self.files.get()?).get(&span).cloned()
    }

    /// Reads one segment. Any failure counts as a missing summary, since its days can be scanned.
    async fn part(
        &self,
        segment: Segment,
        columns: &[usize],
        schema: &SchemaRef,
        hold: bool,
    ) -> Option<RowSource> {
        if !hold {
            return Some(RowSource::Encoded(self.content(segment.span, schema).await?, segment.within));
        }
        let columns = columns_for(columns, schema, segment.within)?;
        let key = (self.definition.name, segment.span);
        let rows = match self.column_cache.rows(key, &columns) {
            Some(rows) => rows,
            None => self.column_cache.decode(key, &columns, &self.content(segment.span, schema).await?)?,
        };
        Some(RowSource::Decoded(rows, segment.within))
    }

    /// Reads a summary file; `None` unless it has the types of `schema`.
    async fn content(&self, span: SummaryPeriod, schema: &SchemaRef) -> Option<SummaryContent> {
        let content = self.lake.read_summary(&self.file(span)?).await.ok()??;
        let types = |schema: &SchemaRef| -> Vec<_> {
            schema.fields().iter().map(|field| field.data_type().clone()).collect()
        };
        (types(content.schema()) == types(schema)).then_some(content)
    }
}
