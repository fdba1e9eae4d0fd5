//! `in_queues` and `through_queues`: membership of a queue, or of a call's queues, in a selection.
//!
//! An empty selection means all queues. For an empty selection, these functions fold to true during
//! planning, so the scan does not read the queues.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray, StringArray, StructArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable as _, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility, lit,
};

use super::call_queues::{CallQueues, legs_type, queues_type, text_fields};
use super::identity::Resolver;
use crate::arguments::{argument_arrays, coerce_arguments, prune_arguments};
use crate::lists::{list_of, single_list};

/// Field with the id of a selected queue.
const QUEUE_ID: &str = "queue_id";

/// `in_queues(chosen, queue_id[, queue_name]) -> boolean`, never null: true if `chosen` contains
/// the queue or is empty. `chosen` is a list of texts, which are ids or names, or a list of queues
/// by id as built by [`queue_ids_list`].
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct InQueues {
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
        match given {
            [chosen, _] => Ok(vec![selection_type(chosen), DataType::Utf8]),
            [chosen, _, _] => Ok(vec![selection_type(chosen), DataType::Utf8, DataType::Utf8]),
            _ => plan_err!("in_queues takes a list of queues, an id and an optional name"),
        }
    }

    fn simplify(&self, args: Vec<Expr>, _: &SimplifyContext) -> Result<ExprSimplifyResult> {
        Ok(if chooses_all(&args) {
            ExprSimplifyResult::Simplified(lit(true))
        } else {
            ExprSimplifyResult::Original(args)
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some((chosen, [id, names @ ..])) = args.args.split_first() else {
            return exec_err!("in_queues takes a list of queues and an id");
        };
        let chosen = QueueSelection::try_new(chosen)?;
        let ids = id.to_array(args.number_rows)?;
        let names = names.first().map(|name| name.to_array(args.number_rows)).transpose()?;
        let names = names.as_ref().map(AsArray::as_string::<i32>);
        let text = |texts: &StringArray, row| texts.is_valid(row).then(|| texts.value(row).to_owned());
        let within = (0..args.number_rows).map(|row| {
            let id = text(ids.as_string(), row);
            let name = names.and_then(|names| text(names, row));
            Some(chosen.has_id(id.as_deref()) || chosen.has_name(name.as_deref()))
        });
        Ok(ColumnarValue::Array(Arc::new(within.collect::<BooleanArray>())))
    }
}

/// `through_queues(chosen, queues, voice_call_details) -> boolean`, never null: true if `chosen`
/// contains a queue that the call or one of its legs names, or is empty. `chosen` is as in
/// `in_queues`; names are those that the call itself gives the queue.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ThroughQueues {
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
        coerce_arguments(self.name(), given, &argument_types(given.first()))
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        if chooses_all(&args) {
            return Ok(ExprSimplifyResult::Simplified(lit(true)));
        }
        let chosen = args.first().map(|chosen| chosen.get_type(info.schema())).transpose()?;
        prune_arguments(Self::default(), args, &argument_types(chosen.as_ref()), info.schema())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some((chosen, nested)) = args.args.split_first() else {
            return exec_err!("through_queues takes 3 arguments");
        };
        let chosen = QueueSelection::try_new(chosen)?;
        let columns = argument_arrays(nested, &argument_types(None)[1..], args.number_rows)?;
        let [queues, legs] = columns.as_slice() else {
            return exec_err!("through_queues takes 3 arguments");
        };
        let calls = CallQueues::try_new(queues, legs)?;
        let mut resolver = CallQueues::resolver();
        let through = (0..args.number_rows).map(|row| {
            calls.resolve(row, &mut resolver);
            Some(chosen.has_any_queue(&resolver))
        });
        Ok(ColumnarValue::Array(Arc::new(through.collect::<BooleanArray>())))
    }
}

/// Returns whether the first argument is a constant empty list.
fn chooses_all(args: &[Expr]) -> bool {
    matches!(args.first(), Some(Expr::Literal(ScalarValue::List(chosen), _)) if chosen.value(0).is_empty())
}

/// Builds a list of selected queues from their ids.
///
/// # Errors
/// For more than 2^31 ids.
pub fn queue_ids_list(ids: impl IntoIterator<Item = String>) -> Result<ScalarValue> {
    let ids = StringArray::from_iter_values(ids);
    let queues = StructArray::try_new(text_fields(&[QUEUE_ID]), vec![Arc::new(ids)], None)?;
    Ok(ScalarValue::List(Arc::new(single_list(Arc::new(queues))?)))
}

/// Returns the type to which a list of selected queues is coerced.
fn selection_type(given: &DataType) -> DataType {
    match given {
        DataType::List(item) if matches!(item.data_type(), DataType::Struct(_)) => given.clone(),
        _ => list_of(DataType::Utf8),
    }
}

/// Selected queues.
enum QueueSelection {
    All,
    /// Queues with these ids.
    Ids(HashSet<String>),
    /// Queues with these ids or names.
    Texts(HashSet<String>),
}

impl QueueSelection {
    fn try_new(chosen: &ColumnarValue) -> Result<Self> {
        let ColumnarValue::Scalar(ScalarValue::List(chosen)) = chosen else {
            return exec_err!("the selected queues must be one list for all rows");
        };
        let chosen = chosen.value(0);
        let owned = |texts: &StringArray| texts.iter().flatten().map(str::to_owned).collect();
        Ok(match chosen.as_struct_opt() {
            _ if chosen.is_empty() => Self::All,
            Some(queues) => match queues.column_by_name(QUEUE_ID) {
                Some(ids) => Self::Ids(owned(ids.as_string())),
                None => return exec_err!("the selected queues have no field queue_id"),
            },
            None => Self::Texts(owned(chosen.as_string())),
        })
    }

    fn has_id(&self, id: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Ids(chosen) | Self::Texts(chosen) => id.is_some_and(|id| chosen.contains(id)),
        }
    }

    fn has_name(&self, name: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Ids(_) => false,
            Self::Texts(chosen) => name.is_some_and(|name| chosen.contains(name)),
        }
    }

    /// Returns whether a queue of a resolved call is selected.
    fn has_any_queue(&self, call: &Resolver<'_>) -> bool {
        matches!(self, Self::All)
            || call.entities().iter().any(|queue| self.has_id(Some(queue.id)))
            || call.names().any(|(_, name)| self.has_name(name))
    }
}

/// Returns the argument types with the fields that are read.
fn argument_types(chosen: Option<&DataType>) -> [DataType; 3] {
    [chosen.map_or_else(|| list_of(DataType::Utf8), selection_type), queues_type(), legs_type([])]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use voxlake_query::test_lake::{TestLake, call, queue};

    fn lake() -> TestLake {
        let at = "2026-11-01T08:00:00Z";
        TestLake::with_calls([
            call("a", at, json!({"queues": [queue("Sales"), queue("Care")]})),
            call("b", at, json!({"voice_call_details": [{"queue": queue("Care")}, {"queue": null}]})),
            call("c", at, json!({"queues": [{"queue_id": "7"}, null]})),
            call("d", at, json!({})),
        ])
    }

    #[tokio::test]
    async fn calls_match_by_any_queue_or_leg() {
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
    async fn queues_match_by_id_or_name() {
        let sql = "SELECT engagement_id, queue_id FROM queue_calls
                   WHERE in_queues(['Care', '7'], queue_id, queue_name) ORDER BY 1";
        assert_eq!(lake().sql(sql).await, ["a | care", "b | care", "c | 7"]);
    }

    #[tokio::test]
    async fn legs_without_id_match_by_name() {
        let legs = json!([{"queue": {"queue_name": "Care"}}]);
        let lake = TestLake::with_calls([call(
            "a",
            "2026-11-01T08:00:00Z",
            json!({"queues": [{"cc_queue_id": "q1", "queue_name": "Care"}], "voice_call_details": legs}),
        )]);
        let chosen = |id: &str| {
            format!(
                "SELECT through_queues([named_struct('queue_id', '{id}')], queues, voice_call_details),
                    in_queues([named_struct('queue_id', '{id}')], 'q1'),
                    in_queues([named_struct('queue_id', '{id}')], 'q1', 'Care') FROM voice_calls"
            )
        };
        assert_eq!(lake.sql(&chosen("q1")).await, ["true | true | true"]);
        // Queues selected by id do not match by name.
        assert_eq!(lake.sql(&chosen("Care")).await, ["false | false | false"]);
    }

    #[tokio::test]
    async fn empty_selection_reads_no_queues() {
        let sql = "EXPLAIN SELECT engagement_id FROM voice_calls
                   WHERE through_queues(arrow_cast([], 'List(Utf8)'), queues, voice_call_details)";
        let plan = lake().sql(sql).await.join("\n");
        assert!(plan.contains("TableScan: voice_calls projection=[engagement_id]"), "{plan}");
    }
}
