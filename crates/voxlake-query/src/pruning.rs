//! Which days a question needs: a day file is left alone where its date shows that no call of it can
//! pass the filters.
//!
//! A filter on `date` and one on `start_time` prune alike, as a file holds the calls that started
//! on its UTC date. The reasoning about AND, OR, BETWEEN, IN and casts is DataFusion's own
//! [`PruningPredicate`](datafusion::physical_optimizer::pruning::PruningPredicate); this file only tells it each day's bounds.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use datafusion::arrow::array::{ArrayRef, BooleanArray, Date32Array, TimestampMillisecondArray, UInt64Array};
use datafusion::arrow::datatypes::{Date32Type, SchemaRef};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use voxlake_lake::DayFile;
use voxlake_model::schema::START_TIME;

use crate::table::DATE;

/// The files among `days` that may hold a call which passes `filter`, in their order.
///
/// Where the filter cannot be reasoned about, all of them: pruning only saves work.
pub(crate) fn prune(days: &[DayFile], filter: Arc<dyn PhysicalExpr>, schema: SchemaRef) -> Vec<&DayFile> {
    let keep = PruningPredicateBuilder::new()
        .with_file_schema(schema)
        .try_build(filter)
        .and_then(|predicate| predicate.prune(&Dates(days.iter().map(|day| day.date).collect())));
    match keep {
        Ok(keep) => days.iter().zip(keep).filter_map(|(day, keep)| keep.then_some(day)).collect(),
        Err(error) => {
            tracing::debug!(%error, "no day pruned");
            days.iter().collect()
        }
    }
}

/// What the dates of files tell about the calls in them.
struct Dates(Vec<NaiveDate>);

impl Dates {
    fn dates(&self) -> ArrayRef {
        Arc::new(self.0.iter().map(|date| Some(Date32Type::from_naive_date(*date))).collect::<Date32Array>())
    }

    /// The instant `after` the start of each date.
    fn instants(&self, after: TimeDelta) -> ArrayRef {
        let instants = self
            .0
            .iter()
            .map(|date| (date.and_time(Default::default()).and_utc() + after).timestamp_millis());
        Arc::new(TimestampMillisecondArray::from_iter_values(instants).with_timezone("UTC"))
    }
}

impl PruningStatistics for Dates {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        match column.name() {
            DATE => Some(self.dates()),
            START_TIME => Some(self.instants(TimeDelta::zero())),
            _ => None,
        }
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        match column.name() {
            DATE => Some(self.dates()),
            START_TIME => Some(self.instants(TimeDelta::days(1) - TimeDelta::milliseconds(1))),
            _ => None,
        }
    }

    fn num_containers(&self) -> usize {
        self.0.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        matches!(column.name(), DATE | START_TIME)
            .then(|| Arc::new(UInt64Array::from(vec![0; self.0.len()])) as ArrayRef)
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        None
    }

    fn contained(&self, column: &Column, values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        (column.name() == DATE).then(|| {
            let contained = |date: &NaiveDate| {
                values.contains(&ScalarValue::Date32(Some(Date32Type::from_naive_date(*date))))
            };
            self.0.iter().map(|date| Some(contained(date))).collect()
        })
    }
}
