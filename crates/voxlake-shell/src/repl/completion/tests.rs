//! Tests of completion contexts.

use voxlake_query::{CatalogColumn, CatalogTable};

use super::*;

fn completion_catalog() -> CompletionCatalog {
    let table = |name: &str, columns: &[&str]| CatalogTable {
        name: name.to_owned(),
        comment: None,
        is_user_defined: false,
        columns: columns
            .iter()
            .map(|name| CatalogColumn { name: (*name).to_owned(), kind: "text".to_owned(), comment: None })
            .collect(),
    };
    CompletionCatalog {
        tables: vec![
            table("calls", &["result", "result_class", "start_time"]),
            table("queue_calls", &["queue_name", "result"]),
        ],
        functions: vec!["count".to_owned(), "local_time".to_owned(), "queue_summary".to_owned()],
    }
}

/// Context at the `|`.
fn at(marked: &str) -> CursorContext {
    let at = marked.find('|').unwrap();
    cursor_context(&marked.replacen('|', "", 1), at, &completion_catalog())
}

#[test]
fn tables_are_completed_after_from_and_join() {
    for marked in
        ["SELECT * FROM |", "select * from calls c join qu|", "DESCRIBE |", "SELECT * FROM calls, |"]
    {
        assert!(matches!(at(marked), CursorContext::Table { .. }), "{marked}: {:?}", at(marked));
    }
    for marked in [
        "SELECT |",
        "SELECT result, | FROM calls",
        "SELECT * FROM calls WHERE f(result, |",
        "FROM calls ORDER BY result, |",
    ] {
        assert!(matches!(at(marked), CursorContext::Word { .. }), "{marked}: {:?}", at(marked));
    }
}

#[test]
fn columns_of_later_tables_are_completed() {
    let CursorContext::Word { from, tables } = at("SELECT res| FROM calls c") else { unreachable!() };
    assert_eq!((from, tables), (7, vec!["calls".to_owned()]));
    assert_eq!(
        at("SELECT q.| FROM queue_calls AS q"),
        CursorContext::ColumnOf { from: 9, table: "queue_calls".to_owned() }
    );
    assert_eq!(
        at("SELECT calls.re| FROM calls"),
        CursorContext::ColumnOf { from: 13, table: "calls".to_owned() }
    );
}

#[test]
fn values_stand_in_quotes_after_a_comparison() {
    let value = |marked: &str| match at(marked) {
        CursorContext::Value { column, tables, .. } => format!("{column} of {}", tables.join(", ")),
        other => format!("{other:?}"),
    };
    assert_eq!(value("SELECT * FROM queue_calls WHERE queue_name = 'Bi|"), "queue_name of queue_calls");
    assert_eq!(
        value("SELECT * FROM queue_calls WHERE queue_name<>'|' AND 1 = 1"),
        "queue_name of queue_calls"
    );
    assert_eq!(value("SELECT * FROM queue_calls WHERE result NOT IN ('a', '|"), "result of queue_calls");
    assert_eq!(
        value("SELECT * FROM calls c, queue_calls q WHERE q.result ILIKE '|"),
        "result of queue_calls"
    );
    assert_eq!(value("SELECT concat('|"), "Nowhere");
    assert_eq!(value("SELECT 'a|"), "Nowhere");
}

#[test]
fn comments_and_closed_texts_are_left_alone() {
    for marked in ["SELECT 1 -- fro|", "SELECT 'a'|", "/* | */ SELECT"] {
        assert_eq!(at(marked), CursorContext::Nowhere, "{marked}");
    }
}

#[test]
fn completion_keeps_the_typed_case() {
    let offered = |typed: &str| {
        let pairs = words(typed, &["calls".to_owned()], &completion_catalog(), &[]);
        pairs.into_iter().map(|pair| pair.replacement).collect::<Vec<_>>()
    };
    assert_eq!(offered("res"), ["result", "result_class", "reset"]);
    assert_eq!(offered("RES"), ["result", "result_class", "RESET"]);
    assert_eq!(offered("cou"), ["count("]);
    assert_eq!(offered(""), ["result", "result_class", "start_time"]);
}

#[test]
fn only_the_item_at_the_cursor_is_completed() {
    let piece = |marked: &str| {
        let at = marked.find('|').unwrap();
        let line = marked.replacen('|', "", 1);
        line[current(&line, at)].to_owned()
    };
    assert_eq!(piece("SELECT 1; SELECT 2|; SELECT 3"), "SELECT 2");
    assert_eq!(piece("\\d ca|"), "\\d ca");
    assert_eq!(piece("SELECT 1;\n  sel|"), "sel");
    assert_eq!(piece("|"), "");
}
