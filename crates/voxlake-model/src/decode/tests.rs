//! Valid, unusual and invalid pages.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Decimal128Type, Fields, Int64Type, TimestampMillisecondType};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::RejectReason;
use crate::test_records::{
    any_damage, any_json, any_record, damage, is_added_field, well_formed_call, write_unusual,
};

fn at_noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_534_400, 0).unwrap()
}

fn decode(page: &Value) -> Page {
    decode_page(page.to_string().as_bytes(), at_noon()).unwrap()
}

fn decode_calls(calls: &[Value]) -> Page {
    decode(&json!({ "voice_calls": calls, "total_records": calls.len() }))
}

fn call(mut more: Value) -> Value {
    let call = more.as_object_mut().unwrap();
    call.entry("engagement_id").or_insert_with(|| json!("3XilEfOvQEKRIWMWhX1jDg"));
    call.entry("start_time").or_insert_with(|| json!("2026-11-01T00:00:00-08:00"));
    more
}

fn text_of(page: &Page, column: &str) -> Option<String> {
    let column = page.calls.column_by_name(column).unwrap().as_string::<i32>();
    column.is_valid(0).then(|| column.value(0).to_owned())
}

fn extra_of(page: &Page) -> Value {
    text_of(page, "extra").map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
}

#[test]
fn a_call_fills_its_columns() {
    let page = decode(&json!({
        "next_page_token": "next", "page_size": 10, "total_records": 1,
        "voice_calls": [call(json!({
            "direction": "inbound",
            "end_time": "2026-11-01T00:02:05-08:00",
            "total_duration": 125,
            "queues": [{"queue_id": "q1", "cc_queue_id": "c1", "queue_name": "Billing"}],
            "agents": [{"user_id": "u1", "team_names": ["Day", "Night"]}],
            "recorded": true,
            "charge": "$0.057",
            "voice_call_details": [{"queue": {"cc_queue_id": "c1"}, "charge": "$0.019", "total_duration": 125}],
        }))],
    }));
    assert_eq!(page.next_page_token.as_deref(), Some("next"));
    assert_eq!(page.total_records, Some(1));
    assert!(page.rejects.is_empty());
    let start = page.calls["start_time"].as_primitive::<TimestampMillisecondType>().value(0);
    assert_eq!(DateTime::from_timestamp_millis(start).unwrap().to_rfc3339(), "2026-11-01T08:00:00+00:00");
    assert_eq!(page.calls["total_duration"].as_primitive::<Int64Type>().value(0), 125);
    assert_eq!(page.calls["charge_amount"].as_primitive::<Decimal128Type>().value(0), 57_000);
    assert_eq!(text_of(&page, "charge_currency").as_deref(), Some("USD"));
    let queue = page.calls["queues"].as_list::<i32>().value(0);
    assert_eq!(queue.as_struct()["cc_queue_id"].as_string::<i32>().value(0), "c1");
    let leg = page.calls["voice_call_details"].as_list::<i32>().value(0);
    assert_eq!(leg.as_struct()["charge_amount"].as_primitive::<Decimal128Type>().value(0), 19_000);
    assert_eq!(extra_of(&page), Value::Null);
}

#[test]
fn equivalent_values_of_other_types_are_coerced() {
    let page = decode_calls(&[call(json!({
        "engagement_id": 17,
        "total_duration": "125",
        "recorded": "TRUE",
        "monitored": 0,
        "types": "external_call",
        "queues": {"queue_name": 5},
        "charge": 0.10,
    }))]);
    assert_eq!(text_of(&page, "engagement_id").as_deref(), Some("17"));
    assert_eq!(page.calls["total_duration"].as_primitive::<Int64Type>().value(0), 125);
    assert!(page.calls["recorded"].as_boolean().value(0));
    assert!(!page.calls["monitored"].as_boolean().value(0));
    assert_eq!(page.calls["types"].as_list::<i32>().value(0).as_string::<i32>().value(0), "external_call");
    let queue = page.calls["queues"].as_list::<i32>().value(0);
    assert_eq!(queue.as_struct()["queue_name"].as_string::<i32>().value(0), "5");
    assert_eq!(page.calls["charge_amount"].as_primitive::<Decimal128Type>().value(0), 100_000);
    assert_eq!(extra_of(&page), Value::Null);
}

#[test]
fn extra_fields_are_kept_by_path() {
    let exact: Value = serde_json::from_str("12345678901234567890.123456789").unwrap();
    let page = decode_calls(&[call(json!({
        "total_duration": "<long>",
        "recorded": "<boolean>",
        "queues": [{"queue_name": "Billing"}, "Claims", {"wait": {"s": 12}}],
        "charge_amount": exact,
        "a/b": null,
        "sentiment": [0.25, "good"],
    }))]);
    assert_eq!(
        extra_of(&page).to_string(),
        json!({
            "a~1b": null,
            "charge_amount": exact,
            "queues/1": "Claims",
            "queues/2/wait": {"s": 12},
            "recorded": "<boolean>",
            "sentiment": [0.25, "good"],
            "total_duration": "<long>",
        })
        .to_string()
    );
    assert!(page.calls["total_duration"].is_null(0));
    assert_eq!(page.calls["queues"].as_list::<i32>().value(0).len(), 3);
}

#[test]
fn missing_null_and_empty_are_distinguished() {
    let page = decode_calls(&[
        call(json!({})),
        call(json!({"queues": null, "charge": null, "total_duration": null})),
        call(json!({"queues": [], "charge": "", "total_duration": ""})),
    ]);
    let queues = page.calls["queues"].as_list::<i32>();
    assert_eq!((queues.is_null(0), queues.is_null(1), queues.is_null(2)), (true, true, false));
    let charge = page.calls["charge"].as_string::<i32>();
    assert_eq!((charge.is_null(0), charge.is_null(1), charge.is_null(2)), (true, true, false));
    assert_eq!(page.calls["charge_amount"].null_count(), 3);
    assert_eq!(page.calls["total_duration"].null_count(), 3);
    assert_eq!(page.calls["extra"].null_count(), 3);
}

#[test]
fn rejects_single_records_of_a_page() {
    // `serde_json` allows a depth of 128.
    let deep = format!(r#"{{"engagement_id": "a", "x": {}{}}}"#, "[".repeat(200), "]".repeat(200));
    let calls = [
        (r#"{"engagement_id": "a", "start_time": "2026-11-01T00:00:00Z"}"#, None),
        (r#"{"start_time": "2026-11-01T00:00:00Z"}"#, Some(RejectReason::NoEngagementId)),
        (
            r#"{"engagement_id": " ", "start_time": "2026-11-01T00:00:00Z"}"#,
            Some(RejectReason::NoEngagementId),
        ),
        (
            r#"{"engagement_id": {}, "start_time": "2026-11-01T00:00:00Z"}"#,
            Some(RejectReason::NoEngagementId),
        ),
        (r#"{"engagement_id": "a"}"#, Some(RejectReason::NoStartTime)),
        (r#"{"engagement_id": "a", "start_time": null}"#, Some(RejectReason::NoStartTime)),
        (r#"{"engagement_id": "a", "start_time": 1793534400}"#, Some(RejectReason::InvalidStartTime)),
        (r#"{"engagement_id": "a", "start_time": "<string>"}"#, Some(RejectReason::InvalidStartTime)),
        (r#""a""#, Some(RejectReason::NotAnObject)),
        ("null", Some(RejectReason::NotAnObject)),
        (&deep, Some(RejectReason::InvalidJson)),
        (r#"{"engagement_id": "b", "start_time": "2026-11-01T00:00:00Z"}"#, None),
    ];
    let records: Vec<&str> = calls.iter().map(|(record, _)| *record).collect();
    let page =
        decode_page(format!(r#"{{"voice_calls": [{}]}}"#, records.join(",")).as_bytes(), at_noon()).unwrap();
    assert_eq!(page.calls.num_rows(), 2);
    let expected: Vec<Reject> = calls
        .iter()
        .filter_map(|(record, reason)| Some(Reject { reason: (*reason)?, record: (*record).to_owned() }))
        .collect();
    assert_eq!(page.rejects, expected);
}

#[test]
fn placeholders_of_the_api_description() {
    let page = decode_page(include_bytes!("placeholders.json"), at_noon()).unwrap();
    assert_eq!(page.total_records, None);
    assert_eq!(decode(&json!({"voice_calls": [], "total_records": 5.0})).total_records, Some(5));
    assert_eq!(decode(&json!({"voice_calls": [], "total_records": -1})).total_records, None);
    assert_eq!(page.next_page_token.as_deref(), Some("<string>"));
    assert_eq!((page.calls.num_rows(), page.rejects.len()), (0, 2));

    // With a valid time, the other placeholders can be stored.
    let dated = include_str!("placeholders.json")
        .replace(r#""start_time": "<string>""#, r#""start_time": "2026-11-01T00:00:00Z""#);
    let page = decode_page(dated.as_bytes(), at_noon()).unwrap();
    assert_eq!((page.calls.num_rows(), page.rejects.len()), (2, 0));
    let extra: Vec<String> = extra_of(&page).as_object().unwrap().keys().cloned().collect();
    assert_eq!(extra, ["end_time", "inbox", "monitored", "recorded", "total_duration"]);
}

#[test]
fn invalid_pages_fail_without_repeating_content() {
    for body in [
        "",
        "{",
        "[]",
        "null",
        r#"{"voice_calls": {}}"#,
        r#"{"voice_calls": null}"#,
        r#"{"total_records": 3}"#,
        r#"{"voice_calls": [{"consumer_number": "+12055550100"#,
    ] {
        let error = decode_page(body.as_bytes(), at_noon()).unwrap_err().to_string();
        assert!(error.starts_with("the response is not a page of voice calls"), "{error}");
        assert!(!error.contains("2055550100"), "{error}");
    }
    assert_eq!(decode(&json!({"total_records": 0})).calls.num_rows(), 0);
    assert_eq!(decode(&json!({"total_records": "0", "voice_calls": null})).calls.num_rows(), 0);
}

fn through_parquet(batch: &RecordBatch) -> RecordBatch {
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file)).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    concat_batches(&batch.schema(), &batches).unwrap()
}

/// Converts a value of an array to JSON in a straightforward way, for comparison.
fn as_json(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Timestamp(..) => {
            let millis = array.as_primitive::<TimestampMillisecondType>().value(row);
            DateTime::from_timestamp_millis(millis).unwrap().to_rfc3339().into()
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len()).map(|item| as_json(&items, item)).collect::<Vec<_>>().into()
        }
        DataType::Struct(fields) => columns_as_json(fields, array.as_struct().columns(), row),
        other => panic!("the schema has no {other}"),
    }
}

fn columns_as_json(fields: &Fields, columns: &[ArrayRef], row: usize) -> Value {
    let present = fields.iter().zip(columns).filter(|(field, _)| !is_added_field(field));
    Value::Object(present.map(|(field, column)| (field.name().clone(), as_json(column, row))).collect())
}

proptest! {
    #[test]
    fn calls_survive_parquet(calls in proptest::collection::vec(well_formed_call(), 0..4)) {
        let page = decode_calls(&calls);
        let back = through_parquet(&page.calls);
        prop_assert_eq!(back.num_rows(), calls.len());
        for (row, call) in calls.iter().enumerate() {
            prop_assert_eq!(&columns_as_json(back.schema().fields(), back.columns(), row), call);
            prop_assert!(back["extra"].is_null(row));
        }
    }

    #[test]
    fn any_record_is_a_call_or_reject(
        records in proptest::collection::vec(any_record(), 0..6),
    ) {
        let page = decode_calls(&records);
        prop_assert_eq!(page.calls.num_rows() + page.rejects.len(), records.len());
        prop_assert_eq!(through_parquet(&page.calls), page.calls);
    }

    #[test]
    fn any_json_decodes_without_a_panic(value in any_json()) {
        let _ = decode_page(value.to_string().as_bytes(), at_noon());
        let page = decode_calls(std::slice::from_ref(&value));
        prop_assert_eq!(page.calls.num_rows() + page.rejects.len(), 1);
    }

    #[test]
    fn any_bytes_decode_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = decode_page(&bytes, at_noon());
    }

    #[test]
    fn truncated_pages_are_errors(cut in 0_usize..1000) {
        let body = json!({ "voice_calls": [call(json!({"queues": [{"queue_name": "é"}]}))] }).to_string();
        let cut = cut % body.len();
        prop_assert!(decode_page(&body.as_bytes()[..cut], at_noon()).is_err());
    }

    #[test]
    fn both_paths_give_the_same_page(
        records in proptest::collection::vec(prop_oneof![any_record(), well_formed_call(), any_json()], 0..4),
        token in any_json(),
        (choices, put_in) in (proptest::collection::vec(any::<u8>(), 1..99), any_damage()),
        (damaged, place, removed) in (any::<bool>(), 0_usize..1000, 0_usize..3),
    ) {
        let page = json!({"next_page_token": token, "total_records": 3, "page_size": token, "voice_calls": records});
        let body = write_unusual(&page, &choices);
        let body = if damaged { damage(&body, place, removed, &put_in) } else { body };
        let comparable = |page: Result<Page, PageError>| {
            page.map(|page| (page.next_page_token, page.total_records, page.calls, page.rejects))
                .map_err(|error| error.to_string())
        };
        let expected = comparable(decode_page_slow(&body, at_noon(), &CurrencySymbols::default()));
        prop_assert_eq!(comparable(decode_page(body.as_bytes(), at_noon())), expected);
    }
}

#[test]
fn lone_surrogates_keep_their_raw_text() {
    let record =
        r#"{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z", "country_name": "bad \ud83d end"}"#;
    let (calls, rejects) = decode_records([record], DateTime::UNIX_EPOCH).unwrap();
    assert_eq!((calls.num_rows(), rejects.len()), (1, 0));
    assert_eq!(calls["country_name"].as_string::<i32>().value(0), "bad \u{fffd} end");
    assert_eq!(calls["extra"].as_string::<i32>().value(0), r#"{"country_name":"bad \\ud83d end"}"#);
}

#[test]
fn overlong_lists_are_rejects() {
    let record = |field: &str, entries: usize| {
        let entries = vec![r#"{"cc_queue_id": "q"}"#; entries].join(",");
        format!(r#"{{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z", "{field}": [{entries}]}}"#)
    };
    for (field, entries, rejected) in [("queues", 10_000, 0), ("queues", 10_001, 1), ("new_field", 10_001, 0)]
    {
        let (calls, rejects) = decode_records([&*record(field, entries)], DateTime::UNIX_EPOCH).unwrap();
        assert_eq!((calls.num_rows(), rejects.len()), (1 - rejected, rejected), "{field} {entries}");
    }
}

#[test]
fn overlong_pages_are_errors() {
    let page = |records: usize| format!(r#"{{"voice_calls": [{}]}}"#, vec!["{}"; records].join(","));
    assert_eq!(decode_page(page(10_000).as_bytes(), DateTime::UNIX_EPOCH).unwrap().rejects.len(), 10_000);
    assert!(decode_page(page(10_001).as_bytes(), DateTime::UNIX_EPOCH).is_err());
}
