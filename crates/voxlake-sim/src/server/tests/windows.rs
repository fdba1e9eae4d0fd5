//! The three formats of `from` and `to`, and their limits.

use super::*;

#[tokio::test]
async fn offsets_apply_to_window_and_response() {
    let fixture = Fixture::new().await;
    let query = [("from", "2026-11-20T01:00:00+02:00"), ("to", "2026-11-20T01:29:59+02:00")];
    let records = fixture.walk(&query).await;
    let from = day(19) + TimeDelta::hours(23);
    let expected = fixture.centre.calls(from, from + TimeDelta::minutes(30));
    assert_eq!(ids(&records), ids_of(expected));
    assert!(records[0]["start_time"].as_str().unwrap().ends_with("+02:00"));
    let page = fixture.ok(&query).await;
    assert_eq!(page["from"], "2026-11-20T01:00:00+02:00");
    assert_eq!(page["to"], "2026-11-20T01:29:59+02:00");
}

#[tokio::test]
async fn a_literal_z_is_account_time() {
    let fixture = Fixture::new().await;
    let query = [("from", "2026-11-20T00:00:00Z"), ("to", "2026-11-20T00:59:59Z")];
    let records = fixture.walk(&query).await;
    let (there, here) = (day(20) + TimeDelta::hours(8), day(20));
    let hour = TimeDelta::hours(1);
    assert_eq!(ids(&records), ids_of(fixture.centre.calls(there, there + hour)));
    assert_ne!(ids(&records), ids_of(fixture.centre.calls(here, here + hour)));
    assert!(records[0]["start_time"].as_str().unwrap().ends_with("+00:00"));
}

#[tokio::test]
async fn dates_are_whole_days_of_utc() {
    let fixture = Fixture::new().await;
    let records = fixture.walk(&[("from", "2026-11-18"), ("to", "2026-11-19")]).await;
    assert_eq!(ids(&records), ids_of(fixture.centre.calls(day(18), day(20))));
}

#[tokio::test]
async fn the_bound_decides_on_the_last_second() {
    let centre = Centre::with_seed(5);
    let last = centre.calls(day(18), day(19)).last().unwrap();
    let (from, to) = (instant(day(18)), instant(last.start_time));
    for (bound, expected) in [(Bound::Inclusive, true), (Bound::Exclusive, false)] {
        let fixture = Fixture::with(|config| config.to_bound = bound).await;
        let records = fixture.walk(&[("from", &from), ("to", &to)]).await;
        let holds = ids(&records).contains(&last.engagement_id.to_string());
        assert_eq!(holds, expected);
    }
}

#[tokio::test]
async fn the_default_window_is_the_past_day() {
    let fixture = Fixture::new().await;
    let records = fixture.walk(&[]).await;
    let calls = fixture.centre.calls(noon() - TimeDelta::days(1), noon());
    let ended = calls.filter(|call| call.end_time <= noon());
    assert_eq!(ids(&records), ids_of(ended));
}

#[tokio::test]
async fn windows_over_a_month_are_refused() {
    let fixture = Fixture::new().await;
    for (from, to) in [
        ("2026-09-01", "2026-10-01"),
        ("2026-01-31", "2026-02-28"),
        ("2026-09-01T00:00:00+00:00", "2026-10-01T00:00:00+00:00"),
    ] {
        fixture.ok(&[("from", from), ("to", to)]).await;
    }
    for (from, to) in [
        ("2026-09-01", "2026-10-02"),
        ("2026-09-01T00:00:00+00:00", "2026-10-01T00:00:01+00:00"),
        ("2026-09-01T00:00:00Z", "2027-10-01T00:00:00Z"),
    ] {
        let (status, code, message) = fixture.refused(&[("from", from), ("to", to)]).await;
        assert_eq!((status.as_u16(), code), (400, 300));
        assert_eq!(message, "The requested report exceeds the 1-month limit.");
    }
}

#[tokio::test]
async fn windows_that_cannot_be_read_are_refused() {
    let fixture = Fixture::new().await;
    for query in [
        vec![("from", "2026-11-20")],
        vec![("to", "2026-11-20")],
        vec![("from", "2026-11-20"), ("to", "2026-11-21T00:00:00Z")],
        vec![("from", "2026-11-20T00:00:00Z"), ("to", "2026-11-21T00:00:00+00:00")],
        // A plus sign that was not encoded.
        vec![("from", "2026-11-20T00:00:00 00:00"), ("to", "2026-11-21T00:00:00 00:00")],
        vec![("from", "yesterday"), ("to", "today")],
        vec![("from", "2026-11-21"), ("to", "2026-11-20")],
    ] {
        let (status, code, message) = fixture.refused(&query).await;
        assert_eq!((status.as_u16(), code), (400, 300), "{query:?}");
        assert!(message.starts_with("Invalid field."), "{message}");
    }
}
