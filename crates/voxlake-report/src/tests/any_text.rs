//! Properties that hold for any text.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use calamine::{Reader as _, Xlsx};
use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use proptest::prelude::*;

use super::bytes;
use crate::{Format, WriterOptions, escape_control_chars};

/// Strings with a meaning in some format, separated by spaces.
const MARKS: &str = "| \\ \" , <b> </td> &amp; ` *a* _a_ ~~a~~ [a](http://x) ![a](x) http://a.com www.a.com a@b.com \
    mailto:a@b.com <http://a.com> --- # $a$ =1 <!-- --> _x0041_ 📞 \n \r\n \t \u{0} \u{202e} \u{ffff}";

/// Generates rows of two cells that often contain marks.
fn rows() -> impl Strategy<Value = Vec<(String, String)>> {
    let marks = prop::sample::select(MARKS.split(' ').chain([" "]).collect::<Vec<_>>());
    let cell = || {
        prop::collection::vec(prop_oneof![marks.clone().prop_map(str::to_owned), any::<String>()], 0..4)
            .prop_map(|parts| parts.concat())
    };
    prop::collection::vec((cell(), cell()), 1..5)
}

fn written(format: Format, rows: &[(String, String)]) -> String {
    String::from_utf8(written_bytes(format, rows)).unwrap()
}

fn written_bytes(format: Format, rows: &[(String, String)]) -> Vec<u8> {
    let column = |cells: Vec<&String>| Arc::new(StringArray::from_iter_values(cells)) as ArrayRef;
    let batch = RecordBatch::try_from_iter([
        ("a", column(rows.iter().map(|row| &row.0).collect())),
        ("b", column(rows.iter().map(|row| &row.1).collect())),
    ])
    .unwrap();
    bytes(format, &batch.schema(), &WriterOptions::default(), &[batch])
}

/// Parses a Markdown table in GitHub's dialect, and returns the texts of its cells. Panics if a
/// cell contains anything but text.
fn markdown_cells(markdown: &str) -> Vec<Vec<String>> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.math_dollars = true;
    options.extension.footnotes = true;
    let arena = Arena::new();
    let document = parse_document(&arena, markdown, &options);
    let tables: Vec<_> = document.children().collect();
    assert_eq!(tables.len(), 1, "{markdown:?} is more than a table");
    let cell_text = |cell: comrak::nodes::Node<'_>| {
        let mut text = String::new();
        for node in cell.descendants().skip(1) {
            match &node.data.borrow().value {
                NodeValue::Text(part) => text.push_str(part),
                NodeValue::HtmlInline(tag) => {
                    assert!(tag == "<span>" || tag == "</span>", "{tag} in {markdown:?}");
                }
                other => panic!("{other:?} in {markdown:?}"),
            }
        }
        text
    };
    let row_cells = |row: comrak::nodes::Node<'_>| row.children().map(cell_text).collect();
    tables[0].children().map(row_cells).collect()
}

/// Returns the texts of a sheet's cells under its header; an empty cell is an empty text.
fn xlsx_cells(workbook: Vec<u8>, rows: usize) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook)).unwrap();
    let sheet = book.worksheet_range("answer").unwrap();
    let cell = |at| sheet.get_value(at).map(ToString::to_string).unwrap_or_default();
    (1..).take(rows).map(|row| vec![cell((row, 0)), cell((row, 1))]).collect()
}

/// Returns the texts of a page's cells.
fn html_cells(page: &str) -> Vec<Vec<String>> {
    let body = page.split_once("<tbody>\n").unwrap().1.split_once("</tbody>").unwrap().0;
    let cell = |cell: &str| {
        let text = cell.strip_suffix("</td>").unwrap();
        assert!(!text.contains(['<', '>']), "{text:?} has markup");
        html_escape::decode_html_entities(text).into_owned()
    };
    let row = |row: &str| {
        let cells = row.strip_prefix("<tr>").unwrap().strip_suffix("</tr>").unwrap();
        cells.split("<td>").skip(1).map(cell).collect()
    };
    body.lines().map(row).collect()
}

proptest! {
    #[test]
    fn csv_keeps_rows_and_cells(rows in rows()) {
        let csv = written(Format::Csv, &rows);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let read: Vec<(String, String)> = reader.deserialize().map(Result::unwrap).collect();
        let plain = |(a, b): &(String, String)| {
            let plain = |text: &str| text.strip_prefix('\'').unwrap_or(text).to_owned();
            (plain(a), plain(b))
        };
        prop_assert_eq!(read.iter().map(plain).collect::<Vec<_>>(), rows.iter().map(plain).collect::<Vec<_>>());
    }

    #[test]
    fn json_keeps_every_text(rows in rows()) {
        let json: Vec<serde_json::Value> = serde_json::from_str(&written(Format::Json, &rows)).unwrap();
        let lines = written(Format::Ndjson, &rows);
        let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let expected: Vec<_> = rows.iter().map(|(a, b)| serde_json::json!({ "a": a, "b": b })).collect();
        prop_assert_eq!(&json, &expected);
        prop_assert_eq!(&lines, &expected);
    }

    #[test]
    fn markdown_shows_any_text_as_text(rows in rows()) {
        let shown = |text: &String| escape_control_chars(text).trim_matches(' ').to_owned();
        let expected: Vec<_> = rows.iter().map(|(a, b)| vec![shown(a), shown(b)]).collect();
        prop_assert_eq!(&markdown_cells(&written(Format::Markdown, &rows))[1..], &expected);
    }

    #[test]
    fn xlsx_holds_every_text(rows in rows()) {
        let expected: Vec<_> = rows.iter().map(|(a, b)| vec![escape_control_chars(a), escape_control_chars(b)]).collect();
        prop_assert_eq!(xlsx_cells(written_bytes(Format::Xlsx, &rows), rows.len()), expected);
    }

    #[test]
    fn html_shows_any_text_as_text(rows in rows()) {
        let expected: Vec<_> = rows.iter().map(|(a, b)| vec![escape_control_chars(a), escape_control_chars(b)]).collect();
        prop_assert_eq!(html_cells(&written(Format::Html, &rows)), expected);
    }
}
