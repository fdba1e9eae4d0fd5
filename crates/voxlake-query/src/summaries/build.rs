//! Making summaries: each day's from its calls, each month's from its days'.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::catalog::MemTable;
use datafusion::common::{Column, Result as EngineResult, ScalarValue};
use datafusion::datasource::provider_as_source;
use datafusion::functions_aggregate::expr_fn::{max, sum};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, col, ident, lit};
use tokio::task::JoinSet;
use voxlake_lake::{Fingerprint, Lake, Span, SummaryFile, TimeRange, WriterLock};
use voxlake_model::schema::{START_TIME, instant};

use super::cover::QUARTER_MS;
use super::definition::{Definition, Grain};
use super::{Kept, Sources, Summary};
use crate::error::QueryError;
use crate::session::{LakeSession, SessionOptions};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What became of a lake's summaries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summarized {
    /// Summaries of days that were made.
    pub days: usize,
    /// Summaries of months that were made.
    pub months: usize,
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
    /// Days of which all summaries are made.
    pub done: usize,
    /// Days of which some had to be made.
    pub days: usize,
}

/// The time that a row is of, by the start of a call: the first moment of its quarter of an hour or UTC day.
pub(super) fn floor(grain: Grain) -> Expr {
    let length = match grain {
        Grain::Quarter => QUARTER_MS,
        Grain::Day => DAY_MS,
    };
    let start = || cast(col(START_TIME), DataType::Int64);
    // Calls are of this side of 1970, where the remainder rounds down.
    cast(start() - start() % lit(length), instant())
}

/// The rows of a summary: `rows` added up over those that are alike, all of them of the time `start`.
pub(super) fn added_up(
    definition: &Definition,
    rows: LogicalPlan,
    start: &Expr,
) -> EngineResult<LogicalPlan> {
    let names: Vec<String> = rows.schema().fields().iter().map(|field| field.name().clone()).collect();
    let (mut groups, mut totals) = (Vec::new(), Vec::new());
    for (qualifier, field) in rows.schema().iter() {
        let name = field.name().as_str();
        let column = Expr::Column(Column::new(qualifier.cloned(), name));
        if definition.sums.contains(&name) {
            totals.push(sum(column).alias(name));
        } else if definition.latest.contains(&name) {
            totals.push(max(column).alias(name));
        } else if name == START_TIME {
            groups.push(start.clone().alias(name));
        } else {
            groups.push(column.alias(name));
        }
    }
    let order: Vec<_> = names
        .iter()
        .filter(|name| !totals.iter().any(|total| total.schema_name().to_string() == **name))
        .map(|name| ident(name).sort(true, false))
        .collect();
    let added_up =
        LogicalPlanBuilder::from(rows).aggregate(groups, totals)?.project(names.iter().map(ident))?;
    // One row has no order, and the engine (55) refuses to plan none.
    if order.is_empty() { added_up.build() } else { added_up.sort(order)?.build() }
}

/// Rows in the types of a schema: what is added up has more digits than what is not, and a sum of sums has
/// more than it can need.
pub(super) fn typed(rows: LogicalPlan, schema: &SchemaRef) -> EngineResult<LogicalPlan> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| cast(ident(field.name()), field.data_type().clone()).alias(field.name()));
    LogicalPlanBuilder::from(rows).project(columns)?.build()
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
        for gone in &shelf.gone {
            lake.drop_summary(lock, gone).await?;
            made.removed += 1;
        }
        shelves.push(shelf);
    }
    let maker = Maker { lake, lock, session, sources };
    let failed = maker.days(&shelves, progress, &mut made).await?;
    for shelf in &shelves {
        maker.months(shelf, &failed, &mut made).await?;
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
    wanted: HashMap<Span, Fingerprint>,
    standing: HashSet<Span>,
    /// What will be replaced.
    old: HashMap<Span, Vec<SummaryFile>>,
    /// What is of days that the lake no longer has.
    gone: Vec<SummaryFile>,
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
            standing: HashSet::new(),
            old: HashMap::new(),
            gone: Vec::new(),
        };
        for file in lake.summaries(summary.definition.name).await? {
            match shelf.wanted.get(&file.span) {
                None => shelf.gone.push(file),
                Some(source) if *source == file.source && !anew => drop(shelf.standing.insert(file.span)),
                Some(_) => shelf.old.entry(file.span).or_default().push(file),
            }
        }
        Ok(shelf)
    }

    /// The spans that lack a summary, in order.
    fn missing(&self) -> BTreeSet<Span> {
        self.wanted.keys().filter(|span| !self.standing.contains(span)).copied().collect()
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
    /// Makes the days' summaries, as many days at once as there are cores, and says which could not be made.
    async fn days(
        &self,
        shelves: &[Shelf],
        progress: &(dyn Fn(SummaryProgress) + Send + Sync),
        made: &mut Summarized,
    ) -> Result<HashSet<NaiveDate>, QueryError> {
        let mut todo = BTreeMap::<NaiveDate, Vec<&Shelf>>::new();
        for shelf in shelves {
            for span in shelf.missing() {
                if let Span::Day(date) = span {
                    todo.entry(date).or_default().push(shelf);
                }
            }
        }
        let mut at = SummaryProgress { done: 0, days: todo.len() };
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let mut waiting = todo.iter();
        let mut under_way = JoinSet::new();
        let mut failed = HashSet::new();
        loop {
            while under_way.len() < threads
                && let Some((date, shelves)) = waiting.next()
            {
                let summaries = shelves.iter().map(|shelf| Arc::clone(&shelf.summary)).collect();
                under_way.spawn(of_day(self.session.clone(), summaries, *date));
            }
            let Some(day) = under_way.join_next().await else { break };
            match day {
                Ok((date, Ok(rows))) => {
                    for (shelf, rows) in todo.get(&date).into_iter().flatten().zip(&rows) {
                        self.keep(shelf, Span::Day(date), rows).await?;
                        made.days += 1;
                    }
                }
                Ok((date, Err(error))) => {
                    failed.insert(date);
                    made.failed.push(format!("{date}: {error}"));
                }
                // A day that breaks the engine is left to be scanned.
                Err(broken) => made.failed.push(broken.to_string()),
            }
            at.done += 1;
            progress(at);
        }
        Ok(failed)
    }

    /// Makes a summary's months from its days.
    async fn months(
        &self,
        shelf: &Shelf,
        failed: &HashSet<NaiveDate>,
        made: &mut Summarized,
    ) -> Result<(), QueryError> {
        let missing: Vec<_> =
            shelf.missing().into_iter().filter(|span| matches!(span, Span::Month(_))).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let summary = &shelf.summary;
        let kept = Kept::new(summary.definition, self.lake.clone(), Arc::clone(&self.sources));
        kept.list().await?;
        for month in missing {
            let range = month.range();
            let dates =
                self.sources.dates.iter().filter(|date| range.contains(TimeRange::of_day(**date).from));
            if dates.clone().any(|date| failed.contains(date)) {
                continue;
            }
            let days: Vec<_> = dates.copied().map(Span::Day).collect();
            let schema = summary.schema().map_err(QueryError::planning)?;
            // What was just made and is lost again is made the next time.
            let days = kept.rows(&days, schema).await;
            // No other month is made of them, and those of all years together are many.
            kept.forget();
            let Ok(days) = days else { continue };
            let rows = self.of_month(summary, month, days).await?;
            self.keep(shelf, month, &rows).await?;
            made.months += 1;
        }
        Ok(())
    }

    async fn of_month(
        &self,
        summary: &Summary,
        month: Span,
        days: Vec<RecordBatch>,
    ) -> Result<RecordBatch, QueryError> {
        let schema = summary.schema().map_err(QueryError::planning)?;
        if summary.definition.grain == Grain::Quarter {
            return concat_batches(schema, &days).map_err(|e| QueryError::execution(e.into()));
        }
        let plan = || {
            let days = MemTable::try_new(Arc::clone(schema), vec![days])?;
            let days = LogicalPlanBuilder::scan("days", provider_as_source(Arc::new(days)), None)?.build()?;
            let start = month.range().from.timestamp_millis();
            let start = lit(ScalarValue::TimestampMillisecond(Some(start), Some("UTC".into())));
            typed(added_up(summary.definition, days, &start)?, schema)
        };
        collect(&self.session, plan().map_err(QueryError::planning)?, schema).await
    }

    async fn keep(&self, shelf: &Shelf, span: Span, rows: &RecordBatch) -> Result<(), QueryError> {
        let name = shelf.summary.definition.name;
        if let Some(source) = shelf.wanted.get(&span) {
            let old = shelf.old.get(&span).map_or(&[][..], Vec::as_slice);
            self.lake.write_summary(self.lock, name, span, *source, rows, old).await?;
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
