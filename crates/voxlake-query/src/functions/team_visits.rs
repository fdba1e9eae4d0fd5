//! `team_visits(agents)`: the distinct teams of a call's agents.
//!
//! Two agents of one team make one visit to it: whoever counts calls per team wants the call once.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_datafusion_err, exec_err};

use super::visits::{Walk, visits_of};
use super::{entries, list, text};

/// `team_visits(agents) -> list of struct`, one entry for each distinct team in the order of first
/// appearance: `team_id`, which is the name where an agent's teams have no ids, and `team_name`.
/// Never null; empty where no agent has a team.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TeamVisits;

impl Walk for TeamVisits {
    const NAME: &'static str = "team_visits";

    fn fields() -> Fields {
        ["team_id", "team_name"].iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect()
    }

    fn arguments(_: &Fields) -> Vec<DataType> {
        let teams = ["team_ids", "team_names"];
        let agent: Fields = teams.iter().map(|name| Field::new(*name, list(DataType::Utf8), true)).collect();
        vec![list(DataType::Struct(agent))]
    }

    fn walk(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray> {
        let [agents] = columns else { return exec_err!("team_visits takes 1 argument") };
        distinct(agents.as_list(), wanted)
    }
}

fn distinct(agents: &ListArray, wanted: &Fields) -> Result<ListArray> {
    let values = agents.values().as_struct();
    let column = |name: &str| {
        values
            .column_by_name(name)
            .map(AsArray::as_list::<i32>)
            .ok_or_else(|| exec_datafusion_err!("team_visits: no field {name}"))
    };
    let (ids, names) = (column("team_ids")?, column("team_names")?);
    let (id_texts, name_texts) = (ids.values().as_string::<i32>(), names.values().as_string::<i32>());
    let mut teams: Vec<(&str, Option<&str>)> = Vec::new();
    let mut lengths = Vec::new();
    for row in 0..agents.len() {
        let first = teams.len();
        for agent in entries(agents, row).filter(|agent| values.is_valid(*agent)) {
            let (ids, names) = (entries(ids, agent), entries(names, agent));
            for place in 0..ids.len().max(names.len()) {
                let id = ids.clone().nth(place).and_then(|entry| text(id_texts, entry));
                let name = names.clone().nth(place).and_then(|entry| text(name_texts, entry));
                if let Some(id) = id.or(name)
                    && !teams[first..].iter().any(|(known, _)| *known == id)
                {
                    teams.push((id, name));
                }
            }
        }
        lengths.push(teams.len() - first);
    }
    let column = |name: &str| -> ArrayRef {
        if name == "team_id" {
            Arc::new(StringArray::from_iter_values(teams.iter().map(|(id, _)| id)))
        } else {
            Arc::new(teams.iter().map(|(_, name)| *name).collect::<StringArray>())
        }
    };
    visits_of(wanted, wanted.iter().map(|field| column(field.name())).collect(), lengths)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_lake::{TestLake, call};

    #[tokio::test]
    async fn a_team_of_two_agents_is_one_visit_and_one_without_an_id_goes_by_its_name() {
        let at = "2026-11-01T08:00:00Z";
        let lake = TestLake::of([
            call(
                "a",
                at,
                json!({"agents": [
                    {"user_id": "u1", "team_ids": ["t1", "t2"], "team_names": ["North", "South"]},
                    {"user_id": "u2", "team_ids": ["t1"], "team_names": ["North"]},
                    {"user_id": "u3", "team_names": ["East", " "]},
                ]}),
            ),
            call("b", at, json!({"agents": [{"user_id": "u1"}]})),
            call("c", at, json!({})),
        ]);
        let sql = "SELECT engagement_id, team['team_id'], team['team_name']
                   FROM (SELECT engagement_id, unnest(team_visits(agents)) AS team FROM voice_calls) AS visits
                   ORDER BY 1, 2";
        assert_eq!(lake.sql(sql).await, ["a | East | East", "a | t1 | North", "a | t2 | South"]);
    }
}
