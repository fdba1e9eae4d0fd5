//! `agent_visits(agents)`: the distinct agents of a call.

use datafusion::arrow::array::{ArrayRef, AsArray, ListArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_err};

use super::distinct::{IdentifyingFields, Made, distinct};
use super::list;
use super::visits::Walk;

/// `agent_visits(agents) -> list of struct`, one entry for each distinct agent in the order of
/// first appearance: `agent_id` (the first of user_id, user_email and display_name that is given),
/// `agent_ordinal` from 1, `agent_count`, and the agent's `display_name`, `user_email`,
/// `user_region`, `team_ids` and `team_names` as first named. Never null.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct AgentVisits;

const MADE: Made = Made { id: "agent_id", ordinal: "agent_ordinal", count: "agent_count" };

impl AgentVisits {
    /// Fields that identify an agent.
    pub(super) const IDENTIFIED_BY: IdentifyingFields =
        IdentifyingFields { id: "user_id", lesser_id: Some("user_email"), name: "display_name" };
}

impl Walk for AgentVisits {
    const NAME: &'static str = "agent_visits";

    fn fields() -> Fields {
        [
            Field::new(MADE.id, DataType::Utf8, true),
            Field::new(MADE.ordinal, DataType::Int32, true),
            Field::new(MADE.count, DataType::Int32, true),
            Field::new("display_name", DataType::Utf8, true),
            Field::new("user_email", DataType::Utf8, true),
            Field::new("user_region", DataType::Utf8, true),
            Field::new("team_ids", list(DataType::Utf8), true),
            Field::new("team_names", list(DataType::Utf8), true),
        ]
        .into_iter()
        .collect()
    }

    fn arguments(wanted: &Fields) -> Vec<DataType> {
        vec![list(DataType::Struct(MADE.and_given(&Self::IDENTIFIED_BY.types(), wanted)))]
    }

    fn walk(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray> {
        let [agents] = columns else { return exec_err!("agent_visits takes 1 argument") };
        distinct(agents.as_list(), &Self::IDENTIFIED_BY, &MADE, wanted)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use voxlake_query::test_lake::{TestLake, call};

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
                    {"display_name": "Ann"},
                    {"user_id": "u1", "user_email": "ann@example.com"},
                    {"user_email": "ann@example.com", "display_name": " "},
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
