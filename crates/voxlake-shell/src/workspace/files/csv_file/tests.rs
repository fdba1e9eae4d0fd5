//! CSV files, well-formed and broken.

use super::*;
use voxlake_query::test_lake::rows;

fn file_of(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

fn read_with(bytes: &[u8], options: &AttachOptions) -> Result<CsvRows, String> {
    read(file_of(bytes).path(), options, b',', MAX_BYTES)
}

fn read_text(text: &str) -> CsvRows {
    read_with(text.as_bytes(), &AttachOptions::default()).unwrap()
}

fn declared(columns: &str) -> AttachOptions {
    AttachOptions { columns: Some(columns.to_owned()), ..AttachOptions::default() }
}

/// The columns as `name type`, in the words of `DESCRIBE`.
fn columns(read: &CsvRows) -> Vec<String> {
    let fields = read.schema.fields().iter();
    fields
        .map(|field| format!("{} {}", field.name(), voxlake_query::describe_type(field.data_type())))
        .collect()
}

fn only_type(values: &[&str]) -> String {
    let text =
        format!("c;d\n{}\n", values.iter().map(|value| format!("{value};x")).collect::<Vec<_>>().join("\n"));
    columns(&read_text(&text))[0].trim_start_matches("c ").to_owned()
}

#[test]
fn types_fit_all_values() {
    for (values, expected) in [
        (&["1", "-20", "0"][..], "integer"),
        (&["999999999999999"], "integer"),
        (&["1000000000000000"], "text"),
        (&["01234", "5"], "text"),
        (&["+4930123"], "text"),
        (&["1", "1.5"], "decimal(18,1)"),
        (&["12.50", "0.019"], "decimal(18,3)"),
        (&["12345678901234567890.5", "0.25"], "decimal(38,2)"),
        (&["1.5", "123456789012345678901234567890123456789"], "text"),
        (&["1.5", "01.5"], "text"),
        (&["1e5", "2.5"], "number"),
        (&["12,50", "3"], "decimal(18,2)"),
        (&["1,234"], "text"),
        (&["1,234", "0,5"], "decimal(18,3)"),
        (&["1,5", "1.5"], "text"),
        (&["1.234,56"], "text"),
        (&["$12.50"], "text"),
        (&["2026-11-02", "9999-12-31"], "date"),
        (&["2026-11-02", "2026-02-30"], "text"),
        (&["2026-11-02", "2026-11-02 08:00"], "timestamp (UTC)"),
        (&["2026-11-02T08:00:00Z"], "timestamp (UTC)"),
        (&["2026-11-02", "1"], "text"),
        (&["true", "FALSE"], "boolean"),
        (&["true", "1"], "text"),
        (&["yes", "no"], "text"),
        (&["", "", "7"], "integer"),
        (&["", ""], "text"),
    ] {
        assert_eq!(only_type(values), expected, "{values:?}");
    }
}

/// DataFusion's own reader infers types from 1,000 rows.
#[test]
fn late_values_count() {
    let text = format!("n\n{}1.5\n", "1\n".repeat(20_000));
    let read = read_text(&text);
    assert_eq!(columns(&read), ["n decimal(18,1)"]);
    assert_eq!(
        read.batches.iter().map(datafusion::arrow::array::RecordBatch::num_rows).sum::<usize>(),
        20_001
    );
}

#[test]
fn values_keep_what_was_written() {
    let read = read_text(
        "code,price,day,at,ok,note\r\n007,12.50,2026-11-02,2026-11-02T09:00:00+01:00,true,\"a \"\"b\"\"\nc\"\r\n,,,,,\r\n",
    );
    assert_eq!(
        columns(&read),
        ["code text", "price decimal(18,2)", "day date", "at timestamp (UTC)", "ok boolean", "note text"]
    );
    assert_eq!(
        rows(&read.batches),
        [
            "007 | 12.50 | 2026-11-02 | 2026-11-02T08:00:00Z | true | a \"b\"\nc",
            "NULL | NULL | NULL | NULL | NULL | NULL"
        ]
    );
    assert_eq!(read.notices, [""; 0]);
}

#[test]
fn delimiters_and_decimal_commas_are_detected() {
    let read = read_text("\u{feff}country;price;share\nFrance;0,5;1.234\nSpain;12,25;2.345\n");
    assert_eq!(columns(&read), ["country text", "price decimal(18,2)", "share text"]);
    assert_eq!(rows(&read.batches), ["France | 0.50 | 1.234", "Spain | 12.25 | 2.345"]);
    assert_eq!(
        read.notices,
        [
            "cells are separated by ';'",
            "price has decimal commas",
            "share is kept as text: 1.234 may have decimals or thousands; declare its type to read numbers"
        ]
    );
    let tabs = read_text("a\tb\n1,5\t2\n");
    assert_eq!(columns(&tabs), ["a decimal(18,1)", "b integer"]);
    let quoted = read_text("a,b\n\"12,50\",1\n");
    assert_eq!(columns(&quoted), ["a text", "b integer"]);
    assert_eq!(quoted.notices.len(), 1);
}

#[test]
fn a_missing_header_is_noticed() {
    let read = read_text("Billing,6\nClaims,4\n");
    assert_eq!(columns(&read), ["column_1 text", "column_2 integer"]);
    assert_eq!(rows(&read.batches), ["Billing | 6", "Claims | 4"]);
    assert_eq!(read.notices, ["there is no header: the columns are named column_1 to column_2"]);
    let options = AttachOptions { header: Some(true), ..AttachOptions::default() };
    assert_eq!(
        columns(&read_with(b"Billing,6\nClaims,4\n", &options).unwrap()),
        ["Billing text", "6 integer"]
    );
    let options = AttachOptions { header: Some(false), ..AttachOptions::default() };
    assert_eq!(rows(&read_with(b"a,b\nc,d\n", &options).unwrap().batches), ["a | b", "c | d"]);
}

#[test]
fn repeated_headers_are_renamed() {
    let read = read_text("a,a, b,\n1,2,3,4\n");
    assert_eq!(columns(&read), ["a integer", "a_2 integer", "b integer", "column_4 integer"]);
    assert_eq!(
        read.notices,
        ["header a occurs twice: column 2 is named a_2", "column 4 has no header: it is named column_4"]
    );
}

#[test]
fn phone_numbers_stay_text() {
    let read = read_text("phone_number,seconds,caller,ticket\n4930123456,4930123456,+15551234,12\n");
    assert_eq!(columns(&read), ["phone_number text", "seconds integer", "caller text", "ticket integer"]);
}

#[test]
fn declared_types_are_taken() {
    let text = b"code,price,day,n\n07,\"1,234.5\",2026-11-02,012\n";
    let read = read_with(text, &declared("CODE text, price decimal(18,6), n bigint")).unwrap();
    assert_eq!(columns(&read), ["code text", "price decimal(18,6)", "day date", "n integer"]);
    assert_eq!(rows(&read.batches), ["07 | 1234.500000 | 2026-11-02 | 12"]);
    let german = read_with(b"p;q\n1.234,56;1\n1.000;2\n", &declared("p decimal(18,2)")).unwrap();
    assert_eq!(rows(&german.batches), ["1234.56 | 1", "1000.00 | 2"]);
    let double = read_with(b"p;q\n1,5;1e3\n", &declared("p double, q double")).unwrap();
    assert_eq!(rows(&double.batches), ["1.5 | 1000.0"]);
    let named = read_with(b"Billing,06\n", &declared("queue text, agents text")).unwrap();
    assert_eq!(columns(&named), ["queue text", "agents text"]);
    assert_eq!(rows(&named.batches), ["Billing | 06"]);
    let times =
        read_with(b"at\n2026-11-02\n2026-11-02 08:00:00.123456\n", &declared("at timestamp")).unwrap();
    assert_eq!(rows(&times.batches), ["2026-11-02T00:00:00Z", "2026-11-02T08:00:00.123456Z"]);
}

#[test]
fn values_of_another_type_are_refused() {
    for (text, columns, expected) in [
        ("a\n1\nx\n", "a bigint", "line 3: a \"x\" is no whole number"),
        ("a\n\"1\n\"\n1.5\n", "a bigint", "line 4: a \"1.5\" is no whole number"),
        ("a\n9223372036854775808\n", "a bigint", "no whole number of 64 bits"),
        ("a\n0.1234567\n", "a decimal(18,6)", "more than 6 decimal places"),
        ("a\n100.00\n", "a decimal(4,2)", "more than 2 digits before"),
        ("a\n\"1,234\"\n", "a decimal(18,2)", "may have decimals or thousands"),
        ("a\n02.11.2026\n", "a date", "no date such as"),
        ("a\nnoon\n", "a timestamp", "no date and time such as"),
        ("a\nyes\n", "a boolean", "neither true nor false"),
        ("a\n1\n", "a uuid", "there are text, bigint"),
        ("a\n1\n", "b text", "it has no column b; its header is a"),
        ("x,1\ny,2\n", "b bigint", "no header and 2 columns, but 1 are declared"),
    ] {
        let error = read_with(text.as_bytes(), &declared(columns)).unwrap_err();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
}

#[test]
fn broken_files_are_refused() {
    for (bytes, expected) in [
        (&b""[..], "it is empty"),
        (b"\n\r\n\n", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (b" \n \n", "its first line is blank"),
        (b"a,b\n1,2\n3\n", "line 3 has 1 cell, the first line has 2"),
        (b"a,b\n1,2\n3,4,5\n", "line 3 has 3 cells, the first line has 2"),
        (b"a,b\n1,\"x\ny\"\n3,4,5\n", "line 4 has 3 cells"),
        (b"a,b\n1,\xff\n", "line 2 is not UTF-8 text"),
        (b"\xff\xfea\0,\0b\0\n\0", "UTF-16"),
        (b"a\n\"x\ny\n", "line 2: a quote opens there or below and is never closed"),
        (b"a,b\n\"x,1\ny,2\n", "line 2: a quote opens"),
    ] {
        let error = read_with(bytes, &AttachOptions::default()).unwrap_err();
        assert!(error.contains(expected), "{bytes:?}: {error}");
    }
    let options = AttachOptions { delimiter: Some(b'"'), ..AttachOptions::default() };
    read_with(b"a\n1\n", &options).unwrap_err();
}

#[test]
fn a_header_alone_has_no_rows() {
    let read = read_text("a,b\n");
    assert_eq!(columns(&read), ["a text", "b text"]);
    assert!(read.batches.is_empty());
    assert_eq!(read.notices, ["the file has a header and no rows"]);
}

#[test]
fn files_beyond_the_limit_are_refused() {
    let file = file_of(b"a\n");
    file.as_file().set_len(MAX_BYTES as u64 + 1).unwrap();
    let error = read(file.path(), &AttachOptions::default(), b',', MAX_BYTES).unwrap_err();
    assert!(error.contains("256 MB") && error.contains("Parquet"), "{error}");
}

/// Small files whose rows are not small.
#[test]
fn rows_beyond_the_limit_are_refused() {
    let line = "1,".repeat(40) + "1\n";
    let file = file_of(line.repeat(10_000).as_bytes());
    let error = read(file.path(), &AttachOptions::default(), b',', 1 << 20).unwrap_err();
    assert!(error.contains("memory"), "{error}");
}
