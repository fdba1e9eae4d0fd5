//! Conditions on calls and the calls that meet them.

use std::sync::Arc;

use voxlake_sim::{Call, Queue, Team};

use crate::support::Case;

/// An option, a value that some calls meet, and the test for a call.
pub(super) type Condition = (&'static str, String, Box<dyn Fn(&Call) -> bool>);

fn condition(
    option: &'static str,
    value: impl Into<String>,
    meets: impl Fn(&Call) -> bool + 'static,
) -> Condition {
    (option, value.into(), Box::new(meets))
}

/// Returns a condition for each option that filters calls.
pub(super) fn conditions(case: &Case, calls: &[Call]) -> Vec<Condition> {
    let directory = case.centre.directory();
    assert!(!directory.queues[0].cc_queue_id.is_empty() && !directory.agents[0].user_id.is_empty());
    let number = |call: &Call| call.consumer_number.clone().filter(|number| number.starts_with('+'));
    let consumer = calls.iter().find_map(number).unwrap();
    let own_number = consumer.clone();
    let engagement = calls[5].engagement_id.to_string();
    let own_id = engagement.clone();
    let mut conditions = value_conditions(calls);
    conditions.extend(queue_conditions(calls));
    conditions.extend(agent_conditions(calls));
    conditions.extend([
        condition("--country", "us", |call| call.country_iso_code == Some("US")),
        condition("--consumer", consumer, move |call| call.consumer_number.as_ref() == Some(&own_number)),
        condition("--engagement", engagement, move |call| call.engagement_id.to_string() == own_id),
    ]);
    conditions
}

fn value_conditions(calls: &[Call]) -> Vec<Condition> {
    let sub_type = calls.iter().find_map(|call| call.sub_types.first().copied()).unwrap();
    vec![
        condition("--direction", "inbound", |call| call.direction.as_str() == "inbound"),
        condition("--distribution", "non_acd", |call| {
            call.distributions.iter().any(|one| one.as_str() == "non_acd")
        }),
        condition("--type", "external_conference_call", |call| {
            call.types.iter().any(|one| one.as_str() == "external_conference_call")
        }),
        condition("--sub-type", sub_type.as_str(), move |call| call.sub_types.contains(&sub_type)),
        condition("--number-type", "byoc_number", |call| {
            let numbers = &call.numbers;
            [numbers.caller_number_type, numbers.callee_number_type]
                .iter()
                .flatten()
                .any(|kind| kind.as_str() == "byoc_number")
        }),
    ]
}

fn queue_conditions(calls: &[Call]) -> Vec<Condition> {
    let queue = calls.iter().find_map(|call| call.queues.first().cloned()).unwrap();
    let through = |queue: &Arc<Queue>| {
        let id = queue.cc_queue_id.clone();
        move |call: &Call| call.queues.iter().any(|other| other.cc_queue_id == id)
    };
    vec![
        condition("--queue-id", queue.cc_queue_id.as_str(), through(&queue)),
        condition("--old-queue-id", queue.queue_id.as_str(), through(&queue)),
        condition("--queue", queue.queue_name.as_str(), through(&queue)),
        condition("--queue", "none", |call| call.queues.is_empty()),
    ]
}

fn agent_conditions(calls: &[Call]) -> Vec<Condition> {
    let with_team = |call: &&Call| call.agents.iter().any(|participant| !participant.agent.teams.is_empty());
    let agent = calls.iter().find(with_team).unwrap().agents[0].agent.clone();
    let team = agent.teams[0].clone();
    let in_teams = |test: fn(&Team, &Team) -> bool| {
        let team = team.clone();
        move |call: &Call| call.agents.iter().any(|part| part.agent.teams.iter().any(|own| test(own, &team)))
    };
    let in_region = |test: fn(&Team, &Team) -> bool| {
        let team = team.clone();
        move |call: &Call| {
            call.agents.iter().any(|part| part.agent.teams.first().is_some_and(|own| test(own, &team)))
        }
    };
    let user_id = agent.user_id.clone();
    vec![
        condition("--agent-id", agent.user_id.as_str(), move |call| {
            call.agents.iter().any(|part| part.agent.user_id == user_id)
        }),
        condition("--team-id", team.team_id.as_str(), in_teams(|own, team| own.team_id == team.team_id)),
        condition("--team", team.team_name.as_str(), in_teams(|own, team| own.team_name == team.team_name)),
        condition(
            "--region-id",
            team.region_id.as_str(),
            in_region(|own, team| own.region_id == team.region_id),
        ),
        condition(
            "--region",
            team.region_name.as_str(),
            in_region(|own, team| own.region_name == team.region_name),
        ),
    ]
}
