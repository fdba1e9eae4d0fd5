//! Charts of small results.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray};
use insta::assert_snapshot;
use proptest::prelude::*;

use unicode_width::UnicodeWidthStr as _;

use super::*;

fn drawn(batch: &RecordBatch, how: ChartOptions) -> String {
    draw_chart(&batch.schema(), std::slice::from_ref(batch), &ChartOptions { width: 60, height: 6, ..how })
        .unwrap()
}

fn queues() -> RecordBatch {
    let charges = Decimal128Array::from_iter([Some(1_900_000), Some(-500_000), None, Some(10)]);
    RecordBatch::try_from_iter([
        (
            "queue",
            Arc::new(StringArray::from(vec!["Billing", "a\u{1b}[31mb", "Ops", "カスタマーサポート"]))
                as ArrayRef,
        ),
        ("calls", Arc::new(Int64Array::from(vec![120, 60, 7, 0]))),
        ("charge", Arc::new(charges.with_precision_and_scale(18, 6).unwrap())),
    ])
    .unwrap()
}

#[test]
fn bars_have_names_and_numbers() {
    assert_snapshot!(drawn(&queues(), ChartOptions::default()));
    assert_snapshot!(drawn(
        &queues(),
        ChartOptions { numbers: Some("charge".to_owned()), ..ChartOptions::default() }
    ));
}

#[test]
fn days_make_a_line() {
    let days = RecordBatch::try_from_iter([
        ("day", Arc::new(Date32Array::from_iter_values(20_000..20_014)) as ArrayRef),
        (
            "calls",
            Arc::new(Int64Array::from_iter((0..14).map(|day| (day != 5).then_some((day * 7) % 10 * 10 + 5)))),
        ),
    ])
    .unwrap();
    assert_snapshot!(drawn(&days, ChartOptions::default()));
}

#[test]
fn unsuitable_columns_are_named() {
    let refused =
        |how: ChartOptions| draw_chart(&queues().schema(), &[queues()], &how).unwrap_err().to_string();
    assert!(
        refused(ChartOptions { numbers: Some("cals".to_owned()), ..ChartOptions::default() })
            .contains("queue, calls, charge")
    );
    assert!(
        refused(ChartOptions { numbers: Some("queue".to_owned()), ..ChartOptions::default() })
            .contains("not a number")
    );
    let names = queues().project(&[0]).unwrap();
    assert!(
        draw_chart(&names.schema(), &[names], &ChartOptions::default())
            .unwrap_err()
            .to_string()
            .contains("needs")
    );
}

proptest! {
    #[test]
    fn no_chart_is_wider_than_the_terminal(
        values in prop::collection::vec(prop::option::of(any::<i32>()), 1..50),
        width in 40_usize..120,
        height in 0_usize..30,
        line: bool,
    ) {
        prop_assume!(values.iter().any(Option::is_some));
        let batch = RecordBatch::try_from_iter([
            ("name", Arc::new(StringArray::from_iter_values(values.iter().map(|value| format!("{value:?}")))) as ArrayRef),
            ("number", Arc::new(Float64Array::from_iter(values.iter().map(|value| value.map(f64::from))))),
        ]).unwrap();
        let kind = if line { ChartKind::Line } else { ChartKind::Bars };
        let how = ChartOptions { kind: Some(kind), width, height, ..ChartOptions::default() };
        let drawn = draw_chart(&batch.schema(), &[batch], &how).unwrap();
        for line in drawn.lines() {
            prop_assert!(line.width() <= width, "{}: {}", width, line);
        }
    }
}
