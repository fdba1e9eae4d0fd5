use chrono::DateTime;
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;

use super::super::zoned_intervals::MINUTE_MS;
use super::*;
use voxlake_model::time::DAY_MS;
use voxlake_query::test_lake::rows;

fn context() -> SessionContext {
    let ctx = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    ctx.register_udaf(Concurrency::default().into());
    ctx
}

async fn answer(sql: &str) -> Result<Vec<String>> {
    Ok(rows(&context().sql(sql).await?.collect().await?))
}

#[tokio::test]
async fn intervals_have_peak_calls_and_traffic() {
    let sql = "SELECT l['begins'], l['local'], l['spans'], l['milliseconds'] / 1000, l['peak'], l['peak_at'], l['peak_as_begun']
        FROM (SELECT unnest(concurrency(b, e, 60, 'Asia/Kathmandu')) AS l FROM (VALUES
            (TIMESTAMP '2026-11-01T08:20:00Z', TIMESTAMP '2026-11-01T08:25:00Z'),
            (TIMESTAMP '2026-11-01T08:10:00Z', TIMESTAMP '2026-11-01T08:20:00Z'),
            (TIMESTAMP '2026-11-01T08:22:00Z', TIMESTAMP '2026-11-01T10:16:00Z'),
            (TIMESTAMP '2026-11-01T08:30:00Z', TIMESTAMP '2026-11-01T08:30:00Z'),
            (TIMESTAMP '2026-11-01T08:30:00Z', TIMESTAMP '2026-11-01T08:29:00Z'),
            (TIMESTAMP '2026-11-01T08:30:00Z', NULL)) AS t (b, e))";
    assert_eq!(
        answer(sql).await.unwrap(),
        [
            "2026-11-01T07:15:00Z | 2026-11-01T13:00:00 | 1 | 300 | 1 | 2026-11-01T08:10:00Z | 1",
            "2026-11-01T08:15:00Z | 2026-11-01T14:00:00 | 3 | 3780 | 2 | 2026-11-01T08:22:00Z | 2",
            "2026-11-01T09:15:00Z | 2026-11-01T15:00:00 | 1 | 3600 | 1 | 2026-11-01T09:15:00Z | NULL",
            "2026-11-01T10:15:00Z | 2026-11-01T16:00:00 | 1 | 60 | 1 | 2026-11-01T10:15:00Z | NULL",
        ]
    );
}

#[tokio::test]
async fn no_span_means_no_interval() {
    assert_eq!(answer("SELECT concurrency(now(), now(), 60, 'UTC')").await.unwrap(), ["[]"]);
    assert_eq!(answer("SELECT concurrency(now(), NULL, 60, 'UTC') WHERE false").await.unwrap(), ["[]"]);
}

#[tokio::test]
async fn invalid_arguments_are_refused() {
    let error = async |args: &str| {
        answer(&format!("SELECT concurrency({args}) FROM (VALUES (15)) AS t (m)"))
            .await
            .unwrap_err()
            .to_string()
    };
    assert!(error("now(), now(), 7, 'UTC'").await.contains("divide a day"));
    assert!(error("now(), now(), 60, 'Mars'").await.contains("not a time zone"));
    assert!(error("now(), now(), m, 'UTC'").await.contains("constant minutes"));
    assert!(error("1, 2, 60, 'UTC'").await.contains("two timestamps"));
}

/// Number of spans at an instant, counted directly.
fn level(spans: &[(i64, i64)], at: i64) -> i64 {
    i64::try_from(spans.iter().filter(|(begins, ends)| (*begins..*ends).contains(&at)).count()).unwrap()
}

proptest! {
    #[test]
    fn sweep_equals_counting_at_each_instant(
        spans in proptest::collection::vec((0..3 * DAY_MS, 0..30 * MINUTE_MS, prop::bool::ANY), 1..60),
        cut in 0..60_usize,
        minutes in prop::sample::select(vec![15_i64, 60, 1440]),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Australia/Lord_Howe"]),
    ) {
        // Around the clock change of October, with some times rounded to 15 minutes so that events
        // coincide.
        let from: i64 = DateTime::parse_from_rfc3339("2026-10-24T00:00:00Z").unwrap().timestamp_millis();
        let round = |at: i64, coarse: bool| if coarse { at / (15 * MINUTE_MS) * (15 * MINUTE_MS) } else { at };
        let spans: Vec<(i64, i64)> = spans
            .into_iter()
            .map(|(begins, length, coarse)| (from + round(begins, coarse), from + round(begins + length, coarse)))
            .collect();
        let intervals = ZonedIntervals::try_new(zone.parse().unwrap(), minutes).unwrap();
        // Two parts; one is merged through its state.
        let (left, right) = spans.split_at(cut.min(spans.len()));
        let add = |accumulator: &mut ConcurrencyAccumulator, spans: &[(i64, i64)]| {
            let column = |of: fn(&(i64, i64)) -> i64| -> ArrayRef {
                Arc::new(TimestampMillisecondArray::from_iter_values(spans.iter().map(of)).with_timezone("UTC"))
            };
            accumulator.update_batch(&[column(|span| span.0), column(|span| span.1)]).unwrap();
        };
        let mut other = ConcurrencyAccumulator { intervals, events: SpanEvents::default() };
        add(&mut other, left);
        let state: Vec<ArrayRef> = other.state().unwrap().iter().map(|list| list.to_array().unwrap()).collect();
        let mut all = ConcurrencyAccumulator { intervals, events: SpanEvents::default() };
        add(&mut all, right);
        all.merge_batch(&state).unwrap();
        all.events.sort_pending();
        let levels = sweep(&all.events, intervals);
        let lengths: i64 = spans.iter().map(|(begins, ends)| ends - begins).sum();
        prop_assert_eq!(levels.iter().map(|level| level.milliseconds).sum::<i64>(), lengths);
        let spans: Vec<(i64, i64)> = spans.into_iter().filter(|(begins, ends)| begins < ends).collect();
        let first = spans.iter().map(|span| span.0).min();
        for (index, level_of) in levels.iter().enumerate() {
            let begins = level_of.begins.max(first.unwrap());
            let ends = levels.get(index + 1).map_or(i64::MAX, |next| next.begins);
            let within = |at: &i64| (begins..ends).contains(at);
            let starts: Vec<i64> = spans.iter().map(|span| span.0).filter(within).collect();
            let mut moments: Vec<i64> = spans.iter().flat_map(|span| [span.0, span.1]).filter(within).collect();
            moments.push(begins);
            let peak = moments.iter().map(|at| level(&spans, *at)).max();
            prop_assert_eq!(Some(level_of.peak), peak);
            let peak_at = moments.iter().filter(|at| level(&spans, **at) == level_of.peak).min();
            prop_assert_eq!(Some(&level_of.peak_at), peak_at);
            prop_assert_eq!(level_of.peak_as_begun, starts.iter().map(|at| level(&spans, *at)).max());
            let overlapping = spans.iter().filter(|span| span.0 < ends && span.1 > begins).count();
            prop_assert_eq!(level_of.spans, i64::try_from(overlapping).unwrap());
        }
    }
}
