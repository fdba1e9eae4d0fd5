//! Names that a call uses for its queues, agents, teams and flows, and when it uses them.
//!
//! Queries display the name that was used last. Each use has a sort key, so that `max` finds the
//! last one.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray, ListArray, StringArray, TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::{DataType, Fields};
use datafusion::common::{Result, exec_err};
use voxlake_model::schema::timestamp_type;

use super::agent_visits::AgentVisits;
use super::call_queues::{CallQueues, leg_start, legs_type, queues_type, text_fields};
use super::distinct::IdentifyingColumns;
use super::flow_visits::FlowVisits;
use super::identity::{Mention, Resolver};
use super::team_visits::AgentTeams;
use super::visits::{VisitExtractor, visit_lists};
use crate::lists::{entry_range, list_of};

/// Maximum uses per call among which duplicates are removed.
const MAX_COMPARED: usize = 16;

/// `queue_name_uses(queues, voice_call_details, start_time, engagement_id) -> list of struct`: one
/// entry for each queue of the call and each name that the call gives it. Never null.
///
/// | field | meaning |
/// | --- | --- |
/// | id | as in `queue_visits` |
/// | name | null for a queue without a name |
/// | last_use | sort key, greater for a later use |
///
/// Uses are ordered by `start_time`, then `engagement_id`. Within a call, entries of `queues` come
/// before legs, and legs are ordered by start.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct QueueNameUses;

impl VisitExtractor for QueueNameUses {
    const NAME: &'static str = "queue_name_uses";

    fn fields() -> Fields {
        use_fields()
    }

    fn argument_types(_: &Fields) -> Vec<DataType> {
        vec![queues_type(), legs_type([leg_start()]), timestamp_type(), DataType::Utf8]
    }

    fn extract(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray> {
        let [queues, legs, times @ ..] = columns else {
            return exec_err!("queue_name_uses takes 4 arguments");
        };
        let calls = CallQueues::try_new(queues, legs)?;
        let (mut uses, mut resolver) = (NameUseBuilder::try_new(times)?, CallQueues::resolver());
        for row in 0..calls.len() {
            calls.resolve(row, &mut resolver);
            let of_queues = calls.names_in_order(row, &resolver);
            let of_legs = calls.legs_in_time(row, &resolver).into_iter();
            uses.add(
                row,
                &resolver,
                of_queues.chain(of_legs.map(|(leg, index)| (index, calls.leg_name(leg)))),
            );
        }
        uses.finish(wanted)
    }
}

/// `agent_name_uses(agents, start_time, engagement_id) -> list of struct`: like [`QueueNameUses`],
/// for agents as identified by `agent_visits`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct AgentNameUses;

impl VisitExtractor for AgentNameUses {
    const NAME: &'static str = "agent_name_uses";

    fn fields() -> Fields {
        use_fields()
    }

    fn argument_types(_: &Fields) -> Vec<DataType> {
        vec![list_of(DataType::Struct(AgentVisits::IDENTIFIED_BY.types())), timestamp_type(), DataType::Utf8]
    }

    fn extract(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray> {
        let [agents, times @ ..] = columns else { return exec_err!("agent_name_uses takes 3 arguments") };
        let agents = agents.as_list();
        let columns_of = IdentifyingColumns::try_new(agents, &AgentVisits::IDENTIFIED_BY)?;
        uses_in_lists(agents, times, wanted, |index| std::iter::once(columns_of.mention(index)))
    }
}

/// `team_name_uses(agents, start_time, engagement_id) -> list of struct`: like [`QueueNameUses`],
/// for teams as identified by `team_visits`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TeamNameUses;

impl VisitExtractor for TeamNameUses {
    const NAME: &'static str = "team_name_uses";

    fn fields() -> Fields {
        use_fields()
    }

    fn argument_types(_: &Fields) -> Vec<DataType> {
        vec![list_of(DataType::Struct(AgentTeams::fields())), timestamp_type(), DataType::Utf8]
    }

    fn extract(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray> {
        let [agents, times @ ..] = columns else { return exec_err!("team_name_uses takes 3 arguments") };
        let agents = agents.as_list();
        let teams = AgentTeams::try_new(agents)?;
        uses_in_lists(agents, times, wanted, |agent| teams.mentions(agent))
    }
}

/// `flow_name_uses(flows, start_time, engagement_id) -> list of struct`: like [`QueueNameUses`],
/// for flows as identified by `flow_visits`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct FlowNameUses;

impl VisitExtractor for FlowNameUses {
    const NAME: &'static str = "flow_name_uses";

    fn fields() -> Fields {
        use_fields()
    }

    fn argument_types(_: &Fields) -> Vec<DataType> {
        vec![list_of(DataType::Struct(FlowVisits::IDENTIFIED_BY.types())), timestamp_type(), DataType::Utf8]
    }

    fn extract(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray> {
        let [flows, times @ ..] = columns else { return exec_err!("flow_name_uses takes 3 arguments") };
        let flows = flows.as_list();
        let columns_of = IdentifyingColumns::try_new(flows, &FlowVisits::IDENTIFIED_BY)?;
        uses_in_lists(flows, times, wanted, |index| std::iter::once(columns_of.mention(index)))
    }
}

fn use_fields() -> Fields {
    text_fields(&["id", "name", "last_use"])
}

/// Returns the uses of names in lists whose entries have the `mentions` of entities.
fn uses_in_lists<'a, M: Iterator<Item = Mention<'a>>>(
    lists: &'a ListArray,
    times: &'a [ArrayRef],
    wanted: &Fields,
    mentions: impl Fn(usize) -> M,
) -> Result<ListArray> {
    let (mut uses, mut resolver) = (NameUseBuilder::try_new(times)?, Resolver::new());
    for row in 0..lists.len() {
        resolver.resolve(entry_range(lists, row).flat_map(&mentions));
        uses.add(row, &resolver, resolver.names());
    }
    uses.finish(wanted)
}

/// Builder of the uses of names, call by call.
struct NameUseBuilder<'a> {
    starts: &'a TimestampMillisecondArray,
    calls: &'a StringArray,
    ids: Vec<&'a str>,
    names: Vec<Option<&'a str>>,
    last_uses: Vec<String>,
    lengths: Vec<usize>,
}

impl<'a> NameUseBuilder<'a> {
    fn try_new(times: &'a [ArrayRef]) -> Result<Self> {
        let [starts, calls] = times else {
            return exec_err!("name uses need the start and the id of each call");
        };
        Ok(Self {
            starts: starts.as_primitive(),
            calls: calls.as_string(),
            ids: Vec::new(),
            names: Vec::new(),
            last_uses: Vec::new(),
            lengths: Vec::new(),
        })
    }

    /// Adds the uses in the call at `row`, in order: the index of the resolved entity, and the
    /// name.
    fn add(
        &mut self,
        row: usize,
        resolver: &Resolver<'a>,
        uses: impl Iterator<Item = (usize, Option<&'a str>)>,
    ) {
        let first = self.ids.len();
        for (at, (index, name)) in uses.enumerate() {
            let id = resolver.entities()[index].id;
            // Most calls use one or two names. If there are many, the later aggregation removes
            // duplicates.
            let known = (first..self.ids.len().min(first + MAX_COMPARED))
                .find(|known| self.ids[*known] == id && self.names[*known] == name);
            match known {
                Some(known) => self.last_uses[known] = self.last_use(row, at),
                None => {
                    self.ids.push(id);
                    self.names.push(name);
                    self.last_uses.push(self.last_use(row, at));
                }
            }
        }
        self.lengths.push(self.ids.len() - first);
    }

    /// Returns the sort key of a use.
    fn last_use(&self, row: usize, index: usize) -> String {
        // Flipping the sign bit makes the start sort as unsigned digits. Two zero bytes end the id,
        // so that an id sorts before longer ids that it is a prefix of.
        let start = (self.starts.value(row) ^ i64::MIN).cast_unsigned();
        let call = self.calls.value(row).replace('\0', "\0\u{1}");
        format!("{start:020} {call}\0\0{index:010}")
    }

    fn finish(self, wanted: &Fields) -> Result<ListArray> {
        let columns = wanted.iter().map(|field| -> ArrayRef {
            match field.name().as_str() {
                "id" => Arc::new(StringArray::from_iter_values(&self.ids)),
                "name" => Arc::new(self.names.iter().copied().collect::<StringArray>()),
                _ => Arc::new(StringArray::from_iter_values(&self.last_uses)),
            }
        });
        visit_lists(wanted, columns.collect(), self.lengths.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use voxlake_query::test_lake::{TestLake, call, queue};

    /// Kind, id and name of each use, in the order of the uses.
    async fn uses(calls: impl IntoIterator<Item = Value>) -> Vec<String> {
        let sql =
            "SELECT kind, id, name FROM name_summary('2000-01-01', '2200-01-01') ORDER BY kind, last_use, id";
        TestLake::with_calls(calls).sql(sql).await
    }

    #[tokio::test]
    async fn legs_use_names_after_queues_by_start() {
        let leg = |name: &str, start: &str| json!({"queue": {"cc_queue_id": "q", "queue_name": name}, "start_time": start});
        let calls = [call(
            "a",
            "2026-11-01T08:00:00Z",
            json!({
                "queues": [{"cc_queue_id": "q", "queue_name": "Zulu"}, {"cc_queue_id": "n"}, {"queue_name": " "}],
                "voice_call_details": [leg("Late", "2026-11-01T08:09:00Z"), leg("Early", "2026-11-01T08:01:00Z")],
            }),
        )];
        let queues = ["queue | q | Zulu", "queue | n | NULL", "queue | q | Early", "queue | q | Late"];
        assert_eq!(uses(calls).await, queues);
    }

    #[tokio::test]
    async fn ties_in_time_go_by_engagement_id() {
        let named = |name: &str| json!({"queues": [{"cc_queue_id": "q", "queue_name": name}]});
        let at = "2026-11-01T08:00:00Z";
        let calls = [call("b", at, named("B")), call("a b", at, named("AB")), call("a", at, named("A"))];
        assert_eq!(uses(calls).await, ["queue | q | A", "queue | q | AB", "queue | q | B"]);
    }

    #[tokio::test]
    async fn agents_teams_and_flows_have_names_too() {
        let agents = json!([
            {"user_id": "u", "display_name": "Ann", "team_ids": ["t"], "team_names": ["North"]},
            {"display_name": "Ann", "team_names": ["South"]},
        ]);
        let more = json!({"agents": agents, "flows": [{"flow_id": "f", "flow_name": "Menu"}], "queues": [queue("Care")]});
        let wanted = [
            "agent | u | Ann",
            "flow | f | Menu",
            "queue | care | Care",
            "team | South | South",
            "team | t | North",
        ];
        let mut found = uses([call("a", "2026-11-01T08:00:00Z", more)]).await;
        found.sort();
        assert_eq!(found, wanted);
    }
}
