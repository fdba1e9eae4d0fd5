//! The same three calls in all supported formats.

use std::io::Write as _;

use arrow::array::AsArray as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

fn record(id: &str) -> String {
    format!(r#"{{"engagement_id": "{id}", "start_time": "2026-11-01T08:00:00Z", "charge": "$0.019"}}"#)
}

/// Returns the ids of a file's calls, its rejected records, and its error.
fn read(file: &[u8]) -> (Vec<String>, Vec<String>, Option<SavedError>) {
    let (mut ids, mut rejects) = (Vec::new(), Vec::new());
    let error = read_saved(file, DateTime::UNIX_EPOCH, &CurrencySymbols::default(), |saved| {
        ids.extend(saved.calls["engagement_id"].as_string::<i32>().iter().flatten().map(str::to_owned));
        rejects.extend(saved.rejects.into_iter().map(|reject| reject.record));
        Ok(())
    });
    (ids, rejects, error.err())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn all_formats_contain_the_same_calls() {
    let [a, b, c] = ["a", "b", "c"].map(record);
    let page = |records: &str, token: &str| {
        format!(r#"{{"next_page_token": "{token}", "voice_calls": [{records}], "total_records": 3}}"#)
    };
    let (first, last) = (page(&format!("{a},{b}"), "x"), page(&c, ""));
    let pretty = |text: &str| {
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap()
    };
    let forms = [
        format!("{a}\n{b}\r\n\n{c}"),
        format!("\u{feff}{a}\n{b}\n{c}\n"),
        format!("[{a},{b},{c}]"),
        format!("\n  [{a},\n{b},\n{c}]\n"),
        format!("\u{feff}[{a},{b},{c}]"),
        format!("{first}\n{last}"),
        format!("[{first},{last}]"),
        format!("{first}{last}"),
        format!("{}\n{}\n", pretty(&first), pretty(&last)),
        [&a, &b, &c].map(|record| format!(r#"{{"_airbyte_id": 1, "_airbyte_data": {record}}}"#)).join("\n"),
    ];
    for form in forms {
        for file in
            [form.clone().into_bytes(), gzip(form.as_bytes()), zstd::encode_all(form.as_bytes(), 1).unwrap()]
        {
            let (ids, rejects, error) = read(&file);
            assert_eq!((ids, rejects.len()), (vec!["a".to_owned(), "b".into(), "c".into()], 0), "{form}");
            assert!(error.is_none(), "{error:?}: {form}");
        }
    }
    let parts = [gzip(a.as_bytes()), gzip(b"\n"), gzip(b.as_bytes())].concat();
    assert_eq!(read(&parts).0, ["a", "b"], "a file of several gzip members");
}

#[test]
fn an_empty_file_has_no_calls() {
    for file in ["", "\n\n", "[]", "\u{feff}", r#"{"voice_calls": [], "total_records": 0}"#] {
        let (ids, rejects, error) = read(file.as_bytes());
        assert!(ids.is_empty() && rejects.is_empty() && error.is_none(), "{file:?}: {error:?}");
    }
}

#[test]
fn malformed_lines_are_rejects() {
    let file = format!("{}\n{{\"engagement_id\": \"cut\n7\nnull\n{{}}\n{}", record("a"), record("b"));
    let (ids, rejects, error) = read(file.as_bytes());
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(rejects, ["{\"engagement_id\": \"cut", "7", "null", "{}"]);
    assert!(error.is_none(), "{error:?}");
}

#[test]
fn syntax_errors_have_a_position() {
    let (ids, _, error) = read(b"engagement_id,start_time\n1,2026-11-01\n");
    assert!(ids.is_empty());
    assert!(matches!(error, Some(SavedError::NotJson { line: 1, column: 1, .. })), "{error:?}");

    let cut = format!("[{},\n{},\n{{\"engagement_id\": \"+12055550100", record("a"), record("b"));
    let (ids, _, error) = read(cut.as_bytes());
    assert_eq!(ids, ["a", "b"]);
    let error = error.unwrap();
    assert!(matches!(error, SavedError::NotJson { kind: "an unexpected end", line: 3, .. }), "{error:?}");
    assert!(!error.to_string().contains("55550100"));

    let whole = gzip(format!("{}\n{}\n", record("a"), "x".repeat(100_000)).as_bytes());
    let (_, _, error) = read(&whole[..whole.len() / 2]);
    assert!(matches!(error, Some(SavedError::Io(_))), "{error:?}");
}

#[test]
fn consumers_can_stop_the_read() {
    let line = record("a");
    for file in [vec![line.clone(); 5000].join("\n"), format!("[{}]", vec![line; 5000].join(","))] {
        let mut given = 0;
        let error = read_saved(file.as_bytes(), DateTime::UNIX_EPOCH, &CurrencySymbols::default(), |saved| {
            given += saved.calls.num_rows();
            Err(SavedError::Ended)
        });
        assert!(matches!(error, Err(SavedError::Ended)));
        assert_eq!(given, BATCH_RECORDS);
    }
}

proptest! {
    #[test]
    fn each_line_is_a_call_or_a_reject(
        lines in proptest::collection::vec("[ -~é]{1,12}", 0..8), bytes in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        read(&bytes);
        read(&[&GZIP[..], &bytes].concat());
        read(&[&ZSTD[..], &bytes].concat());
        let file = format!("{}\n{}", record("first"), lines.join("\n"));
        let (ids, rejects, error) = read(file.as_bytes());
        prop_assert!(error.is_none());
        let nonblank = lines.iter().filter(|line| !line.trim_ascii().is_empty()).count();
        prop_assert_eq!(ids.len() + rejects.len(), 1 + nonblank);
    }
}

#[test]
fn malformed_lines_do_not_affect_others() {
    let [a, b] = ["a", "b"].map(record);
    let nan = a.replace(r#""$0.019""#, "NaN");
    let (cut_end, cut_begin) = (&a[..30], &a[30..]);
    for (lines, ids, rejects) in [
        (vec![&*nan, &*nan], vec![], vec![&*nan, &*nan]),
        (vec![cut_end, &*b], vec!["b"], vec![cut_end]),
        (vec![cut_begin, &*b], vec!["b"], vec![cut_begin]),
        (vec![&*a, cut_end, &*b], vec!["a", "b"], vec![cut_end]),
        (vec![&*a, &*b, cut_begin], vec!["a", "b"], vec![cut_begin]),
    ] {
        let (read_ids, read_rejects, error) = read(lines.join("\n").as_bytes());
        assert!(error.is_none(), "{error:?} {lines:?}");
        assert_eq!(
            (read_ids, read_rejects.iter().map(String::as_str).collect::<Vec<_>>()),
            (ids.into_iter().map(str::to_owned).collect(), rejects,)
        );
    }
}

#[test]
fn oversized_values_are_errors() {
    let long = || std::io::repeat(b' ').take(MAX_VALUE_BYTES + 10);
    let a = record("a");
    let lines = Cursor::new(format!("{a}\n{{\"x\":")).chain(long()).chain(Cursor::new(format!("1}}\n{a}\n")));
    let list = Cursor::new(format!("[{a},")).chain(long()).chain(Cursor::new("1]"));
    let value = Cursor::new(format!("{a}{{\"x\":")).chain(long()).chain(Cursor::new("1}"));
    for (file, expected) in [
        (Box::new(lines) as Box<dyn Read>, "line 2 has more than 128 MiB"),
        (Box::new(list), "it cannot be read: a value has more than 128 MiB"),
        (Box::new(value), "line 1 has more than 128 MiB"),
    ] {
        let mut calls = 0;
        let symbols = CurrencySymbols::default();
        let error = read_saved(file, DateTime::UNIX_EPOCH, &symbols, |saved| {
            calls += saved.calls.num_rows();
            Ok(())
        });
        assert_eq!(error.unwrap_err().to_string(), expected);
        assert_eq!(calls, usize::from(expected != "line 1 has more than 128 MiB"), "{expected}");
    }
}
