//! Pages, their records and their page tokens.

use super::*;

#[tokio::test]
async fn pages_hold_exactly_the_calls() {
    let fixture = Fixture::new().await;
    let (from, to) = (instant(day(17)), before(day(18)));
    for (view_type, view) in [("summary", View::Summary), ("detail", View::Detail)] {
        let query = [("from", &*from), ("to", &*to), ("view_type", view_type)];
        let records = fixture.walk(&query).await;
        let calls = fixture.centre.calls(day(17), day(18));
        let expected: Vec<_> = calls.map(|call| call.to_json(view, utc())).collect();
        assert!(expected.len() > 2000);
        assert_eq!(records, expected);
        let has_legs = records[0].get("voice_call_details").is_some();
        assert_eq!(has_legs, view == View::Detail);
    }
}

#[tokio::test]
async fn page_sizes_are_10_to_100() {
    let fixture = Fixture::new().await;
    let page = fixture.ok(&[]).await;
    assert_eq!(page["page_size"], 10);
    assert_eq!(page["voice_calls"].as_array().unwrap().len(), 10);
    assert_eq!(fixture.ok(&[("page_size", "100")]).await["page_size"], 100);
    for size in ["0", "101", "-1", "ten", "1.5"] {
        let (status, code, _) = fixture.refused(&[("page_size", size)]).await;
        assert_eq!((status.as_u16(), code), (400, 300), "{size}");
    }
}

#[tokio::test]
async fn page_tokens_expire_after_15_minutes() {
    let fixture = Fixture::new().await;
    let page = fixture.ok(&[("from", "2026-11-20"), ("to", "2026-11-20")]).await;
    let token = page["next_page_token"].as_str().unwrap();
    let query = [("from", "2026-11-20"), ("to", "2026-11-20"), ("next_page_token", token)];
    fixture.clock.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    fixture.ok(&query).await;
    fixture.clock.advance(TimeDelta::seconds(1));
    let (status, code, message) = fixture.refused(&query).await;
    assert_eq!((status.as_u16(), code), (400, 300));
    assert!(message.contains("next_page_token"));
}

#[tokio::test]
async fn page_tokens_are_bound_to_their_request() {
    let fixture = Fixture::new().await;
    let page = fixture.ok(&[("from", "2026-11-20"), ("to", "2026-11-20")]).await;
    let token = page["next_page_token"].as_str().unwrap();
    for query in [
        vec![("from", "2026-11-19"), ("to", "2026-11-20"), ("next_page_token", token)],
        vec![("next_page_token", token)],
        vec![("from", "2026-11-20"), ("to", "2026-11-20"), ("next_page_token", "made up")],
        vec![
            ("from", "2026-11-20"),
            ("to", "2026-11-20"),
            ("direction", "inbound"),
            ("next_page_token", token),
        ],
    ] {
        assert_eq!(fixture.refused(&query).await.1, 300, "{query:?}");
    }
    // The order of the parameters does not matter.
    let turned = [("next_page_token", token), ("to", "2026-11-20"), ("from", "2026-11-20")];
    fixture.ok(&turned).await;
}

#[tokio::test]
async fn calls_that_complete_meanwhile_shift_no_page() {
    let fixture = Fixture::new().await;
    let (from, to) = (instant(noon() - TimeDelta::hours(3)), instant(noon()));
    let query = [("from", &*from), ("to", &*to), ("page_size", "20")];
    let first = fixture.ok(&query).await;
    let seen = ids(first["voice_calls"].as_array().unwrap());
    fixture.clock.advance(TimeDelta::minutes(10));
    let token = first["next_page_token"].as_str().unwrap();
    let mut next = query.to_vec();
    next.push(("next_page_token", token));
    let second = fixture.ok(&next).await;
    assert!(second["total_records"].as_u64() > first["total_records"].as_u64());
    let more = ids(second["voice_calls"].as_array().unwrap());
    assert!(more.iter().all(|id| !seen.contains(id)));
    let last_seen = &first["voice_calls"][19]["start_time"];
    assert!(second["voice_calls"][0]["start_time"].as_str() >= last_seen.as_str());
}

#[tokio::test]
async fn calls_appear_after_end_and_delay() {
    for delay in [0, 600] {
        let delay = TimeDelta::seconds(delay);
        let fixture = Fixture::with(|config| config.appears_after = delay).await;
        // A busy hour, so that some calls are in progress.
        let now = Utc.with_ymd_and_hms(2026, 11, 24, 19, 0, 0).unwrap();
        fixture.clock.set(now);
        fixture.server.handle().revoke_tokens();
        let mut fixture = fixture;
        fixture.renew().await;
        let from = now - TimeDelta::hours(2);
        let (first, last) = (instant(from), instant(now));
        let query = [("from", &*first), ("to", &*last)];
        let all: Vec<_> = fixture.centre.calls(from, now).collect();
        let ended = all.iter().filter(|call| call.end_time + delay <= now).cloned();
        let ended = ids_of(ended);
        assert!(ended.len() < all.len());
        assert_eq!(ids(&fixture.walk(&query).await), ended);

        fixture.clock.advance(TimeDelta::hours(5));
        fixture.renew().await;
        let later = fixture.walk(&[("from", &first), ("to", &before(now))]).await;
        assert_eq!(ids(&later), ids_of(all.into_iter()));
    }
}

#[tokio::test]
async fn nothing_exists_before_the_start_of_history() {
    let fixture = Fixture::with(|config| config.history_start = Some(day(20))).await;
    let records = fixture.walk(&[("from", "2026-11-18"), ("to", "2026-11-20")]).await;
    assert_eq!(ids(&records), ids_of(fixture.centre.calls(day(20), day(21))));
    let before = fixture.ok(&[("from", "2026-11-01"), ("to", "2026-11-10")]).await;
    assert_eq!(before["total_records"], 0);
    assert_eq!(before["next_page_token"], "");
}

#[tokio::test]
async fn the_past_day_is_fixed_while_paging() {
    let fixture = Fixture::new().await;
    let first = fixture.ok(&[("page_size", "100")]).await;
    fixture.clock.advance(TimeDelta::minutes(5));
    let token = first["next_page_token"].as_str().unwrap();
    let second = fixture.ok(&[("page_size", "100"), ("next_page_token", token)]).await;
    assert_eq!(first["from"], second["from"]);
    assert_eq!(first["from"], "2026-11-24T12:00:00+00:00");
    assert_eq!(first["to"], "2026-11-25T12:00:00+00:00");
}
