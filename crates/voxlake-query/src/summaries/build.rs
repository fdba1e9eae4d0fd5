//! Building of summaries: days from calls, months from days, years from months.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::catalog::MemTable;
use datafusion::common::ScalarValue;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, lit};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::task::JoinSet;
use voxlake_lake::{Fingerprint, Lake, SummaryFile, SummaryPeriod, TimeRange, WriterLock};

use super::aggregation::{aggregate_rows, cast_to_schema, truncate};
use super::definition::Grain;
use super::stats::{SummaryProgress, SummaryStats};
use super::store::{DaySources, READS_AT_ONCE};
use super::summary::Summary;
use crate::error::QueryError;
use crate::options::SessionOptions;
use crate::session::LakeSession;

/// Passes over missing summaries. A pass that finds a damaged summary is followed by another.
const ATTEMPTS: usize = 4;

/// Builds the missing and outdated summaries of a lake and removes those of deleted days. `rebuild`
/// builds all of them.
///
/// # Errors
/// [`QueryError::Lake`] if the lake cannot be listed or written. A day that cannot be read is not
/// an error: see [`SummaryStats::failed`].
pub async fn summarize(
    lake: &Lake,
    lock: &WriterLock,
    rebuild: bool,
    progress: &(dyn Fn(SummaryProgress) + Send + Sync),
) -> Result<SummaryStats, QueryError> {
    let session = open(lake).await?;
    let sources = Arc::new(DaySources::new(session.days()));
    let mut made = SummaryStats::default();
    let mut inventories = Vec::new();
    for summary in session.summaries().all() {
        let inventory = SummaryInventory::load(summary, lake, &sources, rebuild).await?;
        made.current += inventory.current.len();
        made.removed += inventory.gone.len();
        for file in inventory.gone.iter().chain(&inventory.left) {
            lake.delete_summary(lock, file).await?;
        }
        inventories.push(inventory);
    }
    let builder = SummaryBuilder { lake, lock, session, sources };
    let all = inventories.iter().map(|inventory| inventory.missing().len()).sum();
    let mut done = 0;
    let mut progress = |more| {
        done += more;
        progress(SummaryProgress { done, all: done.max(all) });
    };
    for _ in 0..ATTEMPTS {
        made.failed.clear();
        builder.days(&mut inventories, &mut progress, &mut made).await?;
        let mut damaged = 0;
        for at in 0..inventories.len() {
            damaged += builder.build_coarser(&mut inventories, at, &mut progress, &mut made).await?;
        }
        made.current = made.current.saturating_sub(damaged);
        if damaged == 0 {
            break;
        }
    }
    Ok(made)
}

/// Opens a session that leaves out damaged day files.
async fn open(lake: &Lake) -> Result<LakeSession, QueryError> {
    let options = |skip_damaged| SessionOptions {
        skip_damaged,
        // Days are built in parallel, each on one thread.
        target_partitions: Some(NonZeroUsize::MIN),
        no_summaries: true,
        ..SessionOptions::default()
    };
    let session = match LakeSession::open(lake, options(false)).await {
        Err(QueryError::Damaged { .. }) => LakeSession::open(lake, options(true)).await?,
        opened => opened?,
    };
    session.summaries().plan_all(&session.context().state()).await.map_err(QueryError::planning)?;
    Ok(session)
}

/// Files of one summary in the lake, compared with those that there should be.
struct SummaryInventory {
    summary: Arc<Summary>,
    /// Periods to summarise, with the fingerprint of their sources.
    wanted: HashMap<SummaryPeriod, Fingerprint>,
    /// Files that are up to date, including new ones.
    current: HashMap<SummaryPeriod, SummaryFile>,
    /// Files that will be replaced.
    old: HashMap<SummaryPeriod, Vec<SummaryFile>>,
    /// Files of days that the lake no longer has.
    gone: Vec<SummaryFile>,
    /// Outdated files next to a current one, left by a run that was stopped before it removed them.
    left: Vec<SummaryFile>,
}

impl SummaryInventory {
    async fn load(
        summary: &Arc<Summary>,
        lake: &Lake,
        sources: &DaySources,
        rebuild: bool,
    ) -> Result<Self, QueryError> {
        let wanted = sources.spans(summary.definition);
        let mut inventory = Self {
            summary: Arc::clone(summary),
            wanted,
            current: HashMap::new(),
            old: HashMap::new(),
            gone: Vec::new(),
            left: Vec::new(),
        };
        for file in lake.summaries(summary.definition.name).await? {
            match inventory.wanted.get(&file.span) {
                None => inventory.gone.push(file),
                Some(source) if *source == file.source && !rebuild => {
                    inventory.left.extend(inventory.current.insert(file.span, file));
                }
                Some(_) => inventory.old.entry(file.span).or_default().push(file),
            }
        }
        let current = inventory.current.keys();
        inventory.left.extend(current.filter_map(|span| inventory.old.remove(span)).flatten());
        Ok(inventory)
    }

    /// Periods without a current summary, in order.
    fn missing(&self) -> BTreeSet<SummaryPeriod> {
        self.wanted.keys().filter(|span| !self.current.contains_key(span)).copied().collect()
    }
}

/// Builder of missing summaries.
struct SummaryBuilder<'a> {
    lake: &'a Lake,
    lock: &'a WriterLock,
    session: LakeSession,
    sources: Arc<DaySources>,
}

impl SummaryBuilder<'_> {
    /// Builds the summaries of days, one day per core at a time.
    async fn days(
        &self,
        inventories: &mut [SummaryInventory],
        progress: &mut (dyn FnMut(usize) + Send),
        made: &mut SummaryStats,
    ) -> Result<(), QueryError> {
        // Indices into `inventories` by day.
        let mut todo = BTreeMap::<NaiveDate, Vec<usize>>::new();
        for (at, inventory) in inventories.iter().enumerate() {
            for span in inventory.missing() {
                if let SummaryPeriod::Day(date) = span {
                    todo.entry(date).or_default().push(at);
                }
            }
        }
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let mut waiting = todo.iter();
        let mut under_way = JoinSet::new();
        loop {
            while under_way.len() < threads
                && let Some((date, places)) = waiting.next()
            {
                let summaries = places.iter().map(|at| Arc::clone(&inventories[*at].summary)).collect();
                under_way.spawn(build_day(self.session.clone(), summaries, *date));
            }
            let Some(day) = under_way.join_next().await else { break };
            match day {
                Ok((date, Ok(rows))) => {
                    for (at, rows) in todo.get(&date).into_iter().flatten().zip(&rows) {
                        self.keep(&mut inventories[*at], SummaryPeriod::Day(date), rows).await?;
                        made.days += 1;
                        progress(1);
                    }
                }
                Ok((date, Err(error))) => {
                    progress(todo.get(&date).map_or(0, Vec::len));
                    made.failed.push(format!("{date}: {error}"));
                }
                // A day whose task panics is left without a summary.
                Err(broken) => {
                    progress(1);
                    made.failed.push(broken.to_string());
                }
            }
        }
        Ok(())
    }

    /// Builds the summaries of months and years of the inventory at `at`. Returns the number of
    /// damaged summaries found.
    ///
    /// A period is skipped while one of its parts is missing. A damaged part is deleted, so that
    /// the next pass rebuilds it.
    async fn build_coarser(
        &self,
        inventories: &mut [SummaryInventory],
        at: usize,
        progress: &mut (dyn FnMut(usize) + Send),
        made: &mut SummaryStats,
    ) -> Result<usize, QueryError> {
        let mut damaged = 0;
        // Months sort before the years that are built from them.
        for span in
            inventories[at].missing().into_iter().filter(|span| !matches!(span, SummaryPeriod::Day(_)))
        {
            progress(1);
            let Some((from, parts)) = self.parts(inventories, at, span) else { continue };
            let summary = Arc::clone(&inventories[at].summary);
            let schema = summary.schema().map_err(QueryError::planning)?;
            let read =
                stream::iter(parts.clone()).map(|part| self.read(part, schema)).buffered(READS_AT_ONCE);
            let read: Vec<_> = read.try_collect().await?;
            let lost: Vec<_> = parts.iter().zip(&read).filter(|(_, rows)| rows.is_none()).collect();
            for (part, _) in &lost {
                self.lake.delete_summary(self.lock, part).await?;
                inventories[from].current.remove(&part.span);
                damaged += 1;
            }
            if !lost.is_empty() {
                continue;
            }
            let parts = read.into_iter().flatten().collect();
            let rows = self.aggregate_rows(&summary, span, parts).await?;
            self.keep(&mut inventories[at], span, &rows).await?;
            match span {
                SummaryPeriod::Year(_) => made.years += 1,
                _ => made.months += 1,
            }
        }
        Ok(damaged)
    }

    /// Returns the summaries that a month or year is built from, and the index of their inventory.
    /// `None` if one is missing.
    fn parts(
        &self,
        inventories: &[SummaryInventory],
        at: usize,
        span: SummaryPeriod,
    ) -> Option<(usize, Vec<SummaryFile>)> {
        let definition = inventories[at].summary.definition;
        let (from, part): (_, fn(NaiveDate) -> SummaryPeriod) = match (span, definition.coarser_than) {
            (SummaryPeriod::Year(_), _) => (at, SummaryPeriod::Month),
            (_, None) => (at, SummaryPeriod::Day),
            (_, Some(name)) => (
                inventories.iter().position(|inventory| inventory.summary.name() == name)?,
                SummaryPeriod::Month,
            ),
        };
        let dates = self.sources.dates.iter();
        let dates = dates.filter(|date| span.range().contains(TimeRange::of_day(**date).from));
        let mut parts: Vec<_> = dates.map(|date| part(*date).normalized()).collect();
        parts.dedup();
        let parts: Option<_> =
            parts.iter().map(|part| inventories[from].current.get(part).cloned()).collect();
        Some((from, parts?))
    }

    /// Reads all rows of a summary. `None` if it is damaged or gone.
    async fn read(&self, file: SummaryFile, schema: &SchemaRef) -> Result<Option<RecordBatch>, QueryError> {
        let Some(content) = self.lake.read_summary(&file).await? else { return Ok(None) };
        let all: Vec<_> = (0..content.schema().fields().len()).collect();
        let rows = content.rows(&all).ok();
        Ok(rows.and_then(|rows| RecordBatch::try_new(Arc::clone(schema), rows.columns().to_vec()).ok()))
    }

    /// Aggregates the rows of `parts` for a month or year.
    async fn aggregate_rows(
        &self,
        summary: &Summary,
        span: SummaryPeriod,
        parts: Vec<RecordBatch>,
    ) -> Result<RecordBatch, QueryError> {
        let schema = summary.schema().map_err(QueryError::planning)?;
        if summary.definition.grain == Grain::Quarter {
            return concat_batches(schema, &parts).map_err(|e| QueryError::execution(e.into()));
        }
        let plan = || {
            let parts = MemTable::try_new(Arc::clone(schema), vec![parts])?;
            let parts =
                LogicalPlanBuilder::scan("parts", provider_as_source(Arc::new(parts)), None)?.build()?;
            let first = span.range().from.timestamp_millis();
            let start = match summary.definition.grain {
                Grain::Day => lit(ScalarValue::TimestampMillisecond(Some(first), Some("UTC".into()))),
                shorter => truncate(shorter),
            };
            cast_to_schema(aggregate_rows(summary.definition, parts, &start)?, schema)
        };
        collect(&self.session, plan().map_err(QueryError::planning)?, schema).await
    }

    async fn keep(
        &self,
        inventory: &mut SummaryInventory,
        span: SummaryPeriod,
        rows: &RecordBatch,
    ) -> Result<(), QueryError> {
        let name = inventory.summary.definition.name;
        if let Some(source) = inventory.wanted.get(&span) {
            let old = inventory.old.get(&span).map_or(&[][..], Vec::as_slice);
            let file = self.lake.write_summary(self.lock, name, span, *source, rows, old).await?;
            inventory.current.insert(span, file);
        }
        Ok(())
    }
}

/// Computes the rows of several summaries for one day.
async fn build_day(
    session: LakeSession,
    summaries: Vec<Arc<Summary>>,
    date: NaiveDate,
) -> (NaiveDate, Result<Vec<RecordBatch>, QueryError>) {
    let mut made = Vec::new();
    for summary in summaries {
        match build_summary(&session, &summary, date).await {
            Ok(rows) => made.push(rows),
            Err(error) => return (date, Err(error)),
        }
    }
    (date, Ok(made))
}

async fn build_summary(
    session: &LakeSession,
    summary: &Summary,
    date: NaiveDate,
) -> Result<RecordBatch, QueryError> {
    let schema = summary.schema().map_err(QueryError::planning)?;
    let plan = || {
        let calls = summary.call_rows(&[TimeRange::of_day(date)], ScalarValue::Null)?;
        cast_to_schema(
            aggregate_rows(summary.definition, calls, &truncate(summary.definition.grain))?,
            schema,
        )
    };
    collect(session, plan().map_err(QueryError::planning)?, schema).await
}

async fn collect(
    session: &LakeSession,
    plan: LogicalPlan,
    schema: &SchemaRef,
) -> Result<RecordBatch, QueryError> {
    let rows = session.execute(plan).await?.collect().await?;
    let failed = |error: ArrowError| QueryError::execution(error.into());
    let rows =
        concat_batches(rows.first().map_or(schema, |rows| rows.schema_ref()), &rows).map_err(failed)?;
    // A plan over fewer days may have stricter nullability; the types are the same.
    RecordBatch::try_new(Arc::clone(schema), rows.columns().to_vec()).map_err(failed)
}
