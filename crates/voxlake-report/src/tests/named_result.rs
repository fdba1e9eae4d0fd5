//! Results of named queries for people.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use insta::assert_snapshot;

use crate::{ColumnMeta, Format, ResultDescription, WriterOptions, expanded_writer, result_writer};

const COLUMNS: [(&str, Option<&str>, bool); 11] = [
    ("line", None, false),
    ("period", None, false),
    ("queue_id", Some("id"), false),
    ("queue_name", None, false),
    ("charge_currency", None, false),
    ("calls", Some("calls"), true),
    ("calls_without_charge", Some("calls"), true),
    ("seconds", Some("s"), true),
    ("share", Some("share, 0 to 1"), true),
    ("charge", Some("units of charge_currency"), true),
    ("difference", Some("units of charge_currency"), true),
];

fn text<const N: usize>(values: [Option<&str>; N]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn decimals(values: [Option<i128>; 3]) -> ArrayRef {
    Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(18, 6).unwrap())
}

fn charges() -> RecordBatch {
    let numbers = |values: [Option<i64>; 3]| Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
    let columns = [
        text([Some("queue"), Some("queue"), Some("total")]),
        text([Some("all"), Some("all"), Some("all")]),
        text([Some("q1"), Some("q2"), None]),
        text([Some("Billing|<b>"), Some("Claims"), None]),
        text([Some("USD"), Some("USD"), Some("USD")]),
        numbers([Some(1_200), Some(34), Some(1_234)]),
        numbers([Some(0), Some(0), Some(0)]),
        numbers([Some(247), None, Some(7_980)]),
        decimals([Some(142_857), Some(5_000), None]),
        decimals([Some(1_230_000_000), Some(4_500_000), Some(1_234_500_000)]),
        decimals([None, None, Some(0)]),
    ];
    RecordBatch::try_from_iter_with_nullable(
        COLUMNS.iter().zip(columns).map(|((name, ..), column)| (*name, column, true)),
    )
    .unwrap()
}

fn description() -> ResultDescription {
    let column = |(name, unit, is_number): &(&str, Option<&str>, bool)| {
        ColumnMeta::new(*name, *unit, *is_number, "Meaning.")
    };
    ResultDescription::new("queue_charges", COLUMNS.iter().map(column).collect())
}

fn written(format: Format, description: ResultDescription, rows: &RecordBatch) -> String {
    let options = WriterOptions::default().with_description(Some(description));
    let mut out = Vec::new();
    let mut writer = result_writer(format, rows.schema(), &options, &mut out).unwrap();
    writer.write(rows).unwrap();
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}

#[test]
fn tables_have_units_and_informative_columns() {
    assert_snapshot!(written(Format::Table, description(), &charges()), @r"
     queue_name   calls     seconds    share        charge
    ───────────────────────────────────────────────────────
     Billing|<b>  1,200        4:07  14.29 %  1,230.00 USD
     Claims          34           –   0.50 %      4.50 USD
     Total        1,234  2 h 13 min           1,234.50 USD

    The same in every row: charge_currency USD, calls_without_charge 0
    The rows add up to the total.
    ");
}

#[test]
fn markdown_and_html_have_the_cells_of_tables() {
    assert_snapshot!(written(Format::Markdown, description(), &charges()), @r"
    | queue\_name | calls | seconds | share | charge |
    | --- | ---: | ---: | ---: | ---: |
    | Billing&#124;\<b\> | 1,200 | 4:07 | 14.29 % | 1,230.00 USD |
    | Claims | 34 | – | 0.50 % | 4.50 USD |
    | Total | 1,234 | 2 h 13 min |  | 1,234.50 USD |

    The same in every row\: charge\_currency USD, calls\_without\_charge 0

    The rows add up to the total.
    ");
    let page = written(Format::Html, description(), &charges());
    let cell = "<td class=\"number\">1,234.50 USD</td>";
    assert!(page.contains(cell) && page.contains("<td>Billing|&lt;b&gt;</td>"), "{page}");
    assert!(page.contains("<p>The rows add up to the total.</p>") && !page.contains("NULL"), "{page}");
}

#[test]
fn expanded_rows_have_the_cells_of_tables() {
    let options = WriterOptions::default().with_width(Some(20)).with_description(Some(description()));
    let mut out = Vec::new();
    let mut writer = expanded_writer(charges().schema(), &options, &mut out);
    writer.write(&charges().slice(2, 1)).unwrap();
    writer.finish().unwrap();
    drop(writer);
    assert_snapshot!(String::from_utf8(out).unwrap(), @r"
    ─[ 1 ]──────────────
     period                Total
     queue_name
     charge_currency       USD
     calls                 1,234
     calls_without_charge  0
     seconds               2 h 13 min
     share
     charge                1,234.50 USD

    The rows add up to the total.
    ");
}

#[test]
fn exact_tables_have_every_value() {
    assert_snapshot!(written(Format::Table, description().with_exact(true), &charges()), @r"
     line   period  queue        charge    calls    calls  seconds     share       charge  difference
                    name         currency         without
                                                   charge
    ──────────────────────────────────────────────────────────────────────────────────────────────────
     queue  all     Billing|<b>  USD        1200        0      247  0.142857  1230.000000        NULL
     queue  all     Claims       USD          34        0     NULL  0.005000     4.500000        NULL
     total  all     NULL         USD        1234        0     7980      NULL  1234.500000    0.000000
    ");
}

#[test]
fn formats_for_programs_ignore_the_description() {
    for format in Format::ALL.into_iter().filter(|format| !format.is_for_people() && !format.is_binary()) {
        let options = WriterOptions::default();
        let mut plain = Vec::new();
        let mut writer = result_writer(format, charges().schema(), &options, &mut plain).unwrap();
        writer.write(&charges()).unwrap();
        writer.finish().unwrap();
        drop(writer);
        assert_eq!(written(format, description(), &charges()).into_bytes(), plain, "{format}");
    }
}

/// A column by which the user groups is shown, and so are numbers if all of them are zero.
#[test]
fn requested_columns_stay() {
    let columns = [
        ("line", None, false),
        ("period", None, false),
        ("class", None, false),
        ("calls", Some("calls"), true),
    ];
    let description = ResultDescription::new(
        "result_mix",
        columns.iter().map(|(name, unit, number)| ColumnMeta::new(*name, *unit, *number, "")).collect(),
    );
    let rows = RecordBatch::try_from_iter_with_nullable([
        ("line", text([Some("class"), Some("class"), Some("total")]), true),
        ("period", text([Some("2026-11"), Some("2026-11"), Some("2026-11")]), true),
        ("class", text([Some("handled"), Some("abandoned"), None]), true),
        ("calls", Arc::new(Int64Array::from(vec![0, 0, 0])) as ArrayRef, true),
    ])
    .unwrap();
    assert_snapshot!(written(Format::Markdown, description.clone(), &rows), @r"
    | class | calls |
    | --- | ---: |
    | handled | 0 |
    | abandoned | 0 |
    | Total | 0 |

    The same in every row\: period 2026-11
    ");
    let labels = [("2026-11".to_owned(), "2026-11, 20 of 30 days".to_owned())].into();
    let mut asked = description;
    asked.columns[1] = asked.columns[1].clone().with_key(true).with_labels(labels);
    assert_snapshot!(written(Format::Markdown, asked.clone(), &rows), @r"
    | period | class | calls |
    | --- | --- | ---: |
    | 2026-11, 20 of 30 days | handled | 0 |
    | 2026-11, 20 of 30 days | abandoned | 0 |
    | 2026-11, 20 of 30 days | Total | 0 |
    ");
    assert!(!written(Format::Csv, asked.clone(), &rows).contains("of 30 days"));
    assert!(!written(Format::Table, asked.with_exact(true), &rows).contains("of 30 days"));
}

/// Zero and NULL differ, and so do kinds of rows that no label tells apart.
#[test]
fn unlike_values_are_not_merged() {
    let columns = [
        ("line", None, false),
        ("reason", None, false),
        ("checked", Some("charges"), true),
        ("mismatches", Some("charges"), true),
    ];
    let description = ResultDescription::new(
        "charge_audit",
        columns.iter().map(|(name, unit, number)| ColumnMeta::new(*name, *unit, *number, "")).collect(),
    );
    let rows = RecordBatch::try_from_iter_with_nullable([
        ("line", text([Some("mismatch"), Some("unchecked"), Some("total"), Some("total")]), true),
        ("reason", text([None, Some("no charge"), None, None]), true),
        ("checked", Arc::new(Int64Array::from(vec![None, None, Some(5), Some(0)])) as ArrayRef, true),
        ("mismatches", Arc::new(Int64Array::from(vec![None, None, Some(0), None])) as ArrayRef, true),
    ])
    .unwrap();
    assert_snapshot!(written(Format::Markdown, description, &rows), @r"
    | line | reason | checked | mismatches |
    | --- | --- | ---: | ---: |
    | mismatch | – | – | – |
    | unchecked | no charge | – | – |
    | total |  | 5 | 0 |
    | total |  | 0 |  |
    ");
}
