//! The functions that the views and queries call, each done once in Rust because SQL would say it
//! worse: time zones with their exact rules, and the walk over a call's nested lists.
//!
//! - [`local_time`]: an instant as the wall clock of an IANA time zone shows it
//! - [`local_period`]: its hour, day, week or month, as reports name it
//! - [`local_periods`]: all of these in a span of time
//! - [`local_intervals`]: the intervals of that clock that a span of time touches
//! - [`queue_visits`]: the distinct queues of a call, each with its result and share of the charge
//! - [`agent_visits`]: the distinct agents of a call; [`flow_visits`]: its distinct flows
//! - [`team_visits`]: the distinct teams of a call's agents
//! - [`visits`]: what these four share
//! - [`identity`]: the rule by which entries of a call are the same queue, agent, team or flow;
//!   [`call_queues`] applies it to queues and legs
//! - [`queue_moves`]: the moves of a call from queue to queue
//! - [`name_uses`]: the names that a call uses, and when
//! - [`queue_choice`]: whether a queue, or a call's queues, are among those chosen
//! - [`group_codes`]: groups by text as groups by numbers, for the rule that asks so
//! - [`hourly`]: parts of instants, in place of the engine's own
//! - [`hour_groups`]: groups by such parts as groups by numbers, for the rule that asks so
//! - [`is_text`]: comparisons of texts as comparisons of codes, for the rules that ask so
//! - [`leg_totals`]: number, charges and durations of a call's legs
//! - [`list_length`]: the number of a list's entries, in place of the engine's own
//! - [`list_where`]: the lists of some rows, for the rule that asks so
//! - [`nonblank`]: text in which blank values are missing
//! - [`or_null_entry`]: lists of which none is empty, for `unnest`
//! - [`price`]: a rate as an exact amount and its currency
//! - [`shares`]: an amount in equal parts
//! - [`result_class`]: the class of a `result` value
//! - [`exact_percentiles`]: several percentiles of one set of values, or of values and their counts:
//!   aggregates
//! - [`concurrency`]: how many spans there are at once in each interval of a clock, an aggregate

mod agent_visits;
mod call_queues;
mod clock;
mod concurrency;
pub mod dictionary;
mod distinct;
pub mod exact_percentiles;
mod flow_visits;
pub mod group_codes;
pub mod hour_groups;
pub mod hourly;
mod identity;
pub mod is_text;
mod leg_totals;
pub mod list_length;
pub mod list_where;
mod local_intervals;
mod local_period;
mod local_periods;
mod local_time;
mod name_uses;
mod nonblank;
pub mod or_null_entry;
mod price;
pub mod queue_choice;
mod queue_moves;
mod queue_visits;
mod result_class;
pub mod shares;
mod team_visits;
pub mod visits;

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, ListArray, StringArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::CastOptions;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::nested_struct::{cast_column, requires_nested_struct_cast};
use datafusion::common::{DFSchema, Result, exec_err, plan_err};
use datafusion::logical_expr::simplify::ExprSimplifyResult;
use datafusion::logical_expr::{
    AggregateUDF, Cast, ColumnarValue, Expr, ExprSchemable as _, ScalarUDF, ScalarUDFImpl,
};
use voxlake_model::CurrencySymbols;

pub use local_time::time_zone;
pub use result_class::ResultClasses;

/// The functions that need nothing but their arguments and the currencies of `symbols`.
#[must_use]
pub fn all(symbols: &CurrencySymbols) -> Vec<ScalarUDF> {
    vec![
        ScalarUDF::from(local_time::LocalTime::default()),
        ScalarUDF::from(local_period::LocalPeriod::default()),
        ScalarUDF::from(visits::Visits::<queue_visits::QueueVisits>::default()),
        ScalarUDF::from(visits::Visits::<agent_visits::AgentVisits>::default()),
        ScalarUDF::from(visits::Visits::<team_visits::TeamVisits>::default()),
        ScalarUDF::from(visits::Visits::<name_uses::QueueNameUses>::default()),
        ScalarUDF::from(visits::Visits::<name_uses::AgentNameUses>::default()),
        ScalarUDF::from(visits::Visits::<name_uses::TeamNameUses>::default()),
        ScalarUDF::from(visits::Visits::<name_uses::FlowNameUses>::default()),
        ScalarUDF::from(queue_moves::QueueMoves::default()),
        ScalarUDF::from(queue_choice::InQueues::default()),
        ScalarUDF::from(queue_choice::ThroughQueues::default()),
        ScalarUDF::from(list_length::ListLength::cardinality()),
        ScalarUDF::from(list_length::ListLength::array_length()),
        ScalarUDF::from(local_intervals::LocalIntervals::default()),
        ScalarUDF::from(local_periods::LocalPeriods::default()),
        ScalarUDF::from(leg_totals::LegTotals::default()),
        ScalarUDF::from(nonblank::Nonblank::default()),
        ScalarUDF::from(or_null_entry::OrNullEntry::default()),
        ScalarUDF::from(price::Price::new(symbols.clone())),
        ScalarUDF::from(shares::EqualShares::default()),
        ScalarUDF::from(visits::Visits::<flow_visits::FlowVisits>::default()),
    ]
}

/// The aggregates.
#[must_use]
pub fn aggregates() -> Vec<AggregateUDF> {
    vec![
        AggregateUDF::from(exact_percentiles::ExactPercentiles::of_values()),
        AggregateUDF::from(exact_percentiles::ExactPercentiles::of_counts()),
        AggregateUDF::from(exact_percentiles::ExactPercentiles::decimals_of_counts()),
        AggregateUDF::from(concurrency::Concurrency::default()),
    ]
}

/// The argument types `wanted` for those `given`, where a list of structs may stand for any other:
/// [`narrow`] turns it into the wanted one, which the planner's own coercion cannot.
fn coerce_to(function: &str, given: &[DataType], wanted: &[DataType]) -> Result<Vec<DataType>> {
    if given.len() != wanted.len() {
        return plan_err!("{function} takes {} arguments, {} were given", wanted.len(), given.len());
    }
    let coerced = given.iter().zip(wanted).map(|(given, wanted)| {
        if requires_nested_struct_cast(given, wanted) { given.clone() } else { wanted.clone() }
    });
    Ok(coerced.collect())
}

/// The call of `function` with its lists cast to the fields that it reads, which tells the Parquet
/// reader to leave all other fields alone; as it was where there is nothing to cast.
fn narrow(
    function: impl ScalarUDFImpl + 'static,
    args: Vec<Expr>,
    wanted: &[DataType],
    schema: &DFSchema,
) -> Result<ExprSimplifyResult> {
    let mut narrowed = false;
    let args = args
        .into_iter()
        .zip(wanted)
        .map(|(arg, wanted)| {
            let given = arg.get_type(schema)?;
            if given == *wanted || !requires_nested_struct_cast(&given, wanted) {
                return Ok(arg);
            }
            narrowed = true;
            Ok(Expr::Cast(Cast::new(Box::new(arg), wanted.clone())))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(if narrowed {
        ExprSimplifyResult::Simplified(ScalarUDF::from(function).call(args))
    } else {
        ExprSimplifyResult::Original(args)
    })
}

/// The arguments as arrays of `rows` rows and the types `wanted`.
fn arrays(args: &[ColumnarValue], wanted: &[DataType], rows: usize) -> Result<Vec<ArrayRef>> {
    args.iter()
        .zip(wanted)
        .map(|(arg, wanted)| {
            let array = arg.to_array(rows)?;
            if array.data_type() == wanted {
                return Ok(array);
            }
            cast_column(&array, wanted, &CastOptions::default())
        })
        .collect()
}

/// The text at `row`; null and blank text are both no text.
fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row)).filter(|text| !text.trim().is_empty())
}

/// The places of a row's entries among the list's values; none for a null list.
fn entries(list: &ListArray, row: usize) -> Range<usize> {
    if list.is_null(row) {
        return 0..0;
    }
    let offsets = list.value_offsets();
    // Offsets of an Arrow list are never negative and never decrease.
    let place = |index: usize| usize::try_from(offsets[index]).unwrap_or(0);
    place(row)..place(row + 1)
}

/// One list of all `values`.
fn one_list(values: ArrayRef) -> Result<ListArray> {
    // Offsets of a list are 32 bits wide, and those of too many entries would wrap.
    if i32::try_from(values.len()).is_err() {
        return exec_err!("a list of more than 2^31 entries");
    }
    let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    Ok(ListArray::try_new(item, OffsetBuffer::from_lengths([values.len()]), values, None)?)
}

/// A list type whose items are `item`.
fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}
