//! `queue_visits(queues, voice_call_details, result, charge_amount, charge_currency)`: the distinct
//! queues of a call, each with its result and its share of the charge.
//!
//! SQL could unnest two lists, join them and number the rows; this is one walk over arrays that are
//! already in memory, and the one place where "a queue of a call" is decided.

mod visits;

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use voxlake_model::schema::money;

use super::{arrays, coerce_to, list, narrow};
use visits::{Calls, VisitsBuilder};

/// `queue_visits(…) -> list of struct`, one entry for each distinct queue of the call, in the order
/// of first appearance: the queues of the call's `queues`, then those that only legs name. Never
/// null; empty for a call without a queue.
///
/// | field | meaning |
/// | --- | --- |
/// | queue_id | what identifies the queue: the first of cc_queue_id, queue_id and queue_name that the call or a leg gives |
/// | queue_name | the first name that the call gives the queue; may be null |
/// | queue_ordinal, queue_count | place of the queue among the call's queues from 1, and their number |
/// | result | the result of the last leg in this queue; without legs in it, the call's |
/// | from_legs | whether the result is a leg's |
/// | charge_split | equal share of the call's charge, the remainder one millionth each to the first queues |
/// | charge_legs | sum of the charges of the legs in this queue; null where the call's legs cannot tell |
/// | charge_outside_queues | on the first queue, what the legs allot to no queue; on the others 0; null with charge_legs |
///
/// Legs can tell what a queue cost if the call has a charge, at least one leg has one, and no
/// leg's charge is in another currency than the call's.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct QueueVisits {
    signature: Signature,
}

impl Default for QueueVisits {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for QueueVisits {
    fn name(&self) -> &'static str {
        "queue_visits"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list(DataType::Struct(visit_fields())))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_to(self.name(), given, &arguments())
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        narrow(Self::default(), args, &arguments(), info.schema())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let columns = arrays(&args.args, &arguments(), rows)?;
        let [queues, legs, results, amounts, currencies] = columns.as_slice() else {
            return exec_err!("queue_visits takes 5 arguments");
        };
        let calls = Calls::try_new(queues, legs, results, amounts, currencies)?;
        let mut visits = VisitsBuilder::new(visit_fields());
        for row in 0..rows {
            visits.append(calls.visits(row).as_slice());
        }
        Ok(ColumnarValue::Array(Arc::new(visits.finish()?)))
    }
}

/// The types of the arguments, with no more of the nested ones than is read.
fn arguments() -> [DataType; 5] {
    [list(queue()), list(leg()), DataType::Utf8, money(), DataType::Utf8]
}

/// What is read of an entry of `queues`.
fn queue() -> DataType {
    DataType::Struct(fields([
        ("queue_id", DataType::Utf8),
        ("queue_name", DataType::Utf8),
        ("cc_queue_id", DataType::Utf8),
    ]))
}

/// What is read of an entry of `voice_call_details`.
fn leg() -> DataType {
    let queue = DataType::Struct(fields([("cc_queue_id", DataType::Utf8), ("queue_name", DataType::Utf8)]));
    DataType::Struct(fields([
        ("queue", queue),
        ("result", DataType::Utf8),
        ("charge_amount", money()),
        ("charge_currency", DataType::Utf8),
    ]))
}

fn visit_fields() -> Fields {
    fields([
        ("queue_id", DataType::Utf8),
        ("queue_name", DataType::Utf8),
        ("queue_ordinal", DataType::Int32),
        ("queue_count", DataType::Int32),
        ("result", DataType::Utf8),
        ("from_legs", DataType::Boolean),
        ("charge_split", money()),
        ("charge_legs", money()),
        ("charge_outside_queues", money()),
    ])
}

fn fields<const N: usize>(fields: [(&str, DataType); N]) -> Fields {
    fields.into_iter().map(|(name, data_type)| Field::new(name, data_type, true)).collect()
}

#[cfg(test)]
mod tests;
