//! `queue_moves(queues, voice_call_details)`: moves of a call from one queue to the next.
//!
//! One pass over each call's legs replaces an unnest, numbering and self-join of all legs.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, ListArray, StringArray, StructArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::call_queues::{CallQueues, leg_start, legs_type, queues_type, text_fields};
use super::identity::Identity;
use crate::arguments::{argument_arrays, coerce_arguments, prune_arguments};
use crate::lists::list_of;

/// `queue_moves(queues, voice_call_details) -> list of struct`: one entry for each move in order,
/// with `from_id`, `from_name`, `to_id` and `to_name`. Queues are identified as in
/// [`queue_visits`]; a name is the first one that the call gives. Never null; empty for a call that
/// visited fewer than two queues.
///
/// If a leg names a queue, the path is that of the legs, sorted by start. Legs without a queue are
/// skipped, and consecutive legs in one queue count as one stay. Otherwise the path is the order of
/// `queues`.
///
/// [`queue_visits`]: super::queue_visits
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct QueueMoves {
    signature: Signature,
}

impl Default for QueueMoves {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for QueueMoves {
    fn name(&self) -> &'static str {
        "queue_moves"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(DataType::Struct(text_fields(&MOVE))))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_arguments(self.name(), given, &argument_types())
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        prune_arguments(Self::default(), args, &argument_types(), info.schema())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = argument_arrays(&args.args, &argument_types(), args.number_rows)?;
        let [queues, legs] = columns.as_slice() else {
            return exec_err!("queue_moves takes 2 arguments");
        };
        Ok(ColumnarValue::Array(Arc::new(move_lists(&CallQueues::try_new(queues, legs)?)?)))
    }
}

fn move_lists(calls: &CallQueues<'_>) -> Result<ListArray> {
    let (mut pairs, mut lengths) = (Vec::new(), Vec::with_capacity(calls.len()));
    let mut resolver = CallQueues::resolver();
    for row in 0..calls.len() {
        calls.resolve(row, &mut resolver);
        let legs = calls.legs_in_time(row, &resolver);
        let mut path = legs.into_iter().map(|(_, queue)| queue).collect::<Vec<_>>();
        if path.is_empty() {
            path.extend(calls.names_in_order(row, &resolver).map(|(queue, _)| queue));
        }
        path.dedup();
        let queue = |place: usize| resolver.entities()[place];
        pairs.extend(path.windows(2).map(|pair| (queue(pair[0]), queue(pair[1]))));
        lengths.push(path.len().saturating_sub(1));
    }
    let texts_of = |text: fn(&(Identity<'_>, Identity<'_>)) -> Option<String>| {
        Arc::new(pairs.iter().map(text).collect::<StringArray>()) as ArrayRef
    };
    let columns = vec![
        texts_of(|(from, _)| Some(from.id.to_owned())),
        texts_of(|(from, _)| from.name.map(str::to_owned)),
        texts_of(|(_, to)| Some(to.id.to_owned())),
        texts_of(|(_, to)| to.name.map(str::to_owned)),
    ];
    let moves = StructArray::try_new(text_fields(&MOVE), columns, None)?;
    let item = Arc::new(Field::new_list_field(moves.data_type().clone(), true));
    Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(moves), None)?)
}

/// Fields of a move.
const MOVE: [&str; 4] = ["from_id", "from_name", "to_id", "to_name"];

/// Returns the argument types with the fields that are read.
fn argument_types() -> [DataType; 2] {
    [queues_type(), legs_type([leg_start()])]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use voxlake_query::test_lake::{TestLake, call, queue};

    async fn move_lists(more: Value) -> Vec<String> {
        let sql = "SELECT move['from_id'], move['to_id'], move['to_name']
                   FROM (SELECT unnest(queue_moves(queues, voice_call_details)) AS move FROM voice_calls) AS m";
        TestLake::with_calls([call("a", "2026-11-01T08:00:00Z", more)]).sql(sql).await
    }

    #[tokio::test]
    async fn legs_define_the_path_by_start() {
        let leg = |name: &str, start: Value| json!({"queue": queue(name), "start_time": start});
        let legs = json!([
            leg("Desk", json!("2026-11-01T08:03:00Z")),
            leg("Sales", json!("2026-11-01T08:00:00Z")),
            {"queue": null, "start_time": "2026-11-01T08:01:00Z"},
            leg("Care", json!("2026-11-01T08:02:00Z")),
            leg("Care", json!("2026-11-01T08:02:30Z")),
            leg("Sales", json!(null)),
        ]);
        assert_eq!(
            move_lists(json!({"queues": [queue("Desk"), queue("Sales")], "voice_call_details": legs})).await,
            ["sales | care | Care", "care | desk | Desk", "desk | sales | Sales"]
        );
    }

    #[tokio::test]
    async fn staying_in_a_queue_is_no_move() {
        let leg = |queue: Value, start: &str| json!({"queue": queue, "start_time": start});
        let by_name = json!({"queue_name": "Claims"});
        let legs = json!([
            leg(json!({"cc_queue_id": "q4", "queue_name": "Claims"}), "2026-11-01T08:00:00Z"),
            leg(by_name.clone(), "2026-11-01T08:01:00Z"),
            leg(json!({"cc_queue_id": "q4", "queue_name": "Claims, renamed"}), "2026-11-01T08:02:00Z"),
            leg(json!({"queue_name": "Other"}), "2026-11-01T08:03:00Z"),
            leg(by_name, "2026-11-01T08:04:00Z"),
        ]);
        assert_eq!(
            move_lists(json!({"voice_call_details": legs})).await,
            ["q4 | Other | Other", "Other | q4 | Claims"]
        );
    }

    #[tokio::test]
    async fn queues_define_the_path_without_legs() {
        let queues = json!([queue("Sales"), {"queue_name": " "}, {"queue_id": "7"}, queue("Sales")]);
        assert_eq!(
            move_lists(json!({"queues": queues, "voice_call_details": [{"queue": null}]})).await,
            ["sales | 7 | NULL", "7 | sales | Sales"]
        );
        assert_eq!(move_lists(json!({"queues": [queue("Sales")]})).await, [""; 0]);
        assert_eq!(move_lists(json!({})).await, [""; 0]);
    }
}
