//! `agent_visits(agents)`: the distinct agents of a call.

use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::distinct::distinct;
use super::{arrays, coerce_to, list, narrow};

/// What identifies an agent, the best first.
const IDENTIFIED_BY: [&str; 3] = ["user_id", "user_email", "display_name"];

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
        Ok(ColumnarValue::Array(Arc::new(distinct(agents.as_list(), &IDENTIFIED_BY, visit_fields())?)))
    }
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
