//! Hostile text in every text format.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, Decimal128Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field};
use insta::assert_snapshot;

use super::bytes;
use crate::{Format, WriterOptions};

const TEXTS: [Option<&str>; 9] = [
    Some("=HYPERLINK(\"http://x\")"),
    Some("<script>alert(1)</script>"),
    Some("a|b\\|c\nd"),
    Some("\u{1b}[31mred\u{7}"),
    Some("safe\u{202e}gpj.exe"),
    Some("📞 Zoë ‏"),
    Some("[a](http://x) **b** www.x.com a@b.com <http://x> `c` &amp;"),
    Some("-1"),
    None,
];

/// Returns rows with a hostile name each, also within a nested value.
pub(super) fn hostile_rows() -> RecordBatch {
    let names = StringArray::from_iter(TEXTS);
    let charges = Decimal128Array::from_iter((0..9).map(|at| (at != 8).then_some(at * 1_000_001)))
        .with_precision_and_scale(18, 6)
        .unwrap();
    let leg = StructArray::from(vec![
        (Arc::new(Field::new("name", DataType::Utf8, true)), Arc::new(names.clone()) as ArrayRef),
        (Arc::new(Field::new("charge", charges.data_type().clone(), true)), Arc::new(charges.clone())),
    ]);
    let legs = ListArray::new(
        Arc::new(Field::new_list_field(leg.data_type().clone(), true)),
        OffsetBuffer::from_lengths([1, 1, 1, 1, 1, 1, 1, 2, 0]),
        Arc::new(leg),
        None,
    );
    RecordBatch::try_from_iter([
        ("queue|<b>", Arc::new(names) as ArrayRef),
        ("calls", Arc::new(Int64Array::from_iter_values(0..9))),
        ("charge", Arc::new(charges)),
        ("legs", Arc::new(legs)),
    ])
    .unwrap()
}

/// Writes the rows, with control characters replaced by symbols for the snapshot.
fn shown(format: Format) -> String {
    let options = WriterOptions::default().with_title(Some("What <they> said".to_owned()));
    let text =
        String::from_utf8(bytes(format, &hostile_rows().schema(), &options, &[hostile_rows()])).unwrap();
    let text = text.replace('\u{1b}', "␛").replace('\u{7}', "␇").replace('\u{202e}', "⟪RLO⟫");
    text.replace('\u{200f}', "⟪RLM⟫")
}

#[test]
fn table_escapes_hostile_text() {
    assert_snapshot!(shown(Format::Table));
}

#[test]
fn markdown_escapes_hostile_text() {
    assert_snapshot!(shown(Format::Markdown));
}

#[test]
fn html_escapes_hostile_text() {
    assert_snapshot!(shown(Format::Html));
}

#[test]
fn csv_neutralizes_hostile_formulas() {
    assert_snapshot!(shown(Format::Csv));
}

#[test]
fn tsv_neutralizes_hostile_formulas() {
    assert_snapshot!(shown(Format::Tsv));
}

#[test]
fn json_keeps_hostile_text() {
    assert_snapshot!(shown(Format::Json));
}

#[test]
fn ndjson_keeps_hostile_text() {
    assert_snapshot!(shown(Format::Ndjson));
}

#[test]
fn nested_values_are_json_everywhere() {
    let json = String::from_utf8(bytes(
        Format::Ndjson,
        &hostile_rows().schema(),
        &WriterOptions::default(),
        &[hostile_rows().slice(7, 1)],
    ))
    .unwrap();
    let legs = r#"[{"name":"-1","charge":7.000007},{"name":null,"charge":null}]"#;
    assert!(json.contains(legs), "{json}");
    for format in [Format::Table, Format::Csv, Format::Tsv] {
        let text = shown(format).replace("\"\"", "\"");
        assert!(text.contains(legs), "{format}: {text}");
    }
}

#[test]
fn page_has_no_scripts_or_resources() {
    let page = shown(Format::Html);
    assert!(!page.contains("<script"), "{page}");
    for fetched in ["src=", "href=", "url(", "@import"] {
        assert!(!page.contains(fetched), "{fetched} in {page}");
    }
}
