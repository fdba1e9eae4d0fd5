//! Each filter, compared with a filter over the calls of the centre.

use super::*;
use crate::{CallType, Direction, Distribution, NumberType, SubType};

/// Compares the response to `query` on one day with the calls that pass the test's filter.
async fn check(fixture: &Fixture, query: &[(&str, &str)], passes: impl Fn(&Call) -> bool) {
    let mut all = vec![("from", "2026-11-17"), ("to", "2026-11-17")];
    all.extend(query);
    let records = fixture.walk(&all).await;
    let expected = ids_of(fixture.centre.calls(day(17), day(18)).filter(passes));
    assert!(!expected.is_empty(), "{query:?} finds nothing: no test");
    assert!(expected.len() < 4000);
    assert_eq!(ids(&records), expected, "{query:?}");
}

#[tokio::test]
async fn words_filter_by_what_the_record_says() {
    let fixture = Fixture::new().await;
    check(&fixture, &[("direction", "outbound")], |c| c.direction == Direction::Outbound).await;
    check(&fixture, &[("distribution", "non_acd")], |c| c.distributions.contains(&Distribution::NonAcd))
        .await;
    check(&fixture, &[("types", "external_callback_call,internal_call")], |c| {
        c.types.contains(&CallType::ExternalCallbackCall) || c.types.contains(&CallType::InternalCall)
    })
    .await;
    let repeated =
        [("sub_types", "internal_warm_transfer_call"), ("sub_types", "flow_initiated_outgoing_call")];
    check(&fixture, &repeated, |c| {
        c.sub_types.contains(&SubType::InternalWarmTransferCall)
            || c.sub_types.contains(&SubType::FlowInitiatedOutgoingCall)
    })
    .await;
    check(&fixture, &[("number_types", "byoc_number")], |c| {
        let byoc = Some(NumberType::Byoc);
        c.numbers.caller_number_type == byoc || c.numbers.callee_number_type == byoc
    })
    .await;
    check(&fixture, &[("country_iso_codes", "gb,AU")], |c| matches!(c.country_iso_code, Some("GB" | "AU")))
        .await;
}

#[tokio::test]
async fn calls_are_found_by_number_and_id() {
    let fixture = Fixture::new().await;
    let call = fixture.centre.calls(day(17), day(18)).find(|call| call.country_name.is_some()).unwrap();
    let number = call.consumer_number.as_deref().unwrap();
    check(&fixture, &[("consumer_number", number)], |c| c.consumer_number.as_deref() == Some(number)).await;
    let id = call.engagement_id.as_str();
    check(&fixture, &[("engagement_id", id)], |c| c.engagement_id.as_str() == id).await;
}

#[tokio::test]
async fn queues_filter_by_both_ids_and_none() {
    let fixture = Fixture::new().await;
    let queues = &fixture.centre.directory().queues;
    let through = |c: &Call, name: &str| c.queues.iter().any(|queue| queue.queue_name == name);
    let (one, two) = (&queues[0], &queues[7]);
    check(&fixture, &[("cc_queue_ids", &one.cc_queue_id)], |c| through(c, &one.queue_name)).await;
    let both = format!("{},{}", one.queue_id, two.queue_id);
    check(&fixture, &[("queue_ids", &both)], |c| through(c, &one.queue_name) || through(c, &two.queue_name))
        .await;
    check(&fixture, &[("cc_queue_ids", "none")], |c| c.queues.is_empty()).await;
    let or_none = [("cc_queue_ids", "none"), ("cc_queue_ids", &two.cc_queue_id)];
    check(&fixture, &or_none, |c| c.queues.is_empty() || through(c, &two.queue_name)).await;
}

#[tokio::test]
async fn agents_filter_by_id_team_and_region() {
    let fixture = Fixture::new().await;
    let busy = fixture.centre.calls(day(17), day(18)).find(|c| !c.agents.is_empty());
    let agent = Arc::clone(&busy.unwrap().agents[0].agent);
    let team = Arc::clone(&agent.teams[0]);
    check(&fixture, &[("user_ids", &agent.user_id)], |c| {
        c.agents.iter().any(|part| part.agent.user_id == agent.user_id)
    })
    .await;
    let of_team = |c: &Call| {
        let in_team = |part: &crate::CallAgent| part.agent.teams.contains(&team);
        c.agents.iter().any(in_team)
    };
    check(&fixture, &[("team_ids", &team.team_id)], of_team).await;
    check(&fixture, &[("team_names", &team.team_name)], of_team).await;
    let of_region = |c: &Call| {
        let in_region = |part: &crate::CallAgent| part.agent.teams[0].region_name == team.region_name;
        c.agents.iter().any(in_region)
    };
    check(&fixture, &[("region_names", &team.region_name)], of_region).await;
    check(&fixture, &[("region_ids", &team.region_id)], of_region).await;
}

#[tokio::test]
async fn filters_combine_and_unknown_ones_are_ignored() {
    let fixture = Fixture::new().await;
    let query = [("direction", "inbound"), ("cc_queue_ids", "none"), ("colour", "blue")];
    check(&fixture, &query, |c| c.direction == Direction::Inbound && c.queues.is_empty()).await;
}

#[tokio::test]
async fn unknown_values_and_long_lists_are_refused() {
    let fixture = Fixture::new().await;
    let long = vec!["none"; 21].join(",");
    for (name, value, status, code) in [
        ("direction", "sideways", 400, 300),
        ("distribution", "ACD", 400, 300),
        ("types", "external_call,nonsense", 400, 300),
        ("sub_types", "nonsense", 400, 300),
        ("number_types", "nonsense", 400, 300),
        ("country_iso_codes", "USA", 400, 300),
        ("view_type", "everything", 400, 300),
        ("cc_queue_ids", &long, 400, 300),
        ("user_ids", "nobody", 404, 1001),
        ("queue_ids", "nowhere", 404, 1201),
        ("cc_queue_ids", "nowhere", 404, 1201),
    ] {
        let (given, refusal, message) = fixture.refused(&[(name, value)]).await;
        assert_eq!((given.as_u16(), refusal), (status, code), "{name}");
        let named = if code == 300 { name } else { value };
        assert!(message.contains(named), "{message}");
    }
}
