//! Containment judged by hand.

use serde_json::{Value, json};

use super::{NOVEMBER, in_november};
use crate::test_lake::{TestLake, call};

async fn lines(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    TestLake::with_calls(calls).named("containment", &in_november(params)).await
}

const AT: &str = "2026-11-02T08:00:00Z";

fn through(id: &str, flows: &[&str], result: &Value) -> Value {
    let flows = flows.iter().map(|name| json!({"flow_id": name.to_lowercase(), "flow_name": name}));
    call(id, AT, json!({"flows": flows.collect::<Vec<_>>(), "result": result}))
}

async fn rates(calls: Vec<Value>, params: &[(&str, &str)]) -> String {
    lines(calls, params).await.replace(" | contained / inbound calls", "")
}

#[tokio::test]
async fn empty_period_has_zero_total() {
    insta::assert_snapshot!(TestLake::empty().named("containment", &NOVEMBER).await, @r#"
    line | group_id | group_name | calls | contained | unclassified | containment_rate | definition
    total | NULL | NULL | 0 | 0 | 0 | NULL | contained / inbound calls
    "#);
}

#[tokio::test]
async fn calls_count_once_per_flow() {
    let calls = vec![
        through("a", &["Menu", "Hours", "Menu"], &json!("contained")),
        through("b", &["Menu"], &json!("completed")),
        through("c", &["Menu"], &json!(null)),
        through("d", &[], &json!("contained")),
        call("e", AT, json!({"direction": "outbound", "result": "contained"})),
    ];
    insta::assert_snapshot!(rates(calls.clone(), &[]).await, @r#"
    line | group_id | group_name | calls | contained | unclassified | containment_rate | definition
    group | hours | Hours | 1 | 1 | 0 | 1.000000
    group | menu | Menu | 3 | 1 | 1 | 0.333333
    none | NULL | NULL | 1 | 1 | 0 | 1.000000
    total | NULL | NULL | 4 | 2 | 1 | 0.500000
    "#);
    insta::assert_snapshot!(rates(calls, &[("by", "weekday"), ("timezone", "Pacific/Auckland")]).await, @r#"
    line | group_id | group_name | calls | contained | unclassified | containment_rate | definition
    group | 1 Monday | 1 Monday | 4 | 2 | 1 | 0.500000
    group | 2 Tuesday | 2 Tuesday | 0 | 0 | 0 | NULL
    group | 3 Wednesday | 3 Wednesday | 0 | 0 | 0 | NULL
    group | 4 Thursday | 4 Thursday | 0 | 0 | 0 | NULL
    group | 5 Friday | 5 Friday | 0 | 0 | 0 | NULL
    group | 6 Saturday | 6 Saturday | 0 | 0 | 0 | NULL
    group | 7 Sunday | 7 Sunday | 0 | 0 | 0 | NULL
    total | NULL | NULL | 4 | 2 | 1 | 0.500000
    "#);
}
