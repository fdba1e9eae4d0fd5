//! Files of older and newer versions with one schema, in either order.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StringArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema};
use serde_json::{Value, json};

use voxlake_query::test_lake::{TestLake, call, decoded, queue, with_former_lists, without};

const EARLY: &str = "2026-11-01";
const LATE: &str = "2026-11-02";

/// Call with a value in each column that other versions lack or add.
fn whole(day: &str) -> Value {
    call(
        day,
        &format!("{day}T08:00:00Z"),
        json!({
            "queues": [queue("Sales")],
            "sub_types": ["external_warm_transfer_call"],
            "agents": [{"user_id": "u1", "display_name": "Ann", "user_email": "ann@example.com", "team_ids": ["t1"]}],
            "charge": "$0.30",
            "voice_call_details": [
                {"queue": queue("Sales"), "result": "missed", "charge": "$0.10", "rate": "$0.1", "flow": {"flow_id": "f1", "flow_name": "Main"}},
                {"queue": queue("Care"), "result": "completed", "charge": "$0.20"},
            ],
        }),
    )
}

/// Returns the column without the nested fields at these paths, or with another field in each
/// struct.
fn reshape(column: &ArrayRef, path: &str, drop: &[&str], add: bool) -> ArrayRef {
    match column.data_type() {
        DataType::List(_) => {
            let list = column.as_list::<i32>();
            let values = reshape(list.values(), path, drop, add);
            let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
            Arc::new(ListArray::new(item, list.offsets().clone(), values, list.nulls().cloned()))
        }
        DataType::Struct(_) => {
            let fields = column.as_struct();
            let mut kept: Vec<(Field, ArrayRef)> = Vec::new();
            for (field, child) in fields.fields().iter().zip(fields.columns()) {
                let path = format!("{path}.{}", field.name());
                if !drop.contains(&path.as_str()) {
                    let child = reshape(child, &path, drop, add);
                    kept.push((Field::new(field.name(), child.data_type().clone(), true), child));
                }
            }
            if add {
                let unknown: StringArray = (0..column.len()).map(|_| Some("?")).collect();
                kept.insert(0, (Field::new("from_the_future", DataType::Utf8, true), Arc::new(unknown)));
            }
            let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = kept.into_iter().unzip();
            Arc::new(StructArray::new(Fields::from(fields), columns, fields_nulls(column)))
        }
        _ => Arc::clone(column),
    }
}

fn fields_nulls(column: &ArrayRef) -> Option<datafusion::arrow::buffer::NullBuffer> {
    column.nulls().cloned()
}

fn reshaped(batch: &RecordBatch, drop: &[&str], add: bool) -> RecordBatch {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        columns.push((field.name().clone(), reshape(column, field.name(), drop, add)));
    }
    if add {
        let unknown: StringArray = (0..batch.num_rows()).map(|_| Some("?")).collect();
        columns.insert(3, ("from_the_future".to_owned(), Arc::new(unknown)));
    }
    let fields = columns.iter().map(|(name, column)| Field::new(name, column.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    RecordBatch::try_new(schema, columns.into_iter().map(|(_, column)| column).collect()).unwrap()
}

/// Returns the call as an older version would write it: without later columns.
fn older(day: &str) -> RecordBatch {
    let batch = decoded(&[whole(day)]);
    let batch = without(&without(&batch, "sub_types"), "extra");
    let batch = without(&batch, "session_border_controller_list");
    reshaped(
        &batch,
        &[
            "queues.queue_id",
            "agents.user_email",
            "agents.team_ids",
            "voice_call_details.rate",
            "voice_call_details.flow.flow_id",
        ],
        false,
    )
}

/// Returns the call as a newer version would write it: with another first column, and another field
/// in each struct.
fn newer(day: &str) -> RecordBatch {
    reshaped(&decoded(&[whole(day)]), &[], true)
}

/// Returns the call as earlier versions wrote it: with other names of list children.
fn former(day: &str) -> RecordBatch {
    with_former_lists(&decoded(&[whole(day)]))
}

/// Runs a query with the other version's file first and last.
fn lakes(odd: fn(&str) -> RecordBatch) -> [(&'static str, TestLake); 2] {
    [(EARLY, LATE), (LATE, EARLY)].map(|(day, other)| {
        let lake = TestLake::empty();
        lake.write(day, &odd(day));
        lake.write(other, &decoded(&[whole(other)]));
        (day, lake)
    })
}

#[tokio::test]
async fn columns_missing_in_older_files_are_null() {
    for (old, lake) in lakes(older) {
        let of_new = |value: &'static str| {
            move |day: &str| if day == old { "NULL".to_owned() } else { value.to_owned() }
        };
        for (sql, value) in [
            ("SELECT sub_types FROM voice_calls ORDER BY date", "[external_warm_transfer_call]"),
            ("SELECT agents[1]['user_email'] FROM voice_calls ORDER BY date", "ann@example.com"),
            ("SELECT agent_email FROM agent_calls ORDER BY date", "ann@example.com"),
            ("SELECT voice_call_details[1]['rate'] FROM voice_calls ORDER BY date", "$0.1"),
            ("SELECT flow_id FROM call_legs WHERE leg_ordinal = 1 ORDER BY date", "f1"),
        ] {
            assert_eq!(lake.sql(sql).await, [EARLY, LATE].map(of_new(value)), "{sql}, old {old}");
        }
        for (sql, both) in [
            ("SELECT agents[1]['display_name'] FROM voice_calls", "Ann"),
            ("SELECT flow_name FROM call_legs WHERE leg_ordinal = 1", "Main"),
            ("SELECT queue_name, charge_legs FROM queue_calls WHERE queue_ordinal = 2", "Care | 0.200000"),
            ("SELECT result FROM queue_calls WHERE queue_id = 'sales'", "missed"),
        ] {
            assert_eq!(lake.sql(sql).await, [both, both], "{sql}, old {old}");
        }
    }
}

#[tokio::test]
async fn filters_on_missing_columns_work() {
    for (old, lake) in lakes(older) {
        let new = if old == EARLY { LATE } else { EARLY };
        for filter in [
            "array_has(sub_types, 'external_warm_transfer_call')",
            "sub_types IS NOT NULL",
            "agents[1]['user_email'] = 'ann@example.com'",
            "voice_call_details[1]['flow']['flow_id'] = 'f1'",
        ] {
            let found = lake.sql(&format!("SELECT engagement_id FROM voice_calls WHERE {filter}")).await;
            assert_eq!(found, [new], "{filter}, old {old}");
            let others = lake
                .sql(&format!("SELECT engagement_id FROM voice_calls WHERE ({filter}) IS NOT TRUE"))
                .await;
            assert_eq!(others, [old], "not {filter}, old {old}");
        }
    }
}

#[tokio::test]
async fn additional_columns_are_ignored() {
    for (new, lake) in lakes(newer) {
        let plain = TestLake::with_calls([whole(EARLY), whole(LATE)]);
        for sql in [
            "SELECT * FROM voice_calls ORDER BY date",
            "SELECT * FROM queue_calls ORDER BY date, queue_ordinal",
            "SELECT * FROM agent_calls ORDER BY date",
            "SELECT * FROM call_legs ORDER BY date, leg_ordinal",
            "SELECT date FROM voice_calls WHERE voice_call_details[2]['queue']['queue_name'] = 'Care' ORDER BY 1",
        ] {
            assert_eq!(lake.sql(sql).await, plain.sql(sql).await, "{sql}, new {new}");
        }
    }
}

/// Lists with both child names combine with each other and with those of DataFusion's functions.
#[tokio::test]
async fn names_of_list_children_do_not_matter() {
    let plain = TestLake::with_calls([whole(EARLY), whole(LATE)]);
    let some = "array_concat(sub_types, ['x']), array_append(sub_types, 'x'), array_prepend('x', sub_types)";
    let of_structs = "array_concat(agents, agents), array_distinct(queues), agents[1]['team_ids']";
    let queries = [
        "SELECT * FROM voice_calls ORDER BY date".to_owned(),
        "SELECT * FROM queue_calls ORDER BY date, queue_ordinal".to_owned(),
        "SELECT * FROM agent_calls ORDER BY date".to_owned(),
        "SELECT * FROM call_legs ORDER BY date, leg_ordinal".to_owned(),
        format!("SELECT {some}, {of_structs} FROM voice_calls ORDER BY date"),
        "SELECT array_has_any(sub_types, ['x', 'y']), sub_types = ['x'] FROM voice_calls ORDER BY date".to_owned(),
        "SELECT sub_types FROM voice_calls UNION ALL SELECT ['x'] ORDER BY 1".to_owned(),
        "SELECT ['x'] UNION SELECT sub_types FROM voice_calls ORDER BY 1".to_owned(),
        "SELECT coalesce(rates, sub_types, ['x']), CASE WHEN date = '2026-11-01' THEN sub_types ELSE ['x'] END
         FROM voice_calls ORDER BY date"
            .to_owned(),
        "SELECT array_agg(sub_types ORDER BY date), array_agg(queues ORDER BY date), first_value(agents)
         FROM voice_calls"
            .to_owned(),
        "SELECT sub_types, count(*) FROM voice_calls GROUP BY sub_types".to_owned(),
        "SELECT engagement_id FROM voice_calls WHERE array_has(sub_types, 'external_warm_transfer_call') ORDER BY 1"
            .to_owned(),
    ];
    for sql in &queries {
        let expected = plain.sql(sql).await;
        for (day, lake) in lakes(former) {
            assert_eq!(lake.sql(sql).await, expected, "{sql}, former names on {day}");
        }
        // Columns that older files lack are null.
        for (day, lake) in lakes(older) {
            assert!(!lake.sql(sql).await.is_empty(), "{sql}, older columns on {day}");
        }
    }
}

#[tokio::test]
async fn days_without_calls_have_no_rows() {
    let lake = TestLake::with_calls([whole(EARLY)]);
    lake.write(LATE, &decoded(&[]));
    assert_eq!(lake.sql("SELECT date, queue_name FROM queue_calls ORDER BY 2").await.len(), 2);
    assert_eq!(lake.sql("SELECT date FROM voice_calls WHERE date = '2026-11-02'").await, [""; 0]);
}
