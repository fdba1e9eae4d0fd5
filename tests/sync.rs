//! `voxlake sync`: complete, idempotent, with clear errors.

use voxlake_sim::{Bound, Endpoint, RateLimits};

use crate::support::{Case, run, simulated_calls, stored_calls, utc};

#[tokio::test(flavor = "multi_thread")]
async fn the_lake_has_exactly_the_simulated_calls() {
    for bound in [Bound::Inclusive, Bound::Exclusive] {
        let case = Case::with(|config| config.to_bound = bound).await;
        run(&mut case.sync(&[])).await.ok();
        let expected = simulated_calls(&case.calls());
        assert_eq!(expected.len(), 3);
        let mut found = stored_calls(&case.lake());
        // The last window may include a call at the end of the period.
        found.retain(|day, _| day.as_str() < "2025-03-06");
        assert_eq!(found, expected);
    }
}

/// A deleted day is fetched again.
#[tokio::test(flavor = "multi_thread")]
async fn settled_periods_cost_no_request() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    let (before, spent) =
        (stored_calls(&case.lake()), case.server.handle().requests_to(Endpoint::VoiceCalls));
    let out = run(&mut case.sync(&[])).await.ok();
    assert!(out.starts_with("Nothing to fetch"), "{out}");
    assert_eq!(case.server.handle().requests_to(Endpoint::VoiceCalls), spent);

    std::fs::remove_dir_all(case.lake().join("voice_calls/date=2025-03-04")).unwrap();
    let out = run(&mut case.sync(&[])).await.ok();
    assert!(out.contains("1 of 1 window complete"), "{out}");
    assert_eq!(stored_calls(&case.lake()), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_spends_the_fewest_requests() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    let pages: usize = simulated_calls(&case.calls()).values().map(|day| day.len().div_ceil(100)).sum();
    let spent = case.server.handle().requests_to(Endpoint::VoiceCalls);
    // A call at a boundary second can add a page if the server includes it.
    assert!(
        (pages..=pages + 3).contains(&usize::try_from(spent).unwrap()),
        "{pages} pages, {spent} requests"
    );
    assert_eq!(case.server.handle().requests_to(Endpoint::Token), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_sync_adds_late_calls() {
    let case = Case::new().await;
    case.clock.set(utc("2025-03-05T20:00:30Z"));
    run(&mut case.sync(&["--settle", "100000d"])).await.ok();
    let early: usize = stored_calls(&case.lake()).values().map(Vec::len).sum();
    let all = simulated_calls(&case.calls());
    assert!(early < all.values().map(Vec::len).sum(), "some calls have not ended yet");
    case.clock.set(utc("2025-03-10T00:00:00Z"));
    run(&mut case.sync(&["--settle", "100000d"])).await.ok();
    let mut found = stored_calls(&case.lake());
    found.retain(|day, _| day.as_str() < "2025-03-06");
    assert_eq!(found, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_summary_view_has_no_legs() {
    let case = Case::new().await;
    run(&mut case.sync(&["--view", "summary"])).await.ok();
    let mut expected = simulated_calls(&case.calls());
    expected.values_mut().flatten().for_each(|call| call.legs = 0);
    let mut found = stored_calls(&case.lake());
    found.retain(|day, _| day.as_str() < "2025-03-06");
    found.values_mut().for_each(|calls| calls.sort());
    expected.values_mut().for_each(|calls| calls.sort());
    assert_eq!(found, expected);
}

/// A run that reaches the daily limit ends with exit code 75. The next day repeats no request.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_day_continues_after_a_limit() {
    let case = Case::limited(RateLimits::default().with_per_day(60)).await;
    let spent = || case.server.handle().requests().get(&(Endpoint::VoiceCalls, 200)).copied().unwrap_or(0);
    let (from, to) = ("2025-01-15T00:00:00Z", "2025-03-01T00:00:00Z");
    let sync = || case.voxlake(["sync", "--from", from, "--to", to, "--concurrency", "2", "-vvv"]);

    let ran = run(&mut sync()).await;
    let calls: Vec<_> = case.centre.calls(utc(from), utc(to)).collect();
    case.assert_no_personal_data(&format!("{}{}", ran.out, ran.err), &calls);
    assert_eq!(ran.code, 75, "{ran:?}");
    assert!((20..=60).contains(&spent()), "the day's requests are used: {}", spent());
    assert!(ran.err.contains("daily limit is reached; it lifts at "), "{ran:?}");
    assert!(ran.err.contains("not reached: "), "{ran:?}");
    let on_the_first_day: usize = stored_calls(&case.lake()).values().map(Vec::len).sum();
    assert!(on_the_first_day > 500, "what is complete is kept");

    let mut days = 1;
    for day in 11..31 {
        case.clock.set(utc(&format!("2025-03-{day}T00:00:00Z")));
        days += 1;
        let ran = run(&mut sync()).await;
        if ran.code == 0 {
            break;
        }
        assert_eq!(ran.code, 75, "{ran:?}");
    }
    let expected = simulated_calls(&calls);
    let mut found = stored_calls(&case.lake());
    found.retain(|day, _| day.as_str() < "2025-03-01");
    assert!(found == expected, "after {days} days: {} days in the lake", found.len());
    // The windows in progress at the limit are fetched again; no complete window is.
    let fewest: usize = expected.values().map(|day| day.len().div_ceil(100)).sum();
    assert!(spent() < fewest as u64 * 5 / 4, "{} requests on {days} days, {fewest} at the least", spent());
}

#[tokio::test(flavor = "multi_thread")]
async fn access_errors_show_no_secret() {
    let case = Case::with(|config| config.scopes = vec!["another:scope".to_owned()]).await;
    let ran = run(&mut case.sync(&[])).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("contact_center_voice_call:read:admin"), "{ran:?}");

    let case = Case::new().await;
    let ran = run(case.sync(&["-vvv"]).env("ZOOM_CLIENT_SECRET", "a-wrong-secret")).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("Invalid client_id or client_secret"), "{ran:?}");
    assert!(ran.err.contains("ZOOM_CLIENT_SECRET"), "{ran:?}");
    assert!(!format!("{ran:?}").contains("a-wrong-secret"), "{ran:?}");
}

/// They hold no credentials either.
#[tokio::test(flavor = "multi_thread")]
async fn trace_logs_hold_no_personal_data() {
    let case = Case::new().await;
    let ran = run(&mut case.sync(&["-vvv"])).await;
    assert_eq!(ran.code, 0);
    let said = format!("{}{}", ran.out, ran.err);
    assert!(!said.contains(&case.server.handle().config().credentials.client_secret));
    for call in case.calls() {
        for number in call.consumer_number.iter().filter(|number| number.len() > 6) {
            assert!(!said.contains(number.as_str()), "a caller's number is in the log");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_is_named() {
    let case = Case::new().await;
    let ran =
        run(case.sync(&[]).env("VOXLAKE_OAUTH_URL", "http://127.0.0.1:1").env("VOXLAKE_TRIES", "1")).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("127.0.0.1"), "{ran:?}");
}
