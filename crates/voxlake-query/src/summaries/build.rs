//! Making summaries: each day's from its calls, each month's from its days', each year's from its months'.

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

use super::Summary;
use super::adding::{added_up, floor, typed};
use super::definition::Grain;
use super::kept::{READS_AT_ONCE, Sources};
use crate::error::QueryError;
use crate::session::{LakeSession, SessionOptions};

/// How often what is missing is made: once, and again where summaries that stood were found to be damaged on the way.
const ATTEMPTS: usize = 4;

/// What became of a lake's summaries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summarized {
    /// Summaries of days that were made.
    pub days: usize,
    /// Summaries of months that were made.
    pub months: usize,
    /// Summaries of years that were made.
    pub years: usize,
    /// Summaries that still stood.
    pub standing: usize,
    /// Summaries of days that are gone, which were removed.
    pub removed: usize,
    /// Days whose files could not be read, and why; they have no summary, and questions scan them.
    pub failed: Vec<String>,
}

/// How far the making of summaries is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SummaryProgress {
    /// Summaries that are made, or could not be.
    pub done: usize,
    /// Summaries that had to be made.
    pub all: usize,
}

/// Makes the summaries of a lake that are missing or no longer stand, and removes those of days that are gone.
/// With `anew` it makes all of them.
///
/// # Errors
/// Where the lake cannot be listed or written to. A day that cannot be read is no error: see [`Summarized`].
pub async fn summarize(
    lake: &Lake,
    lock: &WriterLock,
    anew: bool,
    progress: &(dyn Fn(SummaryProgress) + Send + Sync),
) -> Result<Summarized, QueryError> {
    let session = open(lake).await?;
    let sources = Arc::new(Sources::new(session.days()));
    let mut made = Summarized::default();
    let mut shelves = Vec::new();
    for summary in session.summaries().all() {
        let shelf = Shelf::of(summary, lake, &sources, anew).await?;
        made.standing += shelf.standing.len();
        made.removed += shelf.gone.len();
        for file in shelf.gone.iter().chain(&shelf.left) {
            lake.delete_summary(lock, file).await?;
        }
        shelves.push(shelf);
    }
    let maker = Maker { lake, lock, session, sources };
    let all = shelves.iter().map(|shelf| shelf.missing().len()).sum();
    let mut done = 0;
    let mut progress = |more| {
        done += more;
        progress(SummaryProgress { done, all: done.max(all) });
    };
    for _ in 0..ATTEMPTS {
        made.failed.clear();
        maker.days(&mut shelves, &mut progress, &mut made).await?;
        let mut damaged = 0;
        for at in 0..shelves.len() {
            damaged += maker.longer(&mut shelves, at, &mut progress, &mut made).await?;
        }
        made.standing = made.standing.saturating_sub(damaged);
        if damaged == 0 {
            break;
        }
    }
    Ok(made)
}

/// A session for the making of summaries, without the days whose files are damaged.
async fn open(lake: &Lake) -> Result<LakeSession, QueryError> {
    let options = |skip_damaged| SessionOptions {
        skip_damaged,
        // Days are made side by side, each on a thread of its own.
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

/// What a lake has, and should have, of one summary.
struct Shelf {
    summary: Arc<Summary>,
    /// What there has to be, and from what.
    wanted: HashMap<SummaryPeriod, Fingerprint>,
    /// What stands, and what was made.
    standing: HashMap<SummaryPeriod, SummaryFile>,
    /// What will be replaced.
    old: HashMap<SummaryPeriod, Vec<SummaryFile>>,
    /// What is of days that the lake no longer has.
    gone: Vec<SummaryFile>,
    /// What lies beside a summary that stands in its place, since its maker was ended before it removed it.
    left: Vec<SummaryFile>,
}

impl Shelf {
    async fn of(
        summary: &Arc<Summary>,
        lake: &Lake,
        sources: &Sources,
        anew: bool,
    ) -> Result<Self, QueryError> {
        let wanted = sources.spans(summary.definition);
        let mut shelf = Self {
            summary: Arc::clone(summary),
            wanted,
            standing: HashMap::new(),
            old: HashMap::new(),
            gone: Vec::new(),
            left: Vec::new(),
        };
        for file in lake.summaries(summary.definition.name).await? {
            match shelf.wanted.get(&file.span) {
                None => shelf.gone.push(file),
                Some(source) if *source == file.source && !anew => {
                    shelf.left.extend(shelf.standing.insert(file.span, file));
                }
                Some(_) => shelf.old.entry(file.span).or_default().push(file),
            }
        }
        let standing = shelf.standing.keys();
        shelf.left.extend(standing.filter_map(|span| shelf.old.remove(span)).flatten());
        Ok(shelf)
    }

    /// The spans that lack a summary, in order.
    fn missing(&self) -> BTreeSet<SummaryPeriod> {
        self.wanted.keys().filter(|span| !self.standing.contains_key(span)).copied().collect()
    }
}

/// Makes what is missing.
struct Maker<'a> {
    lake: &'a Lake,
    lock: &'a WriterLock,
    session: LakeSession,
    sources: Arc<Sources>,
}

impl Maker<'_> {
    /// Makes the days' summaries, as many days at once as there are cores.
    async fn days(
        &self,
        shelves: &mut [Shelf],
        progress: &mut (dyn FnMut(usize) + Send),
        made: &mut Summarized,
    ) -> Result<(), QueryError> {
        // By their places among the shelves.
        let mut todo = BTreeMap::<NaiveDate, Vec<usize>>::new();
        for (at, shelf) in shelves.iter().enumerate() {
            for span in shelf.missing() {
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
                let summaries = places.iter().map(|at| Arc::clone(&shelves[*at].summary)).collect();
                under_way.spawn(of_day(self.session.clone(), summaries, *date));
            }
            let Some(day) = under_way.join_next().await else { break };
            match day {
                Ok((date, Ok(rows))) => {
                    for (at, rows) in todo.get(&date).into_iter().flatten().zip(&rows) {
                        self.keep(&mut shelves[*at], SummaryPeriod::Day(date), rows).await?;
                        made.days += 1;
                        progress(1);
                    }
                }
                Ok((date, Err(error))) => {
                    progress(todo.get(&date).map_or(0, Vec::len));
                    made.failed.push(format!("{date}: {error}"));
                }
                // A day that breaks the engine is left to be scanned.
                Err(broken) => {
                    progress(1);
                    made.failed.push(broken.to_string());
                }
            }
        }
        Ok(())
    }

    /// Makes the months and years of the summary at a place among the shelves. Where what one is made of could not be
    /// made, it is not made either; what is found to be damaged is removed and counted, and no longer stands.
    async fn longer(
        &self,
        shelves: &mut [Shelf],
        at: usize,
        progress: &mut (dyn FnMut(usize) + Send),
        made: &mut Summarized,
    ) -> Result<usize, QueryError> {
        let mut damaged = 0;
        // Months come before the years that they make.
        for span in shelves[at].missing().into_iter().filter(|span| !matches!(span, SummaryPeriod::Day(_))) {
            progress(1);
            let Some((from, parts)) = self.parts(shelves, at, span) else { continue };
            let summary = Arc::clone(&shelves[at].summary);
            let schema = summary.schema().map_err(QueryError::planning)?;
            let read =
                stream::iter(parts.clone()).map(|part| self.read(part, schema)).buffered(READS_AT_ONCE);
            let read: Vec<_> = read.try_collect().await?;
            let lost: Vec<_> = parts.iter().zip(&read).filter(|(_, rows)| rows.is_none()).collect();
            for (part, _) in &lost {
                self.lake.delete_summary(self.lock, part).await?;
                shelves[from].standing.remove(&part.span);
                damaged += 1;
            }
            if !lost.is_empty() {
                continue;
            }
            let parts = read.into_iter().flatten().collect();
            let rows = self.added_up(&summary, span, parts).await?;
            self.keep(&mut shelves[at], span, &rows).await?;
            match span {
                SummaryPeriod::Year(_) => made.years += 1,
                _ => made.months += 1,
            }
        }
        Ok(damaged)
    }

    /// The summaries that one of a month or year is made from, and the place of the shelf that they are of; `None` where
    /// not all of them stand.
    fn parts(&self, shelves: &[Shelf], at: usize, span: SummaryPeriod) -> Option<(usize, Vec<SummaryFile>)> {
        let definition = shelves[at].summary.definition;
        let (from, part): (_, fn(NaiveDate) -> SummaryPeriod) = match (span, definition.coarser_than) {
            (SummaryPeriod::Year(_), _) => (at, SummaryPeriod::Month),
            (_, None) => (at, SummaryPeriod::Day),
            (_, Some(name)) => {
                (shelves.iter().position(|shelf| shelf.summary.name() == name)?, SummaryPeriod::Month)
            }
        };
        let dates = self.sources.dates.iter();
        let dates = dates.filter(|date| span.range().contains(TimeRange::of_day(**date).from));
        let mut parts: Vec<_> = dates.map(|date| part(*date).normalized()).collect();
        parts.dedup();
        let parts: Option<_> = parts.iter().map(|part| shelves[from].standing.get(part).cloned()).collect();
        Some((from, parts?))
    }

    /// All rows of a summary; `None` where it is damaged or gone.
    async fn read(&self, file: SummaryFile, schema: &SchemaRef) -> Result<Option<RecordBatch>, QueryError> {
        let Some(content) = self.lake.read_summary(&file).await? else { return Ok(None) };
        let all: Vec<_> = (0..content.schema().fields().len()).collect();
        let rows = content.rows(&all).ok();
        Ok(rows.and_then(|rows| RecordBatch::try_new(Arc::clone(schema), rows.columns().to_vec()).ok()))
    }

    /// The rows of a month or year from those of its `parts`.
    async fn added_up(
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
                shorter => floor(shorter),
            };
            typed(added_up(summary.definition, parts, &start)?, schema)
        };
        collect(&self.session, plan().map_err(QueryError::planning)?, schema).await
    }

    async fn keep(
        &self,
        shelf: &mut Shelf,
        span: SummaryPeriod,
        rows: &RecordBatch,
    ) -> Result<(), QueryError> {
        let name = shelf.summary.definition.name;
        if let Some(source) = shelf.wanted.get(&span) {
            let old = shelf.old.get(&span).map_or(&[][..], Vec::as_slice);
            let file = self.lake.write_summary(self.lock, name, span, *source, rows, old).await?;
            shelf.standing.insert(span, file);
        }
        Ok(())
    }
}

/// The rows of these summaries of one day.
async fn of_day(
    session: LakeSession,
    summaries: Vec<Arc<Summary>>,
    date: NaiveDate,
) -> (NaiveDate, Result<Vec<RecordBatch>, QueryError>) {
    let mut made = Vec::new();
    for summary in summaries {
        match of_one_day(&session, &summary, date).await {
            Ok(rows) => made.push(rows),
            Err(error) => return (date, Err(error)),
        }
    }
    (date, Ok(made))
}

async fn of_one_day(
    session: &LakeSession,
    summary: &Summary,
    date: NaiveDate,
) -> Result<RecordBatch, QueryError> {
    let schema = summary.schema().map_err(QueryError::planning)?;
    let plan = || {
        let calls = summary.unsummed(&[TimeRange::of_day(date)], ScalarValue::Null)?;
        typed(added_up(summary.definition, calls, &floor(summary.definition.grain))?, schema)
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
    // Nullability may be stricter in a plan of fewer days; types are not.
    RecordBatch::try_new(Arc::clone(schema), rows.columns().to_vec()).map_err(failed)
}
