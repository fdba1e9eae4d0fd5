//! Expected visits for each rule, and properties of sums.

use proptest::prelude::*;
use serde_json::{Value, json};

use datafusion::arrow::array::Array as _;
use datafusion::common::cast::{as_decimal128_array, as_list_array, as_struct_array};

use std::sync::Arc;

use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl as _};

use super::super::visits::Visits;
use super::*;
use crate::lists::list_of;
use voxlake_query::test_lake::{call, decoded, queue, rows};

/// Returns one line for each visit: id, name, ordinal/count, result, from_legs, split, legs,
/// outside.
fn visits(more: Value) -> Vec<String> {
    let visits = visit_lists(more);
    let schema = datafusion::arrow::datatypes::Schema::new(QueueVisits::fields());
    let visits = as_struct_array(&visits).unwrap().columns().to_vec();
    rows(&[datafusion::arrow::array::RecordBatch::try_new(Arc::new(schema), visits).unwrap()])
}

fn visit_lists(more: Value) -> datafusion::arrow::array::ArrayRef {
    let calls = decoded(&[call("a", "2026-11-01T08:00:00Z", more)]);
    let columns = ["queues", "voice_call_details", "result", "charge_amount", "charge_currency"];
    let args =
        columns.map(|name| ColumnarValue::Array(Arc::clone(calls.column_by_name(name).unwrap()))).to_vec();
    let return_field = Arc::new(Field::new("visits", list_of(DataType::Struct(QueueVisits::fields())), true));
    let args = ScalarFunctionArgs {
        args,
        arg_fields: Vec::new(),
        number_rows: 1,
        return_field,
        config_options: Arc::default(),
    };
    let ColumnarValue::Array(visits) = Visits::<QueueVisits>::default().invoke_with_args(args).unwrap()
    else {
        panic!("not an array");
    };
    as_list_array(&visits).unwrap().value(0)
}

#[test]
fn calls_without_queue_have_no_visit() {
    assert_eq!(visits(json!({})), [""; 0]);
    assert_eq!(visits(json!({"queues": []})), [""; 0]);
    assert_eq!(visits(json!({"queues": [{"cc_queue_id": "", "queue_name": " "}, null]})), [""; 0]);
    assert_eq!(visits(json!({"voice_call_details": [{"result": "completed", "charge": "$1"}]})), [""; 0]);
}

#[test]
fn repeated_queues_are_one_visit() {
    assert_eq!(
        visits(json!({"queues": [queue("Sales"), queue("Care"), queue("Sales")], "charge": "$0.10"})),
        [
            "sales | Sales | 1 | 2 | completed | false | 0.050000 | NULL | NULL",
            "care | Care | 2 | 2 | completed | false | 0.050000 | NULL | NULL",
        ]
    );
}

#[test]
fn unique_names_join_call_and_leg() {
    let call = json!({
        "queues": [{"queue_id": "old", "queue_name": "Sales"}, {"queue_id": "other", "queue_name": "Care"}],
        "result": "completed",
        "voice_call_details": [{"queue": {"cc_queue_id": "new", "queue_name": "Sales"}, "result": "missed"}],
    });
    assert_eq!(
        visits(call),
        [
            "new | Sales | 1 | 2 | missed | true | NULL | NULL | NULL",
            "other | Care | 2 | 2 | completed | false | NULL | NULL | NULL",
        ]
    );
    // Two different ids of one kind are two queues, regardless of their names.
    let call = json!({"queues": [
        {"cc_queue_id": "one", "queue_name": "Sales"}, {"cc_queue_id": "two", "queue_name": "Sales"},
    ]});
    assert_eq!(visits(call).len(), 2);
}

#[test]
fn newer_id_precedes_older_id_and_name() {
    let queues = json!({"queues": [
        {"cc_queue_id": "new", "queue_id": "old", "queue_name": "Sales"},
        {"cc_queue_id": "", "queue_id": "old", "queue_name": null},
        {"queue_id": "older"},
        {"queue_name": "Care"},
        {"cc_queue_id": "new", "queue_name": "Renamed"},
    ]});
    assert_eq!(
        visits(queues),
        [
            "new | Sales | 1 | 3 | completed | false | NULL | NULL | NULL",
            "older | NULL | 2 | 3 | completed | false | NULL | NULL | NULL",
            "Care | Care | 3 | 3 | completed | false | NULL | NULL | NULL",
        ]
    );
}

#[test]
fn result_is_that_of_the_last_leg() {
    let leg =
        |result: &str, start: Value| json!({"queue": queue("Sales"), "result": result, "start_time": start});
    let result = |legs: Value| {
        let visits = visits(json!({"result": "completed", "voice_call_details": legs}));
        visits[0].split(" | ").nth(4).unwrap().to_owned()
    };
    let (early, late) = (json!("2026-11-01T08:00:00Z"), json!("2026-11-01T08:01:00Z"));
    assert_eq!(result(json!([leg("missed", late.clone()), leg("declined", early.clone())])), "missed");
    // Of legs with equal starts the last one wins. A leg without a start is not known to be last.
    assert_eq!(result(json!([leg("missed", late.clone()), leg("declined", late.clone())])), "declined");
    assert_eq!(result(json!([leg("missed", early.clone()), leg("declined", json!(null))])), "missed");
    assert_eq!(result(json!([leg("missed", json!(null)), leg("declined", early)])), "declined");
    assert_eq!(result(json!([leg("missed", json!(null)), leg("declined", json!(null))])), "declined");
}

#[test]
fn legs_set_results_and_add_queues() {
    let call = json!({
        "result": "completed",
        "queues": [queue("Sales"), queue("Care")],
        "voice_call_details": [
            {"queue": queue("Sales"), "result": "missed"},
            {"queue": queue("Billing"), "result": "overflowed"},
            {"queue": queue("Sales"), "result": null},
            {"queue": null, "result": "declined"},
        ],
    });
    assert_eq!(
        visits(call),
        [
            "sales | Sales | 1 | 3 | NULL | true | NULL | NULL | NULL",
            "care | Care | 2 | 3 | completed | false | NULL | NULL | NULL",
            "billing | Billing | 3 | 3 | overflowed | true | NULL | NULL | NULL",
        ]
    );
}

#[test]
fn legs_charge_queues_and_first_gets_rest() {
    let call = json!({
        "charge": "$1.00",
        "queues": [queue("Sales"), queue("Care")],
        "voice_call_details": [
            {"queue": queue("Sales"), "charge": "$0.20"},
            {"queue": queue("Sales"), "charge": "$0.05"},
            {"queue": null, "charge": "$0.60"},
            {"queue": queue("Billing"), "charge": null},
        ],
    });
    assert_eq!(
        visits(call),
        [
            "sales | Sales | 1 | 3 | NULL | true | 0.333334 | 0.250000 | 0.750000",
            "care | Care | 2 | 3 | completed | false | 0.333333 | 0.000000 | 0.000000",
            "billing | Billing | 3 | 3 | NULL | true | 0.333333 | 0.000000 | 0.000000",
        ]
    );
}

#[test]
fn leg_charges_need_one_currency() {
    let with = |charge: Value, legs: Value| {
        let call = json!({"charge": charge, "queues": [queue("Sales")], "voice_call_details": legs});
        visits(call)[0].split(" | ").skip(6).collect::<Vec<_>>().join(" ")
    };
    let leg = |charge: Value| json!({"queue": queue("Sales"), "charge": charge});
    assert_eq!(with(json!("$1"), json!([])), "1.000000 NULL NULL");
    assert_eq!(with(json!("$1"), json!([leg(Value::Null)])), "1.000000 NULL NULL");
    assert_eq!(with(json!("$1"), json!([leg(json!("$0.4")), leg(json!("€0.6"))])), "1.000000 NULL NULL");
    assert_eq!(with(json!("$1"), json!([leg(json!("0.4"))])), "1.000000 NULL NULL");
    assert_eq!(with(Value::Null, json!([leg(json!("$0.4"))])), "NULL NULL NULL");
    assert_eq!(
        with(json!("$1"), json!([leg(json!("$0.4")), leg(Value::Null)])),
        "1.000000 0.400000 0.600000"
    );
}

#[test]
fn credits_are_shared_like_charges() {
    let call = json!({
        "charge": "-$0.000007",
        "queues": [queue("Sales"), queue("Care"), queue("Billing")],
        "voice_call_details": [{"queue": queue("Care"), "charge": "-$0.000009"}],
    });
    assert_eq!(
        visits(call),
        [
            "sales | Sales | 1 | 3 | completed | false | -0.000003 | 0.000000 | 0.000002",
            "care | Care | 2 | 3 | NULL | true | -0.000002 | -0.000009 | 0.000000",
            "billing | Billing | 3 | 3 | completed | false | -0.000002 | 0.000000 | 0.000000",
        ]
    );
}

#[test]
fn overflowing_leg_charges_are_unknown() {
    let leg = json!({"queue": queue("Sales"), "charge": "$999999999999.999999"});
    let call = json!({
        "charge": "-$999999999999.999999",
        "queues": [queue("Sales")],
        "voice_call_details": [leg, leg],
    });
    assert_eq!(visits(call), ["sales | Sales | 1 | 1 | NULL | true | -999999999999.999999 | NULL | NULL"]);
}

fn dollars(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let amount = millionths.unsigned_abs();
    format!("{sign}${}.{:06}", amount / 1_000_000, amount % 1_000_000)
}

proptest! {
    #[test]
    fn shares_and_legs_sum_to_the_charge(
        charge in -2_000_000_000_000_i64..2_000_000_000_000,
        queues in prop::collection::vec(0_usize..4, 0..6),
        legs in prop::collection::vec((prop::option::of(0_usize..5), prop::option::of(-3_000_000_i64..3_000_000)), 0..6),
    ) {
        const NAMES: [&str; 5] = ["Sales", "Care", "Billing", "Returns", "Desk"];
        let queues = queues.iter().map(|i| queue(NAMES[*i])).collect::<Vec<_>>();
        let legs = legs
            .iter()
            .map(|(index, charge)| json!({"queue": index.map(|i| queue(NAMES[i])), "charge": charge.map(dollars)}))
            .collect::<Vec<_>>();
        let text_at = legs.iter().any(|leg| !leg["charge"].is_null());
        let visits = visit_lists(json!({"charge": dollars(charge), "queues": queues, "voice_call_details": legs}));
        let visits = as_struct_array(&visits).unwrap();
        prop_assume!(visits.len() > 0);
        let sum = |name: &str| {
            let column = visits.column_by_name(name).unwrap();
            let column = as_decimal128_array(column).unwrap();
            (column.null_count() == 0).then(|| column.values().iter().sum::<i128>())
        };
        prop_assert_eq!(sum("charge_split"), Some(i128::from(charge)));
        let by_legs = sum("charge_legs").zip(sum("charge_outside_queues"));
        prop_assert_eq!(by_legs.map(|(legs, outside)| legs + outside), text_at.then_some(i128::from(charge)));
    }
}
