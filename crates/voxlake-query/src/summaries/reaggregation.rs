//! Cache of stored rows, aggregated further to the columns that a query reads.
//!
//! A summary has a row per result and quarter hour; a query by hour needs a thirtieth of them. The
//! rows are aggregated when a second query requests the same columns, as in a shell session or on a
//! dashboard. For a single query it would cost more than it saves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{LogicalPlanBuilder, col};
use datafusion::physical_plan::collect;
use voxlake_model::schema::START_TIME;
use voxlake_model::sync;

use super::aggregation::{aggregate_rows, cast_to_schema};
use super::definition::Definition;
use super::request::{CachedRows, SummaryRequest};
use super::rows::Rows;

/// Limit of cached requests. A full cache is cleared.
const MAX_CACHE_ENTRIES: usize = 32;
/// Limit of cached bytes. A full cache is cleared.
const MAX_CACHE_BYTES: usize = 128 << 20;

/// Cache of the aggregated rows of one summary.
#[derive(Debug, Default)]
pub(super) struct ReaggregationCache(Mutex<CacheState>);

#[derive(Debug, Default)]
struct CacheState {
    known: HashMap<SummaryRequest, CacheEntry>,
    bytes: usize,
}

/// State of a request.
#[derive(Clone, Debug)]
enum CacheEntry {
    RequestedOnce,
    /// The result is too large, or saves less than half of the rows.
    NotWorthCaching,
    Rows(CachedRows),
}

impl ReaggregationCache {
    /// Returns the aggregated rows of a request, computed from `read`. `None` for the first query
    /// with this request, or if aggregation does not pay off.
    ///
    /// Call it once per query: with a second call one query could see both kinds of rows.
    pub(super) async fn get_or_aggregate(
        &self,
        definition: &Definition,
        wanted: &SummaryRequest,
        state: &dyn Session,
        read: impl Future<Output = Option<Rows>>,
    ) -> Option<CachedRows> {
        let known = sync::lock(&self.0).known.get(wanted).cloned();
        match known {
            Some(CacheEntry::Rows(rows)) => return Some(rows),
            Some(CacheEntry::NotWorthCaching) => return None,
            None => {
                sync::lock(&self.0).note(wanted, CacheEntry::RequestedOnce, 0);
                return None;
            }
            Some(CacheEntry::RequestedOnce) => {}
        }
        let rows = read.await?;
        // If aggregation fails, for lack of memory for example, the rows are read unaggregated.
        let merged = merged(definition, &rows, state).await.ok()?;
        let count = merged.iter().map(RecordBatch::num_rows).sum::<usize>();
        let bytes = size(&merged);
        let pays = count <= rows.count() / 2 && bytes <= MAX_CACHE_BYTES / 2;
        let known = if pays { CacheEntry::Rows(Arc::clone(&merged)) } else { CacheEntry::NotWorthCaching };
        sync::lock(&self.0).note(wanted, known, if pays { bytes } else { 0 });
        pays.then_some(merged)
    }
}

impl CacheState {
    fn note(&mut self, wanted: &SummaryRequest, known: CacheEntry, bytes: usize) {
        if let Some(CacheEntry::Rows(before)) = self.known.remove(wanted) {
            self.bytes -= size(&before);
        }
        if self.known.len() >= MAX_CACHE_ENTRIES || self.bytes + bytes > MAX_CACHE_BYTES {
            *self = Self::default();
        }
        self.known.insert(wanted.clone(), known);
        self.bytes += bytes;
    }
}

/// Size of `rows` in memory.
fn size(rows: &CachedRows) -> usize {
    rows.iter().map(RecordBatch::get_array_memory_size).sum()
}

async fn merged(definition: &Definition, rows: &Rows, state: &dyn Session) -> Result<CachedRows> {
    let rows = rows.table(state)?;
    let narrow = rows.schema();
    let rows = LogicalPlanBuilder::scan("rows", provider_as_source(rows), None)?.build()?;
    let plan = cast_to_schema(aggregate_rows(definition, rows, &col(START_TIME))?, &narrow)?;
    let plan = state.create_physical_plan(&plan).await?;
    let merged = collect(plan, state.task_ctx()).await?.into_iter();
    // The plan may have stricter nullability; the types are the same.
    let merged = merged.map(|rows| RecordBatch::try_new(Arc::clone(&narrow), rows.columns().to_vec()));
    Ok(merged.collect::<Result<CachedRows, _>>()?)
}
