//! Rows matched by key: renamed, new, vanished and ambiguous ones.

use std::time::Duration;

use arrow::array::Int64Array;

use super::*;
use crate::definition::QueryRequest;

type QueueRow<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<i64>);

/// Rows of line, id, name, currency and calls.
fn result(rows: &[QueueRow<'_>]) -> SectionResult {
    let text = |cells: Vec<Option<&str>>| Arc::new(StringArray::from(cells)) as ArrayRef;
    let batch = RecordBatch::try_from_iter([
        ("line", text(rows.iter().map(|row| Some(row.0)).collect())),
        ("queue_id", text(rows.iter().map(|row| row.1).collect())),
        ("queue_name", text(rows.iter().map(|row| row.2).collect())),
        ("calls", Arc::new(Int64Array::from_iter(rows.iter().map(|row| row.4))) as ArrayRef),
        ("charge_currency", text(rows.iter().map(|row| row.3).collect())),
    ]);
    let column = |name: &str, unit, is_number| ColumnMeta::new(name, unit, is_number, "");
    SectionResult {
        request: QueryRequest { query: "queues".to_owned(), parameters: Default::default() },
        title: String::new(),
        description: String::new(),
        columns: vec![
            column("line", None, false),
            column("queue_id", Some("id"), false),
            column("queue_name", None, false),
            column("calls", Some("units of charge_currency"), true),
            column("charge_currency", None, false),
        ],
        rows: batch.unwrap(),
        notices: Vec::new(),
        charge_notices: Vec::new(),
        took: Duration::ZERO,
    }
}

fn comparison() -> ComparedPeriod {
    ComparedPeriod {
        from: "2026-11-09T00:00:00Z".parse().unwrap(),
        to: "2026-11-16T00:00:00Z".parse().unwrap(),
        period: "2026-W46".to_owned(),
        text: "week 46".to_owned(),
        days: None,
        obstacle: None,
    }
}

fn changes(current: &[QueueRow<'_>], previous: &[QueueRow<'_>]) -> RowChanges {
    let definition = ChangeDefinition { column: "calls".to_owned(), more_is_better: None };
    RowChanges::new(&definition, Some(&comparison()), &result(current), Some(&result(previous))).unwrap()
}

/// Returns the last four columns of each row: name, calls, calls before, status.
fn rows(changes: &RowChanges) -> Vec<[String; 4]> {
    let grid = Grid::from_result(&changes.result).unwrap();
    let cell = |row: &Row, at: usize| row.cells[at].clone().unwrap_or_default();
    grid.rows.iter().map(|row| [2, 3, 5, 6].map(|at| cell(row, at))).collect()
}

#[test]
fn rows_are_matched_by_id() {
    let current = [
        ("group", Some("1"), Some("Billing"), None, Some(10)),
        ("group", Some("2"), Some("Claims"), None, Some(20)),
        ("group", None, Some("Desk"), None, Some(30)),
        ("total", None, None, None, Some(60)),
    ];
    let previous = [
        ("group", Some("2"), Some("Old claims"), None, Some(25)),
        ("group", Some("3"), Some("Sales"), None, Some(5)),
        ("group", None, Some("Desk"), None, None),
        ("total", None, None, None, Some(30)),
    ];
    let changes = changes(&current, &previous);
    assert_eq!(
        rows(&changes),
        [
            ["Billing", "10", "", "new"],
            ["Claims", "20", "25", "both"],
            ["Desk", "30", "", "both"],
            ["", "60", "30", "both"],
            ["Sales", "", "5", "gone"],
        ]
    );
    let names: Vec<&str> = changes.result.columns[5..].iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["calls_before", "compared"]);
    let grid = Grid::from_result(&changes.result).unwrap();
    let texts = |row: &Row| changes.change(row).map(|change| change.text);
    assert_eq!(texts(&grid.rows[1]).as_deref(), Some("−20.0 %"));
    assert_eq!(texts(&grid.rows[3]).as_deref(), Some("+100.0 %"));
    assert_eq!(texts(&grid.rows[0]), None);
    assert!(changes.is_new(&grid.rows[0]) && changes.is_gone(&grid.rows[4]));
}

#[test]
fn currencies_are_part_of_the_key() {
    let current = [("total", None, None, Some("USD"), Some(7)), ("total", None, None, Some("EUR"), Some(8))];
    let previous = [("total", None, None, Some("EUR"), Some(4)), ("total", None, None, None, Some(1))];
    assert_eq!(
        rows(&changes(&current, &previous)),
        [["", "7", "", "new"], ["", "8", "4", "both"], ["", "", "1", "gone"]]
    );
}

#[test]
fn ambiguous_keys_are_not_compared() {
    let twice = [
        ("group", Some("1"), Some("Billing"), None, Some(1)),
        ("group", Some("1"), Some("Billing"), None, Some(2)),
    ];
    let once = [("group", Some("1"), Some("Billing"), None, Some(3))];
    assert_eq!(rows(&changes(&twice, &once)), [["Billing", "1", "", ""], ["Billing", "2", "", ""]]);
    assert_eq!(rows(&changes(&once, &twice)), [["Billing", "3", "", ""]]);
}

#[test]
fn columns_stay_without_a_comparison() {
    let current = [("group", Some("1"), Some("Billing"), None, Some(1))];
    let definition = ChangeDefinition { column: "calls".to_owned(), more_is_better: None };
    let changes = RowChanges::new(&definition, None, &result(&current), Some(&result(&current))).unwrap();
    assert!(!changes.is_compared());
    assert_eq!(rows(&changes), [["Billing", "1", "", ""]]);
    assert_eq!(changes.result.columns.len(), 7);
}
