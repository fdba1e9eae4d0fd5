//! Clocks that advance between requests, and clock skew.

use super::*;

async fn ticking(start: DateTime<Utc>, step: TimeDelta, change: impl FnOnce(&mut ServerConfig)) -> Fixture {
    let clock = TickingClock::new(start, step);
    Fixture::with(|config| {
        config.clock = Arc::new(clock);
        change(config);
    })
    .await
}

fn date(response: &Response) -> DateTime<Utc> {
    let date = response.headers()["date"].to_str().unwrap();
    DateTime::parse_from_rfc2822(date).unwrap().to_utc()
}

/// Returns the count on each page of a window, and the ids of all calls.
async fn pages(fixture: &Fixture, query: &[(&str, &str)]) -> (Vec<u64>, Vec<String>) {
    let (mut totals, mut records, mut token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = fixture.ok(&[query, &[("next_page_token", &token)]].concat()).await;
        totals.push(page["total_records"].as_u64().unwrap());
        records.extend(ids(page["voice_calls"].as_array().unwrap()));
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            return (totals, records);
        }
    }
}

/// Calls that become visible on earlier pages are counted, too.
#[tokio::test]
async fn calls_that_end_between_pages_are_counted() {
    let now = Utc.with_ymd_and_hms(2026, 11, 24, 19, 0, 0).unwrap();
    let mut fixture = ticking(now, TimeDelta::seconds(30), |_| {}).await;
    let (first, last) = (now - TimeDelta::minutes(20), now + TimeDelta::minutes(5));
    let (from, to) = (instant(first), before(last));
    let query = [("from", &*from), ("to", &*to), ("page_size", "10")];
    let (totals, seen) = pages(&fixture, &query).await;
    let (least, most) = (totals[0], totals[totals.len() - 1]);
    assert!(totals.len() > 5 && totals.is_sorted() && least < most, "{totals:?}");
    // A call that ends late may belong on an earlier page: it is counted, but on no later page.
    assert!((seen.len() as u64) < most, "{} of {most}", seen.len());
    // A second read, after all calls have ended, is complete.
    for _ in 0..600 {
        fixture.server.handle().config().clock.on_request();
    }
    fixture.renew().await;
    let (totals, seen) = pages(&fixture, &query).await;
    assert!(totals.iter().all(|total| *total == seen.len() as u64));
    assert_eq!(seen, ids_of(fixture.centre.calls(first, last)));
}

#[tokio::test]
async fn midnight_passes_between_two_requests() {
    let start = day(25) - TimeDelta::seconds(35);
    let limits = RateLimits { per_day: Some(2), ..RateLimits::default() };
    let fixture = ticking(start, TimeDelta::seconds(10), |config| config.limits = limits).await;
    // The first tick was for the token.
    for (status, at) in [(200, -15), (200, -5), (200, 5), (200, 15), (429, 25)] {
        let response = fixture.get(&[]).await;
        assert_eq!(response.status(), status);
        assert_eq!(date(&response), day(25) + TimeDelta::seconds(at));
    }
}

#[tokio::test]
async fn clock_skew_applies_to_every_response() {
    for minutes in [7, -7] {
        let skew = TimeDelta::minutes(minutes);
        let fixture = Fixture::with(|config| config.clock_skew = skew).await;
        let response = fixture.get(&[]).await;
        assert_eq!(date(&response), noon() + skew);
        let page: Value = response.json().await.unwrap();
        assert_eq!(page["to"], instant(noon() + skew));
        let (from, to) = (instant(noon() - TimeDelta::hours(1)), instant(noon() + TimeDelta::hours(1)));
        let seen = fixture.walk(&[("from", &from), ("to", &to)]).await;
        let all = fixture.centre.calls(noon() - TimeDelta::hours(1), noon() + TimeDelta::hours(1));
        assert_eq!(ids(&seen), ids_of(all.filter(|call| call.end_time <= noon() + skew)));
        // Refusals and unknown paths have the header, too.
        assert_eq!(date(&fixture.get(&[("page_size", "x")]).await), noon() + skew);
        assert_eq!(date(&fixture.get_path("/users", &[]).await), noon() + skew);
    }
}
