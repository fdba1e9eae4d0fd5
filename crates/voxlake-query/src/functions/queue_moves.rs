//! `queue_moves(queues, voice_call_details)`: the moves of a call from one queue to the next.
//!
//! One walk over a call's legs in time; SQL would unnest, number and join all legs of all calls.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray, StructArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields, TimeUnit, TimestampMillisecondType};
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::{arrays, coerce_to, entries, identity, list, narrow, text};

/// `queue_moves(queues, voice_call_details) -> list of struct`, one entry for each move in its order:
/// `from_id`, `from_name`, `to_id`, `to_name`. A queue's id is the first of cc_queue_id, queue_id and
/// queue_name that is given. Never null; empty for a call that stayed in one queue or saw none.
///
/// Where a leg names a queue, the legs tell the way, by their starts; legs without a queue are passed
/// over, and legs in the same queue one after the other are one stay. Else it is the order of `queues`.
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
        Ok(list(DataType::Struct(texts(&MOVE))))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_to(self.name(), given, &arguments())
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        narrow(Self::default(), args, &arguments(), info.schema())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = arrays(&args.args, &arguments(), args.number_rows)?;
        let [queues, legs] = columns.as_slice() else {
            return exec_err!("queue_moves takes 2 arguments");
        };
        Ok(ColumnarValue::Array(Arc::new(moves(queues.as_list(), legs.as_list())?)))
    }
}

/// A queue by its id and name.
type Stay<'a> = (&'a str, Option<&'a str>);

fn moves(queues: &ListArray, legs: &ListArray) -> Result<ListArray> {
    let (queue_values, leg_values) = (queues.values().as_struct(), legs.values().as_struct());
    let leg_queues = child(leg_values, "queue")?.as_struct();
    let starts = child(leg_values, "start_time")?.as_primitive::<TimestampMillisecondType>();
    let of_call = columns(queue_values, ["cc_queue_id", "queue_id", "queue_name"])?;
    let of_leg = columns(leg_queues, ["cc_queue_id", "queue_name", "queue_name"])?;
    let stay = |names: [_; 3], entry| Some((identity(&names, entry)?, text(names[2], entry)));

    let (mut made, mut lengths) = (Vec::<(Stay<'_>, Stay<'_>)>::new(), Vec::new());
    for row in 0..queues.len() {
        let mut way = entries(legs, row)
            .filter(|leg| leg_values.is_valid(*leg) && leg_queues.is_valid(*leg))
            .filter_map(|leg| Some((starts.is_null(leg), starts.value(leg), stay(of_leg, leg)?)))
            .collect::<Vec<_>>();
        // Stable: legs that began in the same second, or never, stay in the order of the API.
        way.sort_by_key(|(unknown, start, _)| (*unknown, if *unknown { 0 } else { *start }));
        let mut way = way.into_iter().map(|(_, _, stay)| stay).collect::<Vec<_>>();
        if way.is_empty() {
            way = entries(queues, row)
                .filter(|entry| queue_values.is_valid(*entry))
                .filter_map(|entry| stay(of_call, entry))
                .collect();
        }
        way.dedup_by_key(|(id, _)| *id);
        made.extend(way.windows(2).map(|pair| (pair[0], pair[1])));
        lengths.push(way.len().saturating_sub(1));
    }
    let column = |text: fn(&(Stay<'_>, Stay<'_>)) -> Option<String>| {
        Arc::new(made.iter().map(text).collect::<StringArray>()) as ArrayRef
    };
    let columns = vec![
        column(|(from, _)| Some(from.0.to_owned())),
        column(|(from, _)| from.1.map(str::to_owned)),
        column(|(_, to)| Some(to.0.to_owned())),
        column(|(_, to)| to.1.map(str::to_owned)),
    ];
    let moves = StructArray::try_new(texts(&MOVE), columns, None)?;
    let item = Arc::new(Field::new_list_field(moves.data_type().clone(), true));
    Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(moves), None)?)
}

fn columns<'a>(values: &'a StructArray, names: [&str; 3]) -> Result<[&'a StringArray; 3]> {
    let [first, second, third] = names;
    let column = |name| child(values, name).map(AsArray::as_string::<i32>);
    Ok([column(first)?, column(second)?, column(third)?])
}

fn child<'a>(values: &'a StructArray, name: &str) -> Result<&'a ArrayRef> {
    values.column_by_name(name).ok_or_else(|| exec_datafusion_err!("queue_moves: no field {name}"))
}

const MOVE: [&str; 4] = ["from_id", "from_name", "to_id", "to_name"];

fn texts(names: &[&str]) -> Fields {
    names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect()
}

/// The types of the arguments, with no more of the nested ones than is read.
fn arguments() -> [DataType; 2] {
    let leg: Fields = [
        Field::new("start_time", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), true),
        Field::new("queue", DataType::Struct(texts(&["cc_queue_id", "queue_name"])), true),
    ]
    .into_iter()
    .collect();
    [list(DataType::Struct(texts(&["queue_id", "queue_name", "cc_queue_id"]))), list(DataType::Struct(leg))]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::test_lake::{TestLake, call, queue};

    async fn moves(more: Value) -> Vec<String> {
        let sql = "SELECT move['from_id'], move['to_id'], move['to_name']
                   FROM (SELECT unnest(queue_moves(queues, voice_call_details)) AS move FROM voice_calls) AS m";
        TestLake::of([call("a", "2026-11-01T08:00:00Z", more)]).sql(sql).await
    }

    #[tokio::test]
    async fn legs_tell_the_way_by_their_starts() {
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
            moves(json!({"queues": [queue("Desk"), queue("Sales")], "voice_call_details": legs})).await,
            ["sales | care | Care", "care | desk | Desk", "desk | sales | Sales"]
        );
    }

    #[tokio::test]
    async fn without_legs_the_order_of_the_queues_is_the_way() {
        let queues = json!([queue("Sales"), {"queue_name": " "}, {"queue_id": "7"}, queue("Sales")]);
        assert_eq!(
            moves(json!({"queues": queues, "voice_call_details": [{"queue": null}]})).await,
            ["sales | 7 | NULL", "7 | sales | Sales"]
        );
        assert_eq!(moves(json!({"queues": [queue("Sales")]})).await, [""; 0]);
        assert_eq!(moves(json!({})).await, [""; 0]);
    }
}
