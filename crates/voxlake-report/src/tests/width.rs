//! A table in a terminal of some width.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use insta::assert_snapshot;
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::bytes;
use crate::{Format, Layout};

fn answer() -> RecordBatch {
    let queues = [
        "Billing",
        "Überprüfung der Rechnungen und Mahnungen, zweite Stufe",
        "カスタマーサポート・夜間・週末",
    ];
    let notes =
        [Some("[{\"queue\":\"Billing\",\"charge\":0.019000},{\"queue\":\"Sales\"}]"), None, Some("short")];
    let charges = Decimal128Array::from_iter_values([19_000, 1, 999_999_999_999_999_999])
        .with_precision_and_scale(18, 6)
        .unwrap();
    RecordBatch::try_from_iter([
        ("queue_name", Arc::new(StringArray::from_iter_values(queues)) as ArrayRef),
        ("calls_that_were_offered", Arc::new(Int64Array::from_iter_values([1, 20, 300]))),
        ("charge", Arc::new(charges)),
        ("notes", Arc::new(StringArray::from_iter(notes))),
    ])
    .unwrap()
}

fn at(width: u16) -> String {
    let layout = Layout { title: None, width: Some(width) };
    String::from_utf8(bytes(Format::Table, &answer().schema(), &layout, &[answer()])).unwrap()
}

#[test]
fn a_wide_terminal_shows_everything() {
    assert_snapshot!(at(200));
}

#[test]
fn a_narrow_terminal_shows_broken_headers_and_cut_text_and_whole_numbers() {
    assert_snapshot!(at(80));
}

#[test]
fn where_numbers_alone_are_too_wide_the_table_is_wider_than_the_terminal() {
    assert_snapshot!(at(20));
}

#[test]
fn a_fitted_table_leaves_out_columns_in_the_middle_and_says_so() {
    let layout = Layout { title: None, width: Some(30) };
    let mut out = Vec::new();
    let mut writer = crate::fitted(answer().schema(), &layout, &mut out);
    writer.write(&answer()).unwrap();
    writer.finish().unwrap();
    drop(writer);
    assert_snapshot!(String::from_utf8(out).unwrap());
}

proptest! {
    #[test]
    fn a_fitted_table_keeps_within_any_width_that_its_first_column_leaves(
        columns in 1_usize..20,
        text in "[a-z]{0,12}",
        width in 30_u16..100,
    ) {
        let names: Vec<String> = (0..columns).map(|at| format!("c{at}_{text}")).collect();
        let column = || Arc::new(Int64Array::from_iter_values([123_456_789])) as ArrayRef;
        let batch = RecordBatch::try_from_iter(names.iter().map(|name| (name, column()))).unwrap();
        let layout = Layout { title: None, width: Some(width) };
        let mut out = Vec::new();
        let mut writer = crate::fitted(batch.schema(), &layout, &mut out);
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        drop(writer);
        let table = String::from_utf8(out).unwrap();
        for line in table.lines().filter(|line| !line.starts_with("… stands")) {
            prop_assert!(line.width() <= usize::from(width), "{}: {}", width, line);
        }
        let shown = table.matches("123456789").count();
        let left_out = columns - shown;
        prop_assert_eq!(left_out > 0, table.contains("… stands for"));
    }

    #[test]
    fn a_table_keeps_within_its_width(texts in prop::collection::vec(any::<String>(), 1..5), width in 30u16..120) {
        let batch = RecordBatch::try_from_iter([
            ("a", Arc::new(StringArray::from_iter_values(&texts)) as ArrayRef),
            ("b", Arc::new(Int64Array::from_iter_values(texts.iter().map(|_| 123_456)))),
            ("c", Arc::new(StringArray::from_iter_values(texts.iter().rev()))),
        ]).unwrap();
        let layout = Layout { title: None, width: Some(width) };
        let table = String::from_utf8(bytes(Format::Table, &batch.schema(), &layout, &[batch])).unwrap();
        prop_assert_eq!(table.lines().count(), texts.len() + 2);
        for line in table.lines() {
            prop_assert!(line.width() <= usize::from(width), "{} columns: {:?}", line.width(), line);
        }
        prop_assert!(table.matches("123456").count() >= texts.len(), "{}", table);
    }
}
