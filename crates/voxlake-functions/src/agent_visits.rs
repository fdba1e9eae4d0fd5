//! `agent_visits(agents)`: distinct agents of a call.

use datafusion::arrow::array::{ArrayRef, AsArray, ListArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_err};

use super::distinct::{DerivedFields, IdentifyingFields, distinct_entries};
use super::visits::VisitExtractor;
use crate::lists::list_of;

/// `agent_visits(agents) -> list of struct`: one entry for each distinct agent, in the order of
/// first appearance. Never null.
///
/// | field | meaning |
/// | --- | --- |
/// | agent_id | the first of user_id, user_email and display_name that is given |
/// | agent_ordinal, agent_count | position among the call's agents from 1, and their number |
/// | display_name | the first name that the call gives the agent |
/// | user_email, user_region, team_ids, team_names | as in the agent's first entry |
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct AgentVisits;

const DERIVED: DerivedFields =
    DerivedFields { id: "agent_id", ordinal: "agent_ordinal", count: "agent_count" };

impl AgentVisits {
    /// Fields that identify an agent.
    pub(super) const IDENTIFIED_BY: IdentifyingFields =
        IdentifyingFields { id: "user_id", lesser_id: Some("user_email"), name: "display_name" };
}

impl VisitExtractor for AgentVisits {
    const NAME: &'static str = "agent_visits";

    fn fields() -> Fields {
        [
            Field::new(DERIVED.id, DataType::Utf8, true),
            Field::new(DERIVED.ordinal, DataType::Int32, true),
            Field::new(DERIVED.count, DataType::Int32, true),
            Field::new("display_name", DataType::Utf8, true),
            Field::new("user_email", DataType::Utf8, true),
            Field::new("user_region", DataType::Utf8, true),
            Field::new("team_ids", list_of(DataType::Utf8), true),
            Field::new("team_names", list_of(DataType::Utf8), true),
        ]
        .into_iter()
        .collect()
    }

    fn argument_types(wanted: &Fields) -> Vec<DataType> {
        vec![list_of(DataType::Struct(DERIVED.input_fields(&Self::IDENTIFIED_BY.types(), wanted)))]
    }

    fn extract(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray> {
        let [agents] = columns else { return exec_err!("agent_visits takes 1 argument") };
        distinct_entries(agents.as_list(), &Self::IDENTIFIED_BY, &DERIVED, wanted)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use voxlake_query::test_lake::{TestLake, call};

    #[tokio::test]
    async fn repeated_agents_are_one_visit() {
        let lake = TestLake::with_calls([
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
