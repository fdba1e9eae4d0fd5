//! Validation of conditions, their requests, and their checks of records.

use chrono::DateTime;
use voxlake_model::decode_records;

use super::FilterParameter as P;
use super::*;

fn filter(conditions: &[(P, &[&str])]) -> CallFilter {
    conditions.iter().fold(CallFilter::default(), |filter, (parameter, values)| {
        filter.with(*parameter, values.iter().copied()).unwrap()
    })
}

#[test]
fn parameters_accept_their_values() {
    for (parameter, value, sent) in [
        (P::Types, "internal_callback_call", "internal_callback_call"),
        (P::SubTypes, "flow_initiated_outgoing_call", "flow_initiated_outgoing_call"),
        (P::Distribution, "non_acd", "non_acd"),
        (P::Direction, " inbound ", "inbound"),
        (P::ConsumerNumber, "+1 205-555-0100", "+1 205-555-0100"),
        (P::UserIds, "u1", "u1"),
        (P::EngagementId, "e1", "e1"),
        (P::QueueIds, "none", "none"),
        (P::CcQueueIds, "none", "none"),
        (P::CountryIsoCodes, "de", "DE"),
        (P::NumberTypes, "byoc_number", "byoc_number"),
        (P::RegionIds, "r1", "r1"),
        (P::RegionNames, "Süd, Mitte", "Süd, Mitte"),
        (P::TeamIds, "t1", "t1"),
        (P::TeamNames, "Team 1", "Team 1"),
    ] {
        let requests = filter(&[(parameter, &[value])]).requests(ListForm::Repeated).unwrap();
        assert_eq!(requests, [[(parameter.name(), sent.to_owned())]]);
    }
    assert_eq!(P::ALL.len(), 15);
}

#[test]
fn invalid_values_are_errors() {
    let error = |parameter: P, values: &[&str]| {
        CallFilter::default().with(parameter, values.iter().copied()).unwrap_err().to_string()
    };
    assert_eq!(
        error(P::Direction, &["in"]),
        "\"in\" is not a value of direction: it takes inbound, outbound"
    );
    assert_eq!(error(P::Direction, &["inbound", "outbound"]), "direction takes one value, not 2");
    assert!(error(P::CountryIsoCodes, &["Germany"]).contains("two letters, such as DE"));
    assert!(error(P::UserIds, &[" "]).contains("the value is empty"));
    assert!(error(P::TeamNames, &["a\nb"]).contains("control characters"));
    let many: Vec<String> = (0..1001).map(|id| id.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(error(P::UserIds, &many).contains("agent id has 1001 values"));
}

#[test]
fn long_lists_are_split_without_duplicates() {
    for (ids, sizes) in [(0, vec![0]), (1, vec![1]), (20, vec![20]), (21, vec![20, 1]), (45, vec![20, 20, 5])]
    {
        let ids: Vec<String> = (0..ids).map(|id| format!("{id:02}")).collect();
        // Each value twice.
        let filter = CallFilter::default().with(P::UserIds, ids.iter().chain(&ids).cloned()).unwrap();
        let requests = filter.requests(ListForm::Repeated).unwrap();
        assert_eq!(requests.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
        let sent: Vec<String> = requests.iter().flatten().map(|(_, id)| id.clone()).collect();
        assert_eq!(sent, ids);
        let commas = filter.requests(ListForm::CommaSeparated).unwrap();
        assert_eq!(commas.len(), requests.len());
        assert_eq!(commas.iter().flatten().map(|(_, ids)| ids.split(',').count()).sum::<usize>(), ids.len());
    }
    // Two long lists are combined piece by piece.
    let ids: Vec<String> = (0..21).map(|id| id.to_string()).collect();
    let both = CallFilter::default().with(P::UserIds, ids.clone()).unwrap().with(P::TeamIds, ids).unwrap();
    assert_eq!(both.requests(ListForm::Repeated).unwrap().len(), 4);
    let ids: Vec<String> = (0..900).map(|id| id.to_string()).collect();
    let both = CallFilter::default().with(P::UserIds, ids.clone()).unwrap().with(P::TeamIds, ids).unwrap();
    assert!(both.requests(ListForm::Repeated).unwrap_err().contains("more than 100 requests"));
}

#[test]
fn values_with_commas_are_not_split() {
    let names = filter(&[(P::TeamNames, &["North, East", "Süd"])]);
    let repeated = names.requests(ListForm::Repeated).unwrap();
    assert_eq!(repeated[0].iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["North, East", "Süd"]);
    assert!(names.requests(ListForm::CommaSeparated).unwrap_err().contains("contains a comma"));
    // A single value is not a list.
    let number = filter(&[(P::ConsumerNumber, &["1,2"])]);
    assert!(number.requests(ListForm::CommaSeparated).is_ok());
}

#[test]
fn mismatching_records_are_found() {
    let call = |fields: &str| {
        let record = format!(r#"{{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z", {fields}}}"#);
        decode_records([record.as_str()], DateTime::UNIX_EPOCH).unwrap().0
    };
    let queue = r#""queues": [{"queue_id": "old", "cc_queue_id": "q1"}, {"cc_queue_id": "q2"}]"#;
    let leg_queue = r#""queues": [], "voice_call_details": [{"queue": {"cc_queue_id": "q1"}}]"#;
    let agent = r#""agents": [{"user_id": "u1", "team_ids": ["t1"], "team_names": ["North, East"]}]"#;
    for (parameter, wanted, fields, meets) in [
        (P::Direction, "inbound", r#""direction": "inbound""#, true),
        (P::Direction, "inbound", r#""direction": "outbound""#, false),
        (P::Direction, "inbound", r#""result": "missed""#, true),
        (P::Types, "internal_call", r#""types": ["external_call", "internal_call"]"#, true),
        (P::Types, "internal_call", r#""types": ["external_call"]"#, false),
        (
            P::SubTypes,
            "flow_initiated_outgoing_call",
            r#""sub_types": ["external_warm_transfer_call"]"#,
            false,
        ),
        (P::Distribution, "acd", r#""distributions": ["non_acd", "acd"]"#, true),
        (P::Distribution, "acd", r#""distributions": ["non_acd"]"#, false),
        (P::ConsumerNumber, "+12055550100", r#""consumer_number": "+1 205-555-0100""#, true),
        (P::ConsumerNumber, "+12055550100", r#""consumer_number": "+12055550101""#, false),
        (P::EngagementId, "b", r#""result": "missed""#, false),
        (P::CcQueueIds, "q2", queue, true),
        (P::CcQueueIds, "q3", queue, false),
        (P::CcQueueIds, "q1", leg_queue, true),
        (P::CcQueueIds, "none", queue, false),
        (P::CcQueueIds, "none", r#""queues": []"#, true),
        (P::CcQueueIds, "q1", r#""queues": []"#, false),
        (P::CcQueueIds, "q1", r#""queues": null"#, true),
        (P::QueueIds, "old", queue, true),
        (P::QueueIds, "new", queue, false),
        (P::UserIds, "u1", agent, true),
        (P::UserIds, "u2", agent, false),
        (P::TeamIds, "t2", agent, false),
        (P::TeamNames, "North, East", agent, true),
        (P::TeamNames, "North", agent, false),
        (P::NumberTypes, "byoc_number", r#""callee_number_type": "byoc_number""#, true),
        (P::NumberTypes, "byoc_number", r#""callee_number_type": "toll_free_number""#, false),
        (P::CountryIsoCodes, "DE", r#""country_name": "France""#, true),
        (P::RegionNames, "North", agent, true),
        (P::RegionIds, "r1", agent, true),
    ] {
        let mismatch = filter(&[(parameter, &[wanted])]).first_mismatch(&call(fields));
        assert_eq!(mismatch, (!meets).then_some((parameter, 1)), "{parameter} {wanted}: {fields}");
    }
}

#[test]
fn scopes_widen_by_more_values_or_fewer_conditions() {
    let (a, ab, all) =
        (filter(&[(P::CcQueueIds, &["a"])]), filter(&[(P::CcQueueIds, &["b", "a"])]), CallFilter::default());
    let inbound = filter(&[(P::CcQueueIds, &["a"]), (P::Direction, &["inbound"])]);
    assert!(ab.includes(&a) && all.includes(&ab) && a.includes(&inbound) && a.includes(&a));
    assert!(!a.includes(&ab) && !a.includes(&all) && !inbound.includes(&a));
    // Only the new values if one list grew, otherwise the whole filter.
    assert_eq!(ab.difference(&a), filter(&[(P::CcQueueIds, &["b"])]));
    assert_eq!(a.difference(&inbound), a);
    assert_eq!(all.difference(&a), all);
    assert_eq!(a.scope(), filter(&[(P::CcQueueIds, &["a"])]).scope());
    assert!(a.scope() != ab.scope() && a.scope() != inbound.scope() && all.scope().is_none());
    let other_parameter = filter(&[(P::QueueIds, &["a"])]);
    assert_ne!(a.scope(), other_parameter.scope());
}

#[test]
fn descriptions_omit_consumer_numbers() {
    let both = filter(&[(P::ConsumerNumber, &["+12055550100"]), (P::Direction, &["inbound"])]);
    assert_eq!(both.to_string(), "direction inbound, consumer (not shown)");
    assert_eq!(CallFilter::default().to_string(), "all calls");
    let json = serde_json::to_string(&both).unwrap();
    assert_eq!(json, r#"{"direction":["inbound"],"consumer_number":["+12055550100"]}"#);
    assert_eq!(serde_json::from_str::<CallFilter>(&json).unwrap(), both);
}
