//! Filter of a request for calls.

use crate::call::{Agent, Call, Team};
use crate::vocabulary::{CallType, Direction, Distribution, NumberType, SubType};

/// Conditions on calls. All have to hold; of a list, at least one entry has to match.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Filter {
    pub(crate) types: Vec<CallType>,
    pub(crate) sub_types: Vec<SubType>,
    pub(crate) distribution: Option<Distribution>,
    pub(crate) direction: Option<Direction>,
    pub(crate) consumer_number: Option<String>,
    pub(crate) engagement_id: Option<String>,
    pub(crate) user_ids: Vec<String>,
    /// Older ids of queues, or `none`.
    pub(crate) queue_ids: Vec<String>,
    /// Newer ids of queues, or `none`.
    pub(crate) cc_queue_ids: Vec<String>,
    /// In upper case.
    pub(crate) country_iso_codes: Vec<String>,
    pub(crate) number_types: Vec<NumberType>,
    pub(crate) region_ids: Vec<String>,
    pub(crate) region_names: Vec<String>,
    pub(crate) team_ids: Vec<String>,
    pub(crate) team_names: Vec<String>,
}

/// Value in a list of queue ids that matches calls without a queue.
pub(crate) const NO_QUEUE: &str = "none";

impl Filter {
    /// Returns whether every call passes.
    pub(crate) fn is_open(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn passes(&self, call: &Call) -> bool {
        let number_type = |kind: &NumberType| {
            let numbers = &call.numbers;
            [numbers.caller_number_type, numbers.callee_number_type].contains(&Some(*kind))
        };
        matches_any(&self.types, |t| call.types.contains(t))
            && matches_any(&self.sub_types, |t| call.sub_types.contains(t))
            && self.distribution.is_none_or(|d| call.distributions.contains(&d))
            && self.direction.is_none_or(|d| call.direction == d)
            && matches_value(self.consumer_number.as_ref(), call.consumer_number.as_deref())
            && matches_value(self.engagement_id.as_ref(), Some(call.engagement_id.as_str()))
            && matches_any(&self.queue_ids, |id| in_queue(call, id, |queue| &queue.queue_id))
            && matches_any(&self.cc_queue_ids, |id| in_queue(call, id, |queue| &queue.cc_queue_id))
            && matches_any(&self.country_iso_codes, |code| call.country_iso_code == Some(code))
            && matches_any(&self.number_types, number_type)
            && matches_any(&self.user_ids, |id| by_agent(call, |agent| agent.user_id == *id))
            // An agent's region is that of the first team.
            && matches_any(&self.region_ids, |id| by_region(call, |team| team.region_id == *id))
            && matches_any(&self.region_names, |name| by_region(call, |team| team.region_name == *name))
            && matches_any(&self.team_ids, |id| by_team(call, |team| team.team_id == *id))
            && matches_any(&self.team_names, |name| by_team(call, |team| team.team_name == *name))
    }
}

/// Returns whether an entry passes the test. An empty list is no condition.
fn matches_any<T>(list: &[T], test: impl Fn(&T) -> bool) -> bool {
    list.is_empty() || list.iter().any(test)
}

fn matches_value(wanted: Option<&String>, given: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| given == Some(wanted))
}

fn in_queue(call: &Call, id: &str, id_of: fn(&crate::call::Queue) -> &str) -> bool {
    if id == NO_QUEUE {
        return call.queues.is_empty();
    }
    call.queues.iter().any(|queue| id_of(queue) == id)
}

fn by_agent(call: &Call, test: impl Fn(&Agent) -> bool) -> bool {
    call.agents.iter().any(|part| test(&part.agent))
}

fn by_region(call: &Call, test: impl Fn(&Team) -> bool) -> bool {
    by_agent(call, |agent| agent.teams.first().is_some_and(|team| test(team)))
}

fn by_team(call: &Call, test: impl Fn(&Team) -> bool) -> bool {
    by_agent(call, |agent| agent.teams.iter().any(|team| test(team)))
}
