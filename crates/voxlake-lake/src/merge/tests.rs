//! Merges of batches of a day.

use chrono::DateTime;
use voxlake_model::decode_records;
use voxlake_model::schema;

use super::*;
use crate::sorted_calls::SortedCalls;
use crate::test_calls::{calls, format_rows};
use crate::{ConflictPolicy, Coverage, MergeCounts};

fn merge(existing: &RecordBatch, fetched: &[RecordBatch]) -> Result<(RecordBatch, MergeCounts), ArrowError> {
    let mut audit = MergeAudit::new(ConflictPolicy::Replace, &Coverage::default(), &[]);
    let fetched = SortedCalls::new(fetched.to_vec())?.take_while(usize::MAX, |_| true)?;
    let fetched = fetched.unwrap_or_else(|| RecordBatch::new_empty(schema::voice_calls()));
    let merged = super::merge(existing, &fetched, &mut audit)?;
    Ok((merged, audit.finish().0))
}

#[test]
fn adds_new_calls_in_key_order() {
    let (merged, counts) = merge(
        &calls(90, &[("b", 5, "completed", None)]),
        &[
            calls(91, &[("z", 7, "missed", None), ("a", 5, "missed", None)]),
            calls(92, &[("c", 1, "missed", None)]),
        ],
    )
    .unwrap();
    assert_eq!(
        format_rows(&merged),
        ["c 1 missed 92 ", "a 5 missed 91 ", "b 5 completed 90 ", "z 7 missed 91 "]
    );
    assert_eq!(counts, MergeCounts { added: 3, changed: 0, unchanged: 0 });
}

#[test]
fn later_fetch_wins_unless_equal() {
    let existing = calls(90, &[("a", 1, "completed", Some("x")), ("b", 2, "completed", Some("x"))]);
    let again = calls(91, &[("a", 1, "completed", Some("x")), ("b", 2, "long_calls", Some("y"))]);
    let (merged, counts) = merge(&existing, &[again]).unwrap();
    assert_eq!(format_rows(&merged), ["a 1 completed 90 x", "b 2 long_calls 91 y"]);
    assert_eq!(counts, MergeCounts { added: 0, changed: 1, unchanged: 1 });
}

#[test]
fn fetch_without_legs_keeps_known_legs() {
    let existing = calls(90, &[("a", 1, "completed", Some("x")), ("b", 2, "completed", Some("x"))]);
    let summary = calls(91, &[("a", 1, "completed", None), ("b", 2, "missed", None)]);
    let (merged, counts) = merge(&existing, &[summary]).unwrap();
    assert_eq!(format_rows(&merged), ["a 1 completed 90 x", "b 2 missed 91 x"]);
    assert_eq!(counts, MergeCounts { added: 0, changed: 1, unchanged: 1 });
}

#[test]
fn extra_fields_of_legs_move_with_them() {
    let record = |more: &str| {
        let record = format!(r#"{{"engagement_id": "a", "start_time": "2026-11-01T08:00:00Z", {more}}}"#);
        decode_records([record.as_str()], DateTime::UNIX_EPOCH).unwrap().0
    };
    let detail = record(r#""mood": 1, "voice_call_details": [{"wait": 12}]"#);
    for summary in [r#""mood": 2"#, r#""mood": 2, "voice_call_details": []"#] {
        let (merged, counts) = merge(&detail, &[record(summary)]).unwrap();
        let extra = merged["extra"].as_string::<i32>().value(0);
        assert_eq!(extra, r#"{"mood":2,"voice_call_details/0/wait":12}"#);
        assert_eq!(merged[VOICE_CALL_DETAILS].as_list::<i32>().value_length(0), 1);
        assert_eq!(counts, MergeCounts { added: 0, changed: 1, unchanged: 0 });
    }
}

#[test]
fn duplicate_calls_of_a_fetch_are_merged() {
    let twice = calls(91, &[("a", 1, "missed", None), ("a", 1, "completed", None)]);
    let (merged, counts) = merge(&calls(0, &[]), &[twice]).unwrap();
    assert_eq!(format_rows(&merged), ["a 1 completed 91 "]);
    assert_eq!(counts, MergeCounts { added: 1, changed: 0, unchanged: 0 });
}
