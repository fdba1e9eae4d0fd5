//! Table `days`: properties of each day file, read from its footer.
//!
//! Footers are read on demand, and only for the dates that a query needs, so that a session over
//! years of calls opens with a single listing.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use futures::stream;
use voxlake_lake::{DayFile, DayFooter, FetchedRange, ScopeId, TimeRange};
use voxlake_model::schema::{DESCRIPTION, UNIT, timestamp_type};

use crate::corruption::into_engine_error;
use crate::error::EngineError;
use crate::footer_store::FooterStore;
use crate::pruning::DayPruning;

/// Comment of the table.
pub const COMMENT: &str = "one row for each day file of the lake: its number of calls, and the part of the day \
    that was fetched. A day that the lake does not contain has no row.";

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let column = |name: &str, data_type: DataType, required: bool, text: &str, unit: Option<&str>| {
        let description = [(DESCRIPTION.to_owned(), text.to_owned())];
        let unit = unit.map(|unit| (UNIT.to_owned(), unit.to_owned()));
        let metadata: HashMap<_, _> = description.into_iter().chain(unit).collect();
        Field::new(name, data_type, !required).with_metadata(metadata)
    };
    Arc::new(Schema::new(vec![
        column("date", DataType::Date32, true, "UTC date of start_time of all calls in the file", None),
        column("calls", DataType::Int64, true, "calls in the file", Some("calls")),
        column("bytes", DataType::Int64, true, "size of the file", Some("bytes")),
        column(
            "first_start",
            timestamp_type(),
            false,
            "earliest start of a call; NULL without calls or without statistics in the file",
            Some("UTC, ms"),
        ),
        column(
            "last_start",
            timestamp_type(),
            false,
            "latest start of a call; NULL as first_start",
            Some("UTC, ms"),
        ),
        column(
            "fetched_at",
            timestamp_type(),
            false,
            "start of the latest fetch of a part of the day; NULL if none is recorded",
            Some("UTC, ms"),
        ),
        column("covered", DataType::Boolean, true, "true if the whole day was fetched", None),
        column("covered_seconds", DataType::Int64, true, "length of the fetched part of the day", Some("s")),
        column(
            "total_records",
            DataType::Int64,
            false,
            "records that the API reported for the fetched parts; NULL if a count is missing or parts overlap",
            Some("records"),
        ),
    ]))
});

/// Table `days` of a set of day files.
#[derive(Debug)]
pub struct DayTable {
    days: Vec<DayFile>,
    footers: FooterStore,
    /// Scope whose coverage counts.
    scope: Option<ScopeId>,
}

impl DayTable {
    /// Creates the table of `days`. Only the coverage of `scope` counts.
    #[must_use]
    pub fn new(days: Vec<DayFile>, footers: FooterStore, scope: Option<ScopeId>) -> Self {
        Self { days, footers, scope }
    }
}

#[async_trait]
impl TableProvider for DayTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&SCHEMA)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // Dates exclude days, but the filter is still needed.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let days = DayPruning::try_new(state, filters, &SCHEMA)?.prune_by_date(&self.days);
        let now = state.execution_props().query_execution_start_time;
        let days = Arc::new(DayPartition { days, footers: self.footers.clone(), scope: self.scope, now });
        let scan =
            StreamingTableExec::try_new(Arc::clone(&SCHEMA), vec![days], projection, vec![], false, limit)?;
        Ok(Arc::new(scan))
    }
}

/// Scope of the coverage that counts, and the time at which it must be trusted.
type CoverageTrust = (Option<ScopeId>, Option<DateTime<Utc>>);

#[derive(Debug)]
struct DayPartition {
    days: Vec<DayFile>,
    footers: FooterStore,
    scope: Option<ScopeId>,
    /// Time of the query, at which coverage must be trusted; `None` trusts all coverage.
    now: Option<DateTime<Utc>>,
}

impl PartitionStream for DayPartition {
    fn schema(&self) -> &SchemaRef {
        &SCHEMA
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (days, footers, trust) = (self.days.clone(), self.footers.clone(), (self.scope, self.now));
        let rows = stream::once(async move {
            let footers = footers.load(&days).await.into_iter();
            let footers = footers
                .map(|footer| footer.map_err(into_engine_error))
                .collect::<std::result::Result<Vec<_>, EngineError>>()
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            rows(&days.into_iter().zip(footers).collect::<Vec<_>>(), trust)
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&SCHEMA), rows))
    }
}

fn rows(days: &[(DayFile, Arc<DayFooter>)], trust: CoverageTrust) -> Result<RecordBatch> {
    let coverages = days.iter().map(|(day, footer)| DayCoverage::new(day, footer, trust)).collect::<Vec<_>>();
    let instants = |instants: Vec<Option<DateTime<Utc>>>| {
        let ms = instants.into_iter().map(|at| at.map(|at| at.timestamp_millis()));
        Arc::new(ms.collect::<TimestampMillisecondArray>().with_timezone("UTC")) as ArrayRef
    };
    let numbers = |numbers: Vec<Option<i64>>| Arc::new(Int64Array::from(numbers)) as ArrayRef;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Date32Array::from_iter_values(
            days.iter().map(|(day, _)| Date32Type::from_naive_date(day.date)),
        )),
        numbers(days.iter().map(|(_, footer)| i64::try_from(footer.rows).ok()).collect()),
        numbers(days.iter().map(|(day, _)| i64::try_from(day.meta.size).ok()).collect()),
        instants(days.iter().map(|(_, footer)| footer.first_start).collect()),
        instants(days.iter().map(|(_, footer)| footer.last_start).collect()),
        instants(coverages.iter().map(|covered| covered.fetched_at).collect()),
        Arc::new(coverages.iter().map(|covered| Some(covered.whole)).collect::<BooleanArray>()),
        numbers(coverages.iter().map(|covered| Some(covered.length.num_seconds())).collect()),
        numbers(coverages.iter().map(|covered| covered.total_records).collect()),
    ];
    Ok(RecordBatch::try_new(Arc::clone(&SCHEMA), columns)?)
}

/// Summary of a day's coverage.
struct DayCoverage {
    whole: bool,
    length: TimeDelta,
    fetched_at: Option<DateTime<Utc>>,
    total_records: Option<i64>,
}

impl DayCoverage {
    fn new(day: &DayFile, footer: &DayFooter, (scope, now): CoverageTrust) -> Self {
        let whole = TimeRange::of_day(day.date);
        let coverage = footer.coverage.of_scope(scope);
        let coverage = match now {
            Some(now) => coverage.trusted_at(now),
            None => coverage,
        };
        let gaps = coverage.gaps(whole);
        let length = (whole.to - whole.from) - gaps.iter().map(|gap| gap.to - gap.from).sum::<TimeDelta>();
        let ranges = coverage.ranges();
        let overlap = ranges.iter().map(|range| range.to - range.from).sum::<TimeDelta>() > length;
        // Overlapping ranges would count a record twice.
        let counted = !ranges.is_empty() && !overlap;
        let total = || ranges.iter().map(|range| range.total_records).sum::<Option<u64>>();
        Self {
            whole: gaps.is_empty(),
            length,
            fetched_at: ranges.iter().map(|FetchedRange { fetched_at, .. }| *fetched_at).max(),
            total_records: counted.then(total).flatten().and_then(|total| i64::try_from(total).ok()),
        }
    }
}

#[cfg(test)]
mod tests;
