//! `team_visits(agents)`: distinct teams of a call's agents.
//!
//! Two agents of the same team make one visit, so that counts per team count the call once.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_datafusion_err, exec_err};

use super::identity::{Mention, Resolver};
use super::visits::{VisitExtractor, visit_lists};
use crate::lists::{entry_range, list_of, nonblank_text};

/// `team_visits(agents) -> list of struct`: one entry for each distinct team in the order of first
/// appearance, with `team_id` and `team_name`. The id is the name where an agent's teams have no
/// ids. Never null; empty if no agent has a team.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TeamVisits;

impl VisitExtractor for TeamVisits {
    const NAME: &'static str = "team_visits";

    fn fields() -> Fields {
        ["team_id", "team_name"].iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect()
    }

    fn argument_types(_: &Fields) -> Vec<DataType> {
        vec![list_of(DataType::Struct(AgentTeams::fields()))]
    }

    fn extract(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray> {
        let [agents] = columns else { return exec_err!("team_visits takes 1 argument") };
        distinct_teams(agents.as_list(), wanted)
    }
}

fn distinct_teams(agents: &ListArray, wanted: &Fields) -> Result<ListArray> {
    let teams = AgentTeams::try_new(agents)?;
    let (mut distinct, mut lengths) = (Vec::new(), Vec::with_capacity(agents.len()));
    let mut resolver = Resolver::new();
    for row in 0..agents.len() {
        resolver.resolve(entry_range(agents, row).flat_map(|agent| teams.mentions(agent)));
        distinct.extend_from_slice(resolver.entities());
        lengths.push(resolver.entities().len());
    }
    let column = |name: &str| -> ArrayRef {
        if name == "team_id" {
            Arc::new(StringArray::from_iter_values(distinct.iter().map(|team| team.id)))
        } else {
            Arc::new(distinct.iter().map(|team| team.name).collect::<StringArray>())
        }
    };
    visit_lists(wanted, wanted.iter().map(|field| column(field.name())).collect(), lengths)
}

/// Teams of all agents of a batch. Each agent has a list of team ids and a list of team names;
/// entries with the same index belong together.
pub(super) struct AgentTeams<'a> {
    agents: &'a StructArray,
    ids: &'a ListArray,
    names: &'a ListArray,
    id_texts: &'a StringArray,
    name_texts: &'a StringArray,
}

impl<'a> AgentTeams<'a> {
    pub(super) fn try_new(agents: &'a ListArray) -> Result<Self> {
        let agents = agents.values().as_struct();
        let column = |name: &str| {
            let column = agents.column_by_name(name).map(AsArray::as_list::<i32>);
            column.ok_or_else(|| exec_datafusion_err!("team_visits: no field {name}"))
        };
        let (ids, names) = (column("team_ids")?, column("team_names")?);
        let (id_texts, name_texts) = (ids.values().as_string(), names.values().as_string());
        Ok(Self { agents, ids, names, id_texts, name_texts })
    }

    /// Returns the fields of an agent that name its teams.
    pub(super) fn fields() -> Fields {
        let fields = ["team_ids", "team_names"];
        fields.iter().map(|name| Field::new(*name, list_of(DataType::Utf8), true)).collect()
    }

    /// Returns the teams of the agent at this index among all agents.
    pub(super) fn mentions(&self, agent: usize) -> impl Iterator<Item = Mention<'a>> {
        let (ids, names) = match self.agents.is_valid(agent) {
            true => (entry_range(self.ids, agent), entry_range(self.names, agent)),
            false => (0..0, 0..0),
        };
        let (id_texts, name_texts) = (self.id_texts, self.name_texts);
        (0..ids.len().max(names.len())).map(move |index| Mention {
            id: ids.clone().nth(index).and_then(|entry| nonblank_text(id_texts, entry)),
            lesser_id: None,
            name: names.clone().nth(index).and_then(|entry| nonblank_text(name_texts, entry)),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use voxlake_query::test_lake::{TestLake, call};

    #[tokio::test]
    async fn shared_teams_are_one_visit() {
        let at = "2026-11-01T08:00:00Z";
        let lake = TestLake::with_calls([
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
        let lake = TestLake::with_calls([call(
            "a",
            at,
            json!({"agents": [{"user_id": "u1", "team_names": ["North"]}, {"user_id": "u2", "team_ids": ["t1"], "team_names": ["North"]}]}),
        )]);
        assert_eq!(lake.sql(sql).await, ["a | t1 | North"]);
    }
}
