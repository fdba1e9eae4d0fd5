//! `queue_visits(queues, voice_call_details, result, charge_amount, charge_currency)`: distinct
//! queues of a call, each with its result and its share of the charge.
//!
//! SQL would unnest two lists, join them and number the rows. One pass over the arrays in memory
//! replaces that, and defines in one place what a queue of a call is.

mod visits;

use datafusion::arrow::array::{ArrayRef, ListArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_err};
use voxlake_model::schema::money_type;

use super::call_queues::{leg_start, legs_type, queues_type};
use super::visits::{VisitExtractor, visit_lists};
use visits::CallBatch;

/// `queue_visits(…) -> list of struct`: one entry for each distinct queue of the call, in the order
/// of first appearance: the queues of the call's `queues`, then those that only legs name. Never
/// null; empty for a call without a queue.
///
/// | field | meaning |
/// | --- | --- |
/// | queue_id | the first of cc_queue_id, queue_id and queue_name that the call or a leg gives |
/// | queue_name | the first name that the call gives the queue; may be null |
/// | queue_ordinal, queue_count | position among the call's queues from 1, and their number |
/// | result | result of the leg in this queue that started last, else the call's |
/// | from_legs | true if the result is a leg's |
/// | charge_split | equal share of the call's charge; first queues get the remainder |
/// | charge_legs | sum of the charges of the legs in this queue |
/// | charge_outside_queues | first queue: charge of no queue; others: 0 |
///
/// `charge_split` distributes the remainder in units of one millionth. `charge_legs` and
/// `charge_outside_queues` are null unless the call has a charge, at least one leg has one, and all
/// charges of legs are in the call's currency.
///
/// A leg or entry without an id belongs to the call's queue of its name if there is exactly one. Of
/// legs in one queue whose starts are equal or all unknown, the one listed last counts as the one
/// that started last.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct QueueVisits;

impl VisitExtractor for QueueVisits {
    const NAME: &'static str = "queue_visits";

    fn fields() -> Fields {
        fields([
            ("queue_id", DataType::Utf8),
            ("queue_name", DataType::Utf8),
            ("queue_ordinal", DataType::Int32),
            ("queue_count", DataType::Int32),
            ("result", DataType::Utf8),
            ("from_legs", DataType::Boolean),
            ("charge_split", money_type()),
            ("charge_legs", money_type()),
            ("charge_outside_queues", money_type()),
        ])
    }

    fn argument_types(wanted: &Fields) -> Vec<DataType> {
        let wants = |name| wanted.find(name).is_some();
        let leg_charges = wants("charge_legs") || wants("charge_outside_queues");
        let read = |wanted: bool, of: DataType| if wanted { of } else { DataType::Null };
        vec![
            queues_type(),
            legs_argument(wants("result"), leg_charges),
            read(wants("result"), DataType::Utf8),
            read(wants("charge_split") || leg_charges, money_type()),
            read(leg_charges, DataType::Utf8),
        ]
    }

    fn extract(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray> {
        let [queues, legs, results, amounts, currencies] = columns else {
            return exec_err!("queue_visits takes 5 arguments");
        };
        let calls = CallBatch::try_new(queues, legs, results, amounts, currencies)?;
        let (visits, lengths) = calls.visits();
        let columns =
            wanted.iter().map(|field| visits::visit_column(field.name(), &visits, &lengths)).collect();
        visit_lists(wanted, columns, lengths)
    }
}

/// Returns the type of `voice_call_details` with the fields that are read.
fn legs_argument(result: bool, charges: bool) -> DataType {
    let of_result = [("result", DataType::Utf8), leg_start()];
    let of_charges = [("charge_amount", money_type()), ("charge_currency", DataType::Utf8)];
    let of_result = of_result.into_iter().filter(|_| result);
    legs_type(of_result.chain(of_charges.into_iter().filter(|_| charges)))
}

fn fields<const N: usize>(fields: [(&str, DataType); N]) -> Fields {
    fields.into_iter().map(|(name, data_type)| Field::new(name, data_type, true)).collect()
}

#[cfg(test)]
mod tests;
