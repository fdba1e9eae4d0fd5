//! Tables in terminals of several widths.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use insta::assert_snapshot;
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::bytes;
use crate::{Format, WriterOptions};

fn sample() -> RecordBatch {
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

fn table_of_width(width: u16) -> String {
    let options = WriterOptions::default().with_width(Some(width));
    String::from_utf8(bytes(Format::Table, &sample().schema(), &options, &[sample()])).unwrap()
}

#[test]
fn wide_terminal_shows_everything() {
    assert_snapshot!(table_of_width(200));
}

#[test]
fn narrow_terminal_truncates_only_text() {
    assert_snapshot!(table_of_width(80));
}

#[test]
fn numbers_are_never_truncated() {
    assert_snapshot!(table_of_width(20));
}

#[test]
fn fitted_table_leaves_out_middle_columns() {
    let options = WriterOptions::default().with_width(Some(30));
    let mut out = Vec::new();
    let mut writer = crate::fitted_table_writer(sample().schema(), &options, &mut out);
    writer.write(&sample()).unwrap();
    writer.finish().unwrap();
    drop(writer);
    assert_snapshot!(String::from_utf8(out).unwrap());
}

proptest! {
    #[test]
    fn fitted_table_fits_any_width(
        columns in 1_usize..20,
        text in "[a-z]{0,12}",
        width in 30_u16..100,
    ) {
        let names: Vec<String> = (0..columns).map(|at| format!("c{at}_{text}")).collect();
        let column = || Arc::new(Int64Array::from_iter_values([123_456_789])) as ArrayRef;
        let batch = RecordBatch::try_from_iter(names.iter().map(|name| (name, column()))).unwrap();
        let options = WriterOptions::default().with_width(Some(width));
        let mut out = Vec::new();
        let mut writer = crate::fitted_table_writer(batch.schema(), &options, &mut out);
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
    fn table_keeps_within_its_width(texts in prop::collection::vec(any::<String>(), 1..5), width in 30u16..120) {
        let batch = RecordBatch::try_from_iter([
            ("a", Arc::new(StringArray::from_iter_values(&texts)) as ArrayRef),
            ("b", Arc::new(Int64Array::from_iter_values(texts.iter().map(|_| 123_456)))),
            ("c", Arc::new(StringArray::from_iter_values(texts.iter().rev()))),
        ]).unwrap();
        let options = WriterOptions::default().with_width(Some(width));
        let table = String::from_utf8(bytes(Format::Table, &batch.schema(), &options, &[batch])).unwrap();
        prop_assert_eq!(table.lines().count(), texts.len() + 2);
        for line in table.lines() {
            prop_assert!(line.width() <= usize::from(width), "{} columns: {:?}", line.width(), line);
        }
        prop_assert!(table.matches("123456").count() >= texts.len(), "{}", table);
    }
}
