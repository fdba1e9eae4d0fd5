//! `agent_visits(agents)`: the distinct agents of a call.
//!
//! A call that comes back to an agent may name them twice; whoever counts calls per agent wants
//! the call once.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, ListArray, StringArray, StructArray, UInt64Array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::{arrays, coerce_to, entries, identity, list, narrow};

/// `agent_visits(agents) -> list of struct`, one entry for each distinct agent in the order of
/// first appearance: `agent_id` (the first of user_id, user_email and display_name that is not
/// blank), `agent_ordinal` from 1, `agent_count`, and the agent's `display_name`, `user_email`,
/// `user_region`, `team_ids` and `team_names` as first named. Never null.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct AgentVisits {
    signature: Signature,
}

impl Default for AgentVisits {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for AgentVisits {
    fn name(&self) -> &'static str {
        "agent_visits"
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
        let columns = arrays(&args.args, &arguments(), args.number_rows)?;
        let [agents] = columns.as_slice() else {
            return exec_err!("agent_visits takes 1 argument");
        };
        Ok(ColumnarValue::Array(Arc::new(distinct(agents.as_list())?)))
    }
}

fn distinct(agents: &ListArray) -> Result<ListArray> {
    let values = agents.values().as_struct();
    let column = |name: &str| {
        values.column_by_name(name).ok_or_else(|| exec_datafusion_err!("agent_visits: no field {name}"))
    };
    let names = [
        column("user_id")?.as_string::<i32>(),
        column("user_email")?.as_string(),
        column("display_name")?.as_string(),
    ];
    let (mut kept, mut ids) = (Vec::new(), Vec::new());
    let (mut ordinals, mut counts, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for row in 0..agents.len() {
        seen.clear();
        for place in entries(agents, row) {
            if values.is_valid(place)
                && let Some(id) = identity(names, place)
                && seen.insert(id)
            {
                kept.push(place as u64);
                ids.push(id);
                ordinals.push(i32::try_from(seen.len()).unwrap_or(i32::MAX));
            }
        }
        let count = i32::try_from(seen.len()).unwrap_or(i32::MAX);
        counts.extend(std::iter::repeat_n(count, seen.len()));
        lengths.push(seen.len());
    }
    let kept = UInt64Array::from(kept);
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(ids)),
        Arc::new(Int32Array::from(ordinals)),
        Arc::new(Int32Array::from(counts)),
    ];
    for name in ["display_name", "user_email", "user_region", "team_ids", "team_names"] {
        columns.push(take(column(name)?, &kept, None)?);
    }
    let visits = StructArray::try_new(visit_fields(), columns, None)?;
    let item = Arc::new(Field::new_list_field(visits.data_type().clone(), true));
    Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(visits), None)?)
}

/// The type of the argument, with no more of an agent than is read.
fn arguments() -> [DataType; 1] {
    [list(DataType::Struct(agent_fields()))]
}

/// What is read of an entry of `agents`.
fn agent_fields() -> Fields {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    [
        text("user_id"),
        text("display_name"),
        text("user_email"),
        text("user_region"),
        Field::new("team_ids", list(DataType::Utf8), true),
        Field::new("team_names", list(DataType::Utf8), true),
    ]
    .into_iter()
    .collect()
}

fn visit_fields() -> Fields {
    let own = [
        Field::new("agent_id", DataType::Utf8, true),
        Field::new("agent_ordinal", DataType::Int32, true),
        Field::new("agent_count", DataType::Int32, true),
    ];
    let agents = agent_fields();
    own.into_iter().map(Arc::new).chain(agents.iter().skip(1).map(Arc::clone)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_lake::{TestLake, call};

    #[tokio::test]
    async fn an_agent_named_twice_is_one_visit_and_one_without_a_name_is_none() {
        let lake = TestLake::of([
            call(
                "a",
                "2026-11-01T08:00:00Z",
                json!({"agents": [
                    {"user_id": "u1", "display_name": "Ann", "team_names": ["North"]},
                    {"user_email": "bob@example.com", "display_name": "Bob"},
                    {"user_id": "u1", "display_name": "Ann again"},
                    {"display_name": " "},
                ]}),
            ),
            call("b", "2026-11-01T09:00:00Z", json!({"agents": []})),
            call("c", "2026-11-01T10:00:00Z", json!({})),
        ]);
        let sql = "SELECT engagement_id, agent_id, agent_name, team_names, agent_ordinal, agent_count FROM agent_calls
                   ORDER BY start_time, agent_ordinal";
        assert_eq!(
            lake.sql(sql).await,
            ["a | u1 | Ann | [North] | 1 | 2", "a | bob@example.com | Bob | NULL | 2 | 2"]
        );
        assert_eq!(lake.sql("SELECT agent_count FROM calls ORDER BY start_time").await, ["2", "0", "0"]);
    }
}
