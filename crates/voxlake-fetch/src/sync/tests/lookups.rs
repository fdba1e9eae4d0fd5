//! Requests without a lake: lookups, list forms and counts of slices.

use voxlake_lake::TimeRange;

use super::case::*;
use crate::{CallFilter, FetchError, FilterParameter};

fn lookup(period: TimeRange, max_requests: u64) -> crate::LookupOptions {
    crate::LookupOptions { period, max_requests, stop_at_first_match: true }
}

#[tokio::test]
async fn lookups_respect_their_limits() {
    let mut case = Case::new(|n, _| ok(&calls(n * 10..(n + 1) * 10), 500, &format!("token-{n}"))).await;
    let found = case.client().look_up(&case.budget().await, lookup(november(1..=2), 3)).await.unwrap();
    let rows: usize = found.calls.iter().map(arrow::array::RecordBatch::num_rows).sum();
    assert_eq!((rows, found.requests, found.is_complete), (30, 3, false));
    // Long periods are searched from the newest month on, until one has the engagement.
    case = Case::new(|n, _| if n == 1 { ok(&calls(0..1), 1, "") } else { ok("", 0, "") }).await;
    case.filter = conditions(FilterParameter::EngagementId, &["call-0"]);
    let year = TimeRange { from: "2026-01-01T00:00:00Z".parse().unwrap(), to: NOW.parse().unwrap() };
    let found = case.client().look_up(&case.budget().await, lookup(year, 20)).await.unwrap();
    assert_eq!((found.requests, found.is_complete), (2, true));
    assert_eq!(case.sent(FilterParameter::EngagementId), [["call-0"], ["call-0"]]);
    let froms: Vec<String> =
        case.server.queries.lock().unwrap().iter().map(|query| query[..15].to_owned()).collect();
    assert_eq!(froms, ["from=2026-10-08", "from=2026-09-10"]);
    // A filter that the API ignores is an error.
    case = Case::new(|_, _| ok(&calls(0..1), 1, "")).await;
    case.filter = conditions(FilterParameter::EngagementId, &["other"]);
    let error = case.client().look_up(&case.budget().await, lookup(november(1..=2), 3)).await.unwrap_err();
    assert!(matches!(error, FetchError::FilterIgnored { .. }), "{error:?}");
}

#[tokio::test]
async fn counts_reveal_the_list_form() {
    use crate::FormVerdict::{Honoured, NotHonoured, Unclear};
    // Counts of queue a, queue b, repeated keys and comma-separated values.
    for (counts, repeated, comma_separated) in [
        ([3, 2, 5, 0], Honoured, NotHonoured),
        // The server applies only the last or the first of repeated keys.
        ([3, 2, 2, 5], NotHonoured, Honoured),
        ([3, 2, 3, 4], Unclear, Honoured),
        ([3, 2, 10, 10], NotHonoured, NotHonoured),
    ] {
        let case = Case::new(move |n, _| ok("", counts[n], "")).await;
        let forms = case.client().list_forms(&case.budget().await, ["a", "b"], 10).await.unwrap();
        assert_eq!((forms.repeated, forms.comma_separated), (repeated, comma_separated), "{counts:?}");
        let sent = case.sent(FilterParameter::CcQueueIds);
        assert_eq!(sent, [vec!["a"], vec!["b"], vec!["a", "b"], vec!["a,b"]]);
    }
    let case = Case::new(move |_, _| ok("", 10, "")).await;
    let error = case.client().list_forms(&case.budget().await, ["a", "b"], 10).await.unwrap_err();
    assert!(matches!(error, FetchError::FilterIgnored { .. }), "{error:?}");
}

#[tokio::test]
async fn slices_are_counted_ignored_or_unknown() {
    let case = Case::new(|number, _| match number {
        0 => ok("", 7, ""),
        1 => ok(&calls(0..1).replace("08:00:00Z\"", "08:00:00Z\", \"direction\": \"outbound\""), 7, ""),
        2 => failure(404, r#"{"code": 1201, "message": "no such queue"}"#),
        _ => ok("", 9, ""),
    })
    .await;
    let (client, budget, day) = (case.client(), case.budget().await, "2026-11-01".parse().unwrap());
    let direction = conditions(FilterParameter::Direction, &["inbound"]);
    let slice = async || client.count_slice(&budget, day, &direction, Some(FilterParameter::Direction)).await;
    assert_eq!(slice().await.unwrap(), crate::SliceCount::Counted(7));
    assert!(matches!(slice().await.unwrap(), crate::SliceCount::Ignored { .. }));
    assert!(matches!(slice().await.unwrap(), crate::SliceCount::Unknown { .. }));
    let all = CallFilter::default();
    assert!(
        !client
            .applies_parameter(&budget, day, &all, (FilterParameter::CountryIsoCodes, "DE"), 9)
            .await
            .unwrap()
    );
    assert!(
        client
            .applies_parameter(&budget, day, &all, (FilterParameter::CountryIsoCodes, "DE"), 10)
            .await
            .unwrap()
    );
}
