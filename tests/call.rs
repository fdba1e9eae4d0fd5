//! `voxlake call`: one call with its legs and charges.

use crate::support::{RunOutput, project_root, run, voxlake};

/// Call of the sample with four legs through two queues.
const CALL: &str = "3qYTUd-HGmbPqa8aFN3Vcg";

async fn call(args: &[&str]) -> RunOutput {
    run(voxlake(&project_root()).args(["call", "--lake", "data/sample"]).args(args)).await
}

/// Fields of the sample's call, from SQL.
async fn field(sql: &str) -> String {
    let sql = format!("SELECT {sql} FROM voice_calls WHERE engagement_id = '{CALL}'");
    let args = ["query", "--lake", "data/sample", "--format", "tsv", "-c", &sql];
    let out = run(voxlake(&project_root()).args(args)).await.ok();
    out.lines().nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn a_call_is_shown_with_its_legs() {
    let out = call(&[CALL]).await.ok();
    let facts = |name: &str| {
        let line = out.lines().find(|line| line.trim_start().starts_with(name));
        line.unwrap_or_else(|| panic!("{name}:\n{out}")).split_once(name).unwrap().1.trim().to_owned()
    };
    assert_eq!(facts("engagement_id"), CALL);
    assert_eq!(facts("queues"), "Billing → Orders");
    assert_eq!(facts("total_duration"), "6:15");
    assert_eq!(facts("charge_amount"), "0.0875 USD");
    let number = field("consumer_number").await;
    assert_eq!(facts("consumer"), format!("…{}", &number[number.len() - 4..]));
    assert!(!out.contains(&number), "{out}");
    let bars: Vec<_> = out.lines().filter(|line| line.contains('█')).collect();
    assert_eq!(bars.len(), 4, "{out}");
    // The second leg starts after 57 of 375 seconds, and lasts for 94.
    let second = format!("{}{}{}", "·".repeat(4), "█".repeat(9), "·".repeat(19));
    assert!(bars[1].contains(&second) && bars[1].contains("0:57") && bars[1].contains("1:34"), "{out}");
}

#[tokio::test]
async fn times_are_local() {
    assert!(call(&[CALL]).await.ok().contains("2026-11-02T23:28:05Z"));
    let out = call(&[CALL, "--timezone", "Europe/Berlin"]).await.ok();
    assert!(out.contains("2026-11-03T00:28:05+01:00"), "{out}");
}

#[tokio::test]
async fn programs_get_every_field() {
    let out = call(&[CALL, "--format", "json"]).await.ok();
    let rows: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(rows[0]["consumer_number"], field("consumer_number").await);
    assert_eq!(rows[0]["voice_call_details"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn unknown_calls_are_not_found() {
    for id in ["no-such-call", "-begins-with-a-hyphen", "it's", ""] {
        for format in ["table", "csv"] {
            let ran = call(&["--format", format, "--", id]).await;
            assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{id}: {}", ran.err);
            assert!(ran.err.contains(&format!("no call of the lake has the id {id:?}")), "{}", ran.err);
            assert!(ran.err.contains("voxlake lookup --engagement"), "{}", ran.err);
        }
    }
}
