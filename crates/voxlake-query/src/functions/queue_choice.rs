//! `in_queues` and `through_queues`: whether a queue, or one of a call's queues, is among those that
//! the asker chose.
//!
//! Functions rather than SQL, because nothing chosen means all: then the condition folds to true
//! while the question is planned, and no queue is read for it.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, StringArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility, lit,
};

use super::{arrays, coerce_to, entries, identity, list, narrow, text};

/// `in_queues(chosen, queue_id, queue_name) -> boolean`, never null: whether `chosen`, a list of ids
/// and names, holds the queue's id or name; true where it is empty.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct InQueues {
    signature: Signature,
}

impl Default for InQueues {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for InQueues {
    fn name(&self) -> &'static str {
        "in_queues"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_to(self.name(), given, &[list(DataType::Utf8), DataType::Utf8, DataType::Utf8])
    }

    fn simplify(&self, args: Vec<Expr>, _: &SimplifyContext) -> Result<ExprSimplifyResult> {
        Ok(if chooses_all(&args) {
            ExprSimplifyResult::Simplified(lit(true))
        } else {
            ExprSimplifyResult::Original(args)
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [chosen, id, name] = args.args.as_slice() else {
            return exec_err!("in_queues takes 3 arguments");
        };
        let chosen = Chosen::of(chosen)?;
        let (ids, names) = (id.to_array(args.number_rows)?, name.to_array(args.number_rows)?);
        let (ids, names) = (ids.as_string::<i32>(), names.as_string::<i32>());
        let within = ids.iter().zip(names).map(|(id, name)| Some(chosen.has(id) || chosen.has(name)));
        Ok(ColumnarValue::Array(Arc::new(within.collect::<BooleanArray>())))
    }
}

/// `through_queues(chosen, queues, voice_call_details) -> boolean`, never null: whether `chosen`
/// holds the id or name of a queue that the call or one of its legs names; true where it is empty.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ThroughQueues {
    signature: Signature,
}

impl Default for ThroughQueues {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ThroughQueues {
    fn name(&self) -> &'static str {
        "through_queues"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_to(self.name(), given, &arguments())
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        if chooses_all(&args) {
            return Ok(ExprSimplifyResult::Simplified(lit(true)));
        }
        narrow(Self::default(), args, &arguments(), info.schema())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some((chosen, nested)) = args.args.split_first() else {
            return exec_err!("through_queues takes 3 arguments");
        };
        let chosen = Chosen::of(chosen)?;
        let columns = arrays(nested, &arguments()[1..], args.number_rows)?;
        let [queues, legs] = columns.as_slice() else {
            return exec_err!("through_queues takes 3 arguments");
        };
        let (queues, legs) = (queues.as_list::<i32>(), legs.as_list::<i32>());
        let of_call = Named::try_new(queues.values().as_struct(), ["cc_queue_id", "queue_id", "queue_name"])?;
        let of_leg = child(legs.values().as_struct(), "queue")?.as_struct();
        let of_leg = Named::try_new(of_leg, ["cc_queue_id", "queue_name", "queue_name"])?;
        let any = |list: &ListArray, named: &Named<'_>, row| {
            entries(list, row).any(|entry| list.values().is_valid(entry) && named.is_among(&chosen, entry))
        };
        let through =
            (0..args.number_rows).map(|row| Some(any(queues, &of_call, row) || any(legs, &of_leg, row)));
        Ok(ColumnarValue::Array(Arc::new(through.collect::<BooleanArray>())))
    }
}

/// Whether the first argument is known to be an empty list.
fn chooses_all(args: &[Expr]) -> bool {
    matches!(args.first(), Some(Expr::Literal(ScalarValue::List(chosen), _)) if chosen.values().is_empty())
}

/// The ids and names that were chosen; none means all.
struct Chosen(HashSet<String>);

impl Chosen {
    fn of(chosen: &ColumnarValue) -> Result<Self> {
        let ColumnarValue::Scalar(ScalarValue::List(chosen)) = chosen else {
            return exec_err!("the chosen queues must be one list for all rows");
        };
        Ok(Self(chosen.values().as_string::<i32>().iter().flatten().map(str::to_owned).collect()))
    }

    fn has(&self, text: Option<&str>) -> bool {
        self.0.is_empty() || text.is_some_and(|text| self.0.contains(text))
    }
}

/// The texts that name a queue, in each entry of a list.
struct Named<'a> {
    queues: &'a StructArray,
    texts: [&'a StringArray; 3],
}

impl<'a> Named<'a> {
    /// `fields` by which of them identifies the queue before the others; its name is the last.
    fn try_new(queues: &'a StructArray, fields: [&str; 3]) -> Result<Self> {
        let [first, second, name] = fields;
        let column = |name| child(queues, name).map(AsArray::as_string::<i32>);
        Ok(Self { queues, texts: [column(first)?, column(second)?, column(name)?] })
    }

    fn is_among(&self, chosen: &Chosen, entry: usize) -> bool {
        self.queues.is_valid(entry)
            && (chosen.has(identity(&self.texts, entry)) || chosen.has(text(self.texts[2], entry)))
    }
}

fn child<'a>(values: &'a StructArray, name: &str) -> Result<&'a ArrayRef> {
    values.column_by_name(name).ok_or_else(|| exec_datafusion_err!("through_queues: no field {name}"))
}

/// The types of the arguments, with no more of the nested ones than is read.
fn arguments() -> [DataType; 3] {
    let texts = |names: &[&str]| {
        let fields: Fields = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
        DataType::Struct(fields)
    };
    let leg: Fields =
        [Field::new("queue", texts(&["cc_queue_id", "queue_name"]), true)].into_iter().collect();
    [
        list(DataType::Utf8),
        list(texts(&["queue_id", "queue_name", "cc_queue_id"])),
        list(DataType::Struct(leg)),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_lake::{TestLake, call, queue};

    fn lake() -> TestLake {
        let at = "2026-11-01T08:00:00Z";
        TestLake::of([
            call("a", at, json!({"queues": [queue("Sales"), queue("Care")]})),
            call("b", at, json!({"voice_call_details": [{"queue": queue("Care")}, {"queue": null}]})),
            call("c", at, json!({"queues": [{"queue_id": "7"}, null]})),
            call("d", at, json!({})),
        ])
    }

    #[tokio::test]
    async fn a_call_is_chosen_by_id_or_name_of_any_of_its_queues_or_legs() {
        let lake = lake();
        for (chosen, calls) in [
            ("['Care']", vec!["a", "b"]),
            ("['sales']", vec!["a"]),
            ("['7', 'nowhere']", vec!["c"]),
            ("['']", vec![]),
            ("arrow_cast([], 'List(Utf8)')", vec!["a", "b", "c", "d"]),
        ] {
            let sql = format!(
                "SELECT engagement_id FROM voice_calls
                 WHERE through_queues({chosen}, queues, voice_call_details) ORDER BY 1"
            );
            assert_eq!(lake.sql(&sql).await, calls, "{chosen}");
        }
    }

    #[tokio::test]
    async fn a_queue_is_chosen_by_id_or_name() {
        let sql = "SELECT engagement_id, queue_id FROM queue_calls
                   WHERE in_queues(['Care', '7'], queue_id, queue_name) ORDER BY 1";
        assert_eq!(lake().sql(sql).await, ["a | care", "b | care", "c | 7"]);
    }

    #[tokio::test]
    async fn nothing_chosen_reads_no_queue() {
        let sql = "EXPLAIN SELECT engagement_id FROM voice_calls
                   WHERE through_queues(arrow_cast([], 'List(Utf8)'), queues, voice_call_details)";
        let plan = lake().sql(sql).await.join("\n");
        assert!(plan.contains("TableScan: voice_calls projection=[engagement_id]"), "{plan}");
    }
}
