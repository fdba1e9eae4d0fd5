//! Properties of the generated calls.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{Datelike, TimeDelta, TimeZone, Timelike, Utc, Weekday};
use proptest::prelude::*;

use super::*;
use crate::{CallResult, CallType, Charge, Direction, Distribution, SubType, billed_minutes};

fn day(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, 0, 0, 0).unwrap()
}

fn month() -> Vec<Call> {
    Centre::with_seed(11).calls(day(2026, 11, 1), day(2026, 12, 1)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_split_window_has_the_same_calls(
        seed in 0u64..5,
        start in -2_000_000_000i64..4_000_000_000,
        millis in 0i64..14_400_000,
        cut in 0i64..=1000,
    ) {
        let centre = Centre::with_seed(seed);
        let from = DateTime::from_timestamp(start, 0).unwrap();
        let to = from + TimeDelta::milliseconds(millis);
        let middle = from + TimeDelta::milliseconds(millis * cut / 1000);
        let whole: Vec<_> = centre.calls(from, to).collect();
        let parts: Vec<_> = centre.calls(from, middle).chain(centre.calls(middle, to)).collect();
        prop_assert_eq!(&whole, &parts);
        prop_assert!(whole.iter().all(|call| from <= call.start_time && call.start_time < to));
        prop_assert!(whole.is_sorted_by_key(|call| (call.start_time, call.engagement_id)));
    }
}

#[test]
fn calls_depend_on_the_seed_only() {
    let (from, to) = (day(2026, 3, 2), day(2026, 3, 3));
    let ids = |seed| -> Vec<_> {
        let centre = Centre::with_seed(seed);
        centre.calls(from, to).map(|c| c.engagement_id).collect()
    };
    assert_eq!(ids(1), ids(1));
    let (one, two): (HashSet<_>, HashSet<_>) = (ids(1).into_iter().collect(), ids(2).into_iter().collect());
    assert!(one.is_disjoint(&two));
}

#[test]
fn a_seeds_calls_never_change() {
    let call = Centre::with_seed(1)
        .calls(day(2026, 11, 2), day(2026, 11, 3))
        .find(|call| call.legs.len() == 2 && call.consumer_display_name.is_some())
        .unwrap();
    let wire = crate::wire::WireCall::new(&call, crate::View::Detail, pacific());
    insta::assert_snapshot!(serde_json::to_string_pretty(&wire).unwrap());
}

#[test]
fn backwards_and_empty_windows_hold_nothing() {
    let centre = Centre::default();
    assert_eq!(centre.calls(day(2026, 1, 2), day(2026, 1, 1)).count(), 0);
    assert_eq!(centre.calls(day(2026, 1, 2), day(2026, 1, 2)).count(), 0);
    let far = DateTime::<Utc>::MAX_UTC;
    let _ = centre.calls(far - TimeDelta::hours(1), far).count();
    let _ = centre.calls(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MIN_UTC + TimeDelta::hours(1)).count();
}

#[test]
fn legs_add_up_to_their_call() {
    let calls = month();
    assert!(calls.iter().filter(|call| call.legs.len() > 2).count() > 1000);
    for call in &calls {
        let legs = &call.legs;
        assert_eq!(legs[0].start_time, call.start_time);
        assert_eq!(legs[legs.len() - 1].end_time, call.end_time);
        for pair in legs.windows(2) {
            assert_eq!(pair[0].end_time, pair[1].start_time);
        }
        for leg in legs {
            let seconds = (leg.end_time - leg.start_time).num_seconds();
            assert_eq!(seconds, i64::from(leg.total_duration));
        }
        let seconds: u32 = legs.iter().map(|leg| leg.total_duration).sum();
        assert_eq!(seconds, call.total_duration);
        let amounts: Option<i64> = legs.iter().map(|l| l.charge.amount().map(|m| m.0)).sum();
        assert_eq!(amounts, call.charge.amount().map(|m| m.0));
        let of_legs: BTreeSet<_> =
            legs.iter().filter_map(|leg| leg.queue.as_ref()).map(|queue| &queue.cc_queue_id).collect();
        let of_call: BTreeSet<_> = call.queues.iter().map(|queue| &queue.cc_queue_id).collect();
        assert_eq!(of_legs, of_call);
        assert_eq!(of_call.len(), call.queues.len());
    }
}

#[test]
fn charges_are_minutes_begun_times_the_rate() {
    let (mut charged, mut absent, mut empty, mut large) = (0, 0, 0, 0);
    for call in month() {
        match call.charge {
            Charge::Amount(amount) => {
                charged += 1;
                let expected = call.rates[0].times(billed_minutes(call.total_duration));
                assert_eq!(amount, expected);
                assert_eq!(call.rates.len(), 1);
                assert_eq!(amount.0 % 100, 0, "four decimals at most");
                large += u32::from(amount.to_string().contains(','));
            }
            Charge::Absent => absent += 1,
            Charge::Empty => empty += 1,
        }
        let byoc = crate::NumberType::Byoc;
        if [call.numbers.caller_number_type, call.numbers.callee_number_type].contains(&Some(byoc)) {
            assert_eq!(call.charge.amount(), None);
        }
    }
    assert!(charged > 50_000 && absent > 1000 && empty > 1000, "{charged} {absent} {empty}");
    assert!(large > 0, "no charge above a thousand dollars");
}

#[test]
fn a_month_has_every_enumeration_value() {
    let calls = month();
    let results: BTreeSet<_> = calls.iter().filter_map(|call| call.result).collect();
    assert_eq!(results.len(), CallResult::ALL.len(), "{results:?}");
    let types: BTreeSet<_> = calls.iter().flat_map(|call| call.types.clone()).collect();
    assert_eq!(types.len(), CallType::ALL.len(), "{types:?}");
    let sub_types: BTreeSet<_> = calls.iter().flat_map(|c| c.sub_types.clone()).collect();
    assert_eq!(sub_types.len(), SubType::ALL.len(), "{sub_types:?}");
    assert!(calls.iter().any(|call| call.result.is_none()));
    let both = |call: &&Call| call.distributions.len() == 2;
    assert!(calls.iter().filter(both).count() > 100);
    assert!(calls.iter().any(|call| call.call_legs.len() == 2));
    assert!(calls.iter().any(|call| call.queues.len() == 4));
    let back = |call: &Call| {
        let through = call.legs.iter().filter(|leg| leg.queue.is_some()).count();
        through > call.queues.len()
    };
    assert!(calls.iter().any(back), "nobody comes back to a queue");
}

#[test]
fn results_fit_what_happened() {
    for call in month() {
        let last = call.legs.last().unwrap();
        match last.result {
            CallResult::Contained => {
                assert!(call.queues.is_empty() && call.agents.is_empty());
                assert!(!call.flows.is_empty());
            }
            CallResult::ShortAbandoned => assert!(call.total_duration <= 10 && call.agents.is_empty()),
            CallResult::LongAbandoned => assert!(last.agents.is_empty()),
            CallResult::OverflowedToInbox => assert!(call.inbox),
            _ => {}
        }
        assert_eq!(call.result.unwrap_or(last.result), last.result);
    }
}

#[test]
fn every_id_of_a_month_is_unique() {
    let calls = month();
    let ids: HashSet<_> = calls.iter().map(|call| call.engagement_id).collect();
    assert_eq!(ids.len(), calls.len());
}

/// Volume is near the calls per day, and 80 % is inbound.
#[test]
fn volume_matches_calls_per_day() {
    let calls = month();
    assert!((95_000..105_000).contains(&calls.len()), "{}", calls.len());
    let inbound = calls.iter().filter(|c| c.direction == Direction::Inbound).count();
    let share = inbound as f64 / calls.len() as f64;
    assert!((0.78..0.82).contains(&share), "{share}");
    let acd = |call: &&Call| call.distributions.contains(&Distribution::Acd);
    assert!(calls.iter().filter(acd).count() > calls.len() / 2);
}

#[test]
fn load_varies_by_weekday_and_hour() {
    let mut by_day = BTreeMap::<u32, u32>::new();
    let mut by_hour = [0u32; 24];
    for call in Centre::with_seed(11).calls(day(2026, 11, 2), day(2026, 11, 30)) {
        let local = call.start_time.with_timezone(&pacific());
        *by_day.entry(local.weekday().num_days_from_monday()).or_default() += 1;
        by_hour[local.hour() as usize] += 1;
    }
    let on = |weekday: Weekday| by_day[&weekday.num_days_from_monday()];
    assert!(on(Weekday::Mon) > on(Weekday::Sat) * 3 / 2);
    assert!(on(Weekday::Sat) > on(Weekday::Sun));
    assert!(by_hour[10] > 10 * by_hour[3]);
}

#[test]
fn callers_who_gave_up_repeat_more_often() {
    let calls = month();
    let mut later = HashMap::<&str, Vec<DateTime<Utc>>>::new();
    for call in calls.iter().filter(|c| c.direction == Direction::Inbound) {
        if let Some(number) = call.consumer_number.as_deref() {
            later.entry(number).or_default().push(call.start_time);
        }
    }
    let share = |gave_up: bool| {
        let of: Vec<_> = calls
            .iter()
            .filter(|call| call.direction == Direction::Inbound)
            .filter(|call| call.result.is_some_and(|r| r.gave_up() == gave_up))
            .filter_map(|call| Some((call.consumer_number.as_deref()?, call.start_time)))
            .filter(|(number, _)| *number != "anonymous")
            .collect();
        let again = |(number, at): &&(&str, DateTime<Utc>)| {
            later[number].iter().any(|t| t > at && *t <= *at + TimeDelta::days(7))
        };
        of.iter().filter(again).count() as f64 / of.len() as f64
    };
    let (gave_up, other) = (share(true), share(false));
    println!("call again within a week: {gave_up:.3} of those who gave up, {other:.3} of the others");
    assert!(gave_up > 1.4 * other, "{gave_up} {other}");
    assert!((0.05..0.3).contains(&other), "{other}");
}

#[test]
fn hidden_numbers_and_hostile_names_occur() {
    let calls = month();
    let count = |test: fn(&Call) -> bool| calls.iter().filter(|call| test(call)).count();
    assert!(count(|call| call.consumer_number.is_none()) > 1000);
    assert!(count(|call| call.consumer_number.as_deref() == Some("anonymous")) > 500);
    let named = |start: &str| {
        calls
            .iter()
            .filter_map(|call| call.consumer_display_name.as_deref())
            .any(|name| name.starts_with(start))
    };
    assert!(named("<script>") && named("=1+1") && named("Miss \"Quote"));
    assert!(count(|call| call.agents.iter().any(|agent| agent.device.is_some())) > 500);
    assert!(count(|call| !call.session_border_controllers.is_empty()) > 500);
}

#[test]
fn settings_out_of_range_are_named() {
    let bad = |change: fn(&mut CentreConfig)| {
        let mut config = CentreConfig::default();
        change(&mut config);
        Centre::new(config).unwrap_err().setting
    };
    assert_eq!(bad(|c| c.queues = 0), "queues");
    assert_eq!(bad(|c| c.agents = 200_000), "agents");
    assert_eq!(bad(|c| c.calls_per_day = f64::NAN), "calls_per_day");
    assert_eq!(bad(|c| c.calls_per_day = -1.0), "calls_per_day");
}

#[test]
#[ignore = "a measurement: cargo test --release -- --ignored --nocapture calls_a_second"]
fn calls_a_second() {
    let centre = Centre::default();
    let (from, to) = (day(2026, 11, 1), day(2026, 12, 1));
    let clock = std::time::Instant::now();
    let outlines = centre.entries(from.timestamp(), to.timestamp()).count();
    let outlined = clock.elapsed();
    let clock = std::time::Instant::now();
    let calls: Vec<_> = centre.calls(from, to).collect();
    let made = clock.elapsed();
    let clock = std::time::Instant::now();
    let bytes: usize = calls
        .iter()
        .map(|call| {
            let wire = crate::wire::WireCall::new(call, crate::View::Summary, pacific());
            serde_json::to_vec(&wire).unwrap().len()
        })
        .sum();
    let written = clock.elapsed();
    let rate = |time: std::time::Duration| calls.len() as f64 / time.as_secs_f64();
    println!("{outlines} outlines: {:.0}/s", rate(outlined));
    println!("{} calls made: {:.0}/s", calls.len(), rate(made));
    println!("written, {bytes} bytes: {:.0}/s", rate(written));
}
