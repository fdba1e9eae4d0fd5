//! Which days a question needs: a day file is left alone where no call of it can pass the filters.
//!
//! A filter on `date` and one on `start_time` prune alike, as a file holds the calls that started
//! on its UTC date. The reasoning about AND, OR, BETWEEN, IN and casts is DataFusion's own [`PruningPredicate`];
//! this file only tells it each day's bounds, and asks the lake for the values that it found to be asked for.

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

use crate::footers::Footers;
use crate::names::DATE;

/// What the filters of a question tell of the days that it needs.
///
/// Where they cannot be reasoned about, that is all of them: pruning only saves work.
pub(crate) struct Pruning(Option<PruningPredicate>);

impl Pruning {
    /// Of filters on a table of this schema.
    pub(crate) fn by(state: &dyn Session, filters: &[Expr], schema: &SchemaRef) -> Result<Self> {
        let Some(filter) = conjunction(filters.to_vec()) else { return Ok(Self(None)) };
        let filter = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(schema))?)?;
        let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).try_build(filter);
        Ok(Self(predicate.inspect_err(|error| tracing::debug!(%error, "no day pruned")).ok()))
    }

    /// The files among `days` that by their dates may hold a row which passes the filters, in their order.
    pub(crate) fn by_date(&self, days: &[DayFile]) -> Vec<DayFile> {
        let dates = || Dates(days.iter().map(|day| day.date).collect());
        match self.0.as_ref().map(|predicate| predicate.prune(&dates())) {
            Some(Ok(keep)) => kept(days, &keep),
            Some(Err(error)) => {
                tracing::debug!(%error, "no day pruned");
                days.to_vec()
            }
            None => days.to_vec(),
        }
    }

    /// Of `days` those that by the filters of their files may hold a call with the ids and numbers asked for.
    pub(crate) async fn by_value(&self, footers: &Footers, mut days: Vec<DayFile>) -> Vec<DayFile> {
        for (column, values) in self.values() {
            days = kept(&days, &footers.may_hold(&days, column, &values).await);
        }
        days
    }

    /// Whether calls with certain ids or numbers are asked for, and so few.
    pub(crate) fn is_lookup(&self) -> bool {
        self.values().next().is_some()
    }

    /// The columns of ids and numbers of which certain values are asked for, and these.
    fn values(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let guarantees = self.0.as_ref().map_or(&[][..], PruningPredicate::literal_guarantees);
        guarantees.iter().filter_map(|asked| {
            let column = asked.column.name.as_str();
            if asked.guarantee != Guarantee::In || !BLOOM_FILTERED_COLUMNS.contains(&column) {
                return None;
            }
            // A NULL equals nothing; a value of another type is not one that the filters know.
            let values = asked.literals.iter().map(|value| value.try_as_str().flatten());
            Some((column, values.collect::<Option<Vec<_>>>()?))
        })
    }
}

fn kept(days: &[DayFile], keep: &[bool]) -> Vec<DayFile> {
    days.iter().zip(keep).filter(|(_, keep)| **keep).map(|(day, _)| day.clone()).collect()
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
