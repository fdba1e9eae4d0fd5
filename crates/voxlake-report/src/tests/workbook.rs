//! Workbooks, read back by calamine and as XML.

use std::io::{Cursor, Read as _};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use calamine::{Data, Reader as _, Xlsx};

use super::{bytes, hostile};
use crate::{Format, WriterOptions};

fn workbook(batch: &RecordBatch) -> Vec<u8> {
    bytes(Format::Xlsx, &batch.schema(), &WriterOptions::default(), std::slice::from_ref(batch))
}

fn rows(file: Vec<u8>) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file)).unwrap();
    book.worksheet_range("answer").unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn text(text: &str) -> Data {
    Data::String(text.to_owned())
}

/// Returns all XML parts of the file, concatenated.
fn xml(file: Vec<u8>) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut xml = String::new();
    for at in 0..archive.len() {
        archive.by_index(at).unwrap().read_to_string(&mut xml).unwrap();
    }
    xml
}

fn typed_rows() -> RecordBatch {
    let charges = [Some(19_000), None, Some(999_999_999_999_999_999)];
    RecordBatch::try_from_iter([
        ("calls", Arc::new(Int64Array::from(vec![-1, 0, 9_007_199_254_740_993])) as ArrayRef),
        ("charge", Arc::new(Decimal128Array::from_iter(charges).with_precision_and_scale(18, 6).unwrap())),
        ("rate", Arc::new(Float64Array::from(vec![0.1, f64::NAN, 1e300]))),
        ("inbound", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("day", Arc::new(Date32Array::from(vec![20_759, 0, -40_000]))),
        (
            "start",
            Arc::new(
                TimestampMillisecondArray::from(vec![1_793_577_600_000, 1_793_577_600_432, -1])
                    .with_timezone("UTC"),
            ),
        ),
    ])
    .unwrap()
}

#[test]
fn inexact_numbers_are_text() {
    let rows = rows(workbook(&typed_rows()));
    let header = ["calls", "charge", "rate", "inbound", "day", "start (UTC)"];
    assert_eq!(rows[0], header.map(text));
    assert_eq!(rows[1][..4], [Data::Float(-1.0), Data::Float(0.019), Data::Float(0.1), Data::Bool(true)]);
    assert_eq!(rows[2][..4], [Data::Float(0.0), Data::Empty, text("NaN"), Data::Bool(false)]);
    assert_eq!(
        rows[3][..4],
        [text("9007199254740993"), text("999999999999.999999"), Data::Float(1e300), Data::Empty]
    );
}

#[test]
fn times_are_numbers_of_days() {
    let rows = rows(workbook(&typed_rows()));
    let days = |cell: &Data| match cell {
        Data::DateTime(time) => time.as_f64(),
        other => panic!("{other:?} is not a time"),
    };
    // 2026-11-02, as days since 1899-12-30.
    assert_eq!(days(&rows[1][4]), 46_328.0);
    assert_eq!(days(&rows[1][5]), 46_328.0);
    assert_eq!(days(&rows[2][5]), 46_328.0 + 0.432 / 86_400.0);
    assert_eq!(rows[3][4], text("1860-06-26"));
}

#[test]
fn number_formats_keep_the_scale() {
    let xml = xml(workbook(&typed_rows()));
    for format in ["0.000000", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd hh:mm:ss.000"] {
        assert!(xml.contains(&format!("formatCode=\"{format}\"")), "{format} in {xml}");
    }
}

#[test]
fn header_is_frozen_and_has_filters() {
    let xml = xml(workbook(&typed_rows()));
    assert!(xml.contains("state=\"frozen\""), "{xml}");
    assert!(xml.contains("<autoFilter ref=\"A1:F4\"/>"), "{xml}");
    assert!(xml.contains("<cols><col min=\"1\""), "{xml}");
}

#[test]
fn hostile_text_is_only_text() {
    let file = workbook(&hostile::hostile_rows());
    let rows = rows(file.clone());
    assert_eq!(rows[1][0], text("=HYPERLINK(\"http://x\")"));
    assert_eq!(rows[2][0], text("<script>alert(1)</script>"));
    assert_eq!(rows[4][0], text("\\u{1b}[31mred\\u{7}"));
    assert_eq!(rows[5][0], text("safe\\u{202e}gpj.exe"));
    assert_eq!(rows[8][0], text("-1"));
    assert_eq!(rows[9][0], Data::Empty);
    assert_eq!(rows[8][3], text(r#"[{"name":"-1","charge":7.000007},{"name":null,"charge":null}]"#));
    let xml = xml(file);
    for active in ["<f>", "<f ", "<hyperlink", "relationships/hyperlink", "<script"] {
        assert!(!xml.contains(active), "{active} in {xml}");
    }
    // Without the prefix, text turns into a formula when its cell is edited.
    assert!(xml.contains("quotePrefix=\"1\""), "{xml}");
}

#[test]
fn long_text_is_truncated_with_ellipsis() {
    let long = ["a".repeat(32_767), "a".repeat(32_768), "📞".repeat(20_000)];
    let texts = Arc::new(StringArray::from_iter_values(&long)) as ArrayRef;
    let rows = rows(workbook(&RecordBatch::try_from_iter([("text", texts)]).unwrap()));
    assert_eq!(rows[1][0], text(&long[0]));
    assert_eq!(rows[2][0], text(&format!("{}…", "a".repeat(32_766))));
    assert_eq!(rows[3][0], text(&format!("{}…", "📞".repeat(16_383))));
}

#[test]
fn empty_result_keeps_its_header() {
    let schema = typed_rows().schema();
    let rows = rows(bytes(Format::Xlsx, &schema, &WriterOptions::default(), &[]));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0][5], text("start (UTC)"));
}
