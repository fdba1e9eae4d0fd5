//! Rate limits and their headers.

use super::*;

#[tokio::test]
async fn the_per_second_limit_lasts_one_second() {
    let fixture = Fixture::with(|config| config.limits.per_second = Some(3)).await;
    for left in ["2", "1", "0"] {
        let response = fixture.get(&[]).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "X-RateLimit-Remaining"), Some(left));
    }
    let response = fixture.get(&[]).await;
    assert_eq!(response.status(), 429);
    assert_eq!(header(&response, "X-RateLimit-Category"), Some("Heavy"));
    assert_eq!(header(&response, "X-RateLimit-Type"), Some("QPS"));
    assert_eq!(header(&response, "X-RateLimit-Limit"), Some("3"));
    assert_eq!(header(&response, "Retry-After"), None);
    let body: Value = response.json().await.unwrap();
    let message = "You have reached the maximum per-second rate limit for this API. Try again later.";
    assert_eq!(body["message"], message);
    fixture.clock.advance(TimeDelta::seconds(1));
    fixture.ok(&[]).await;
}

#[tokio::test]
async fn retry_after_has_the_configured_format() {
    for (form, expected) in [(RetryAfter::Seconds, "1"), (RetryAfter::Instant, "2026-11-25T12:00:01Z")] {
        let limits = RateLimits { retry_after: form, ..RateLimits::new(0, 100) };
        let fixture = Fixture::with(|config| config.limits = limits).await;
        let response = fixture.get(&[]).await;
        assert_eq!(header(&response, "Retry-After"), Some(expected));
    }
}

#[tokio::test]
async fn the_daily_limit_ends_at_midnight_utc() {
    let mut fixture = Fixture::with(|config| config.limits = RateLimits::new(100, 4)).await;
    for left in ["3", "2", "1", "0"] {
        let response = fixture.get(&[]).await;
        assert_eq!(header(&response, "X-RateLimit-Type"), Some("Daily-limit"));
        assert_eq!(header(&response, "X-RateLimit-Remaining"), Some(left));
    }
    for _ in 0..3 {
        let response = fixture.get(&[]).await;
        assert_eq!(response.status(), 429);
        assert_eq!(header(&response, "X-RateLimit-Type"), Some("Daily-limit"));
        assert_eq!(header(&response, "X-RateLimit-Limit"), Some("4"));
        assert_eq!(header(&response, "Retry-After"), Some("2026-11-26T00:00:00Z"));
        let body: Value = response.json().await.unwrap();
        assert!(body["message"].as_str().unwrap().contains("response headers"));
    }
    fixture.clock.set(day(26) - TimeDelta::seconds(1));
    fixture.renew().await;
    assert_eq!(fixture.get(&[]).await.status(), 429);
    fixture.clock.set(day(26));
    fixture.ok(&[]).await;
}

#[tokio::test]
async fn token_requests_and_refusals_count_nothing() {
    let mut fixture = Fixture::with(|config| config.limits = RateLimits::new(1, 1)).await;
    let good = std::mem::replace(&mut fixture.token, "bad".to_owned());
    for _ in 0..5 {
        assert_eq!(fixture.get(&[]).await.status(), 401);
        fixture.ask_token("sim-client", "sim-secret", "account_credentials", "sim-account").await;
    }
    fixture.token = good;
    assert_eq!(fixture.refused(&[("page_size", "x")]).await.1, 300);
    // A request with invalid parameters counts, too.
    assert_eq!(fixture.get(&[]).await.status(), 429);
}
