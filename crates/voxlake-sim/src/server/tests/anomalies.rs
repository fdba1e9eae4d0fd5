//! Anomalous records: the same in every read, counted, and in addition to the calls.

use super::*;

const DAY: [(&str, &str); 3] = [("from", "2026-11-17"), ("to", "2026-11-17"), ("view_type", "detail")];

async fn with_anomalies(anomalies: Anomalies) -> Fixture {
    Fixture::with(|config| config.faults = Faults::none().with_anomalies(anomalies)).await
}

fn is_junk(record: &Value) -> bool {
    let has_id = record["engagement_id"].as_str().is_some_and(|id| !id.is_empty());
    let has_time =
        record["start_time"].as_str().is_some_and(|time| DateTime::parse_from_rfc3339(time).is_ok());
    !has_id || !has_time
}

/// Junk records come in addition to the calls, are counted, and are the same in every read.
#[tokio::test]
async fn junk_is_counted_and_repeatable() {
    let anomalies = Anomalies { seed: 3, unknown_share: 0.2, junk_share: 0.1 };
    let fixture = with_anomalies(anomalies).await;
    let records = fixture.walk_anomalous(&DAY).await;
    assert_eq!(fixture.walk_anomalous(&DAY).await, records);
    let calls: Vec<_> = fixture.centre.calls(day(17), day(18)).collect();
    let expected: Vec<_> = calls
        .iter()
        .flat_map(|call| {
            let record = anomalies.record(call, View::Detail, utc());
            [Some(record), anomalies.junk(call, View::Detail, utc())].into_iter().flatten()
        })
        .collect();
    assert_eq!(records, expected);
    let (junk, good): (Vec<_>, Vec<_>) = records.iter().cloned().partition(is_junk);
    assert_eq!(ids(&good), ids_of(calls.into_iter()));
    let share = junk.len() as f64 / good.len() as f64;
    assert!((0.05..0.15).contains(&share), "{share}");
    let mut texts: Vec<_> = junk.iter().map(Value::to_string).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), junk.len(), "no two are alike");
    for kind in [
        |record: &Value| record.is_string(),
        |record: &Value| record["engagement_id"] == "",
        |record: &Value| record.is_object() && record.get("engagement_id").is_none(),
        |record: &Value| record["engagement_id"].is_null() && record.get("engagement_id").is_some(),
        |record: &Value| record["start_time"] == "soon",
        |record: &Value| record.is_object() && record.get("start_time").is_none(),
        |record: &Value| record["start_time"].is_null() && record.get("start_time").is_some(),
    ] {
        assert!(junk.iter().any(kind));
    }
}

#[tokio::test]
async fn unknown_fields_do_not_change_known_ones() {
    let fixture = with_anomalies(Anomalies { seed: 3, unknown_share: 1.0, junk_share: 0.0 }).await;
    let records = fixture.walk(&DAY).await;
    let mut results = 0;
    for (record, call) in records.iter().zip(fixture.centre.calls(day(17), day(18))) {
        let plain = call.to_json(View::Detail, utc());
        assert!(record["sentiment"]["mood"].is_string());
        assert!(record["transcript_ids"].is_array());
        for list in ["queues", "agents", "voice_call_details"] {
            let fields = |record: &Value| record[list][0].as_object().map_or(0, serde_json::Map::len);
            let more = usize::from(fields(&plain) > 0);
            assert_eq!(fields(record), fields(&plain) + more, "{list}");
        }
        let types = |record: &Value| record["types"].as_array().unwrap().clone();
        assert_eq!(types(record)[..types(&plain).len()], types(&plain));
        for (name, value) in plain.as_object().unwrap() {
            let is_changed = ["queues", "agents", "voice_call_details", "types", "result"].contains(&&**name);
            assert!(is_changed || record[name] == *value, "{name}");
        }
        results += usize::from(record["result"] != plain["result"]);
    }
    assert!((records.len() / 8..records.len() / 2).contains(&results), "{results}");
}

/// Only a page of one call may be larger, because a call and its junk record stay together.
#[tokio::test]
async fn pages_with_junk_keep_their_size() {
    let fixture = with_anomalies(Anomalies { seed: 1, unknown_share: 0.0, junk_share: 1.0 }).await;
    for (size, expected) in [("1", 2), ("2", 2), ("5", 4), ("100", 100)] {
        let page = fixture.ok(&[&DAY[..], &[("page_size", size)]].concat()).await;
        assert_eq!(page["voice_calls"].as_array().unwrap().len(), expected, "{size}");
        let calls = fixture.centre.calls(day(17), day(18)).count() as u64;
        assert_eq!(page["total_records"], 2 * calls);
    }
}

impl Fixture {
    /// Returns the records of all pages of a window with anomalies, and checks their count.
    async fn walk_anomalous(&self, query: &[(&str, &str)]) -> Vec<Value> {
        let (mut records, mut token) = (Vec::new(), String::new());
        loop {
            let more = [("page_size", "100"), ("next_page_token", &*token)];
            let page = self.ok(&[query, &more].concat()).await;
            let new = page["voice_calls"].as_array().unwrap();
            assert!((1..=100).contains(&new.len()));
            records.extend(new.iter().cloned());
            token = page["next_page_token"].as_str().unwrap().to_owned();
            if token.is_empty() {
                assert_eq!(page["total_records"], records.len());
                return records;
            }
        }
    }
}
