//! Pruning of day files that cannot contain a row that passes the filters.
//!
//! Filters on `date` and on `start_time` prune alike, because a file contains the calls that
//! started on its UTC date. DataFusion's [`PruningPredicate`] evaluates AND, OR, BETWEEN, IN and
//! casts; this module provides the bounds of each day, and tests looked-up values against the
//! files' Bloom filters.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use datafusion::arrow::array::{ArrayRef, BooleanArray, Date32Array, TimestampMillisecondArray, UInt64Array};
use datafusion::arrow::datatypes::{Date32Type, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_expr::utils::Guarantee;
use datafusion::physical_optimizer::pruning::{PruningPredicate, PruningPredicateBuilder};
use voxlake_lake::{BLOOM_FILTERED_COLUMNS, DayFile};
use voxlake_model::schema::START_TIME;

use crate::footer_store::FooterStore;
use crate::names::DATE_COLUMN;

/// Predicate over the days of a table.
///
/// Without a predicate, no day is pruned.
pub(crate) struct DayPruning(Option<PruningPredicate>);

impl DayPruning {
    /// Creates a predicate from filters on a table of this schema.
    pub(crate) fn try_new(state: &dyn Session, filters: &[Expr], schema: &SchemaRef) -> Result<Self> {
        let Some(filter) = conjunction(filters.to_vec()) else { return Ok(Self(None)) };
        let filter = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(schema))?)?;
        let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).try_build(filter);
        Ok(Self(predicate.inspect_err(|error| tracing::debug!(%error, "no day pruned")).ok()))
    }

    /// Returns the files whose dates may match the filters, in order.
    pub(crate) fn prune_by_date(&self, days: &[DayFile]) -> Vec<DayFile> {
        let dates = || DayBounds(days.iter().map(|day| day.date).collect());
        match self.0.as_ref().map(|predicate| predicate.prune(&dates())) {
            Some(Ok(keep)) => select_days(days, &keep),
            Some(Err(error)) => {
                tracing::debug!(%error, "no day pruned");
                days.to_vec()
            }
            None => days.to_vec(),
        }
    }

    /// Returns the days whose Bloom filters may contain the values that the filters look up.
    pub(crate) async fn prune_by_bloom_filter(
        &self,
        footers: &FooterStore,
        mut days: Vec<DayFile>,
    ) -> Vec<DayFile> {
        for (column, values) in self.looked_up_values() {
            days = select_days(&days, &footers.may_contain(&days, column, &values).await);
        }
        days
    }

    /// Returns whether the filters look up ids or numbers, and so match few calls.
    pub(crate) fn is_lookup(&self) -> bool {
        self.looked_up_values().next().is_some()
    }

    /// Returns the columns with a Bloom filter that are looked up, and their values.
    fn looked_up_values(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let guarantees = self.0.as_ref().map_or(&[][..], PruningPredicate::literal_guarantees);
        guarantees.iter().filter_map(|guarantee| {
            let column = guarantee.column.name.as_str();
            if guarantee.guarantee != Guarantee::In || !BLOOM_FILTERED_COLUMNS.contains(&column) {
                return None;
            }
            // NULL equals nothing. Bloom filters contain texts only.
            let values = guarantee.literals.iter().map(|value| value.try_as_str().flatten());
            Some((column, values.collect::<Option<Vec<_>>>()?))
        })
    }
}

fn select_days(days: &[DayFile], keep: &[bool]) -> Vec<DayFile> {
    days.iter().zip(keep).filter(|(_, keep)| **keep).map(|(day, _)| day.clone()).collect()
}

/// Bounds of the columns of day files, derived from their dates.
struct DayBounds(Vec<NaiveDate>);

impl DayBounds {
    fn dates(&self) -> ArrayRef {
        Arc::new(self.0.iter().map(|date| Some(Date32Type::from_naive_date(*date))).collect::<Date32Array>())
    }

    /// Returns the instant `after` the start of each date.
    fn instants(&self, after: TimeDelta) -> ArrayRef {
        let instants = self
            .0
            .iter()
            .map(|date| (date.and_time(Default::default()).and_utc() + after).timestamp_millis());
        Arc::new(TimestampMillisecondArray::from_iter_values(instants).with_timezone("UTC"))
    }
}

impl PruningStatistics for DayBounds {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        match column.name() {
            DATE_COLUMN => Some(self.dates()),
            START_TIME => Some(self.instants(TimeDelta::zero())),
            _ => None,
        }
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        match column.name() {
            DATE_COLUMN => Some(self.dates()),
            START_TIME => Some(self.instants(TimeDelta::days(1) - TimeDelta::milliseconds(1))),
            _ => None,
        }
    }

    fn num_containers(&self) -> usize {
        self.0.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        matches!(column.name(), DATE_COLUMN | START_TIME)
            .then(|| Arc::new(UInt64Array::from(vec![0; self.0.len()])) as ArrayRef)
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        None
    }

    fn contained(&self, column: &Column, values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        (column.name() == DATE_COLUMN).then(|| {
            let contained = |date: &NaiveDate| {
                values.contains(&ScalarValue::Date32(Some(Date32Type::from_naive_date(*date))))
            };
            self.0.iter().map(|date| Some(contained(date))).collect()
        })
    }
}
