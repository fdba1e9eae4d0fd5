//! What is offered where.

use voxlake_query::{Table, TableColumn};

use super::*;

fn lexicon() -> Lexicon {
    let table = |name: &str, columns: &[&str]| Table {
        name: name.to_owned(),
        comment: None,
        own: false,
        columns: columns
            .iter()
            .map(|name| TableColumn { name: (*name).to_owned(), kind: "text".to_owned(), comment: None })
            .collect(),
    };
    Lexicon {
        tables: vec![
            table("calls", &["result", "result_class", "start_time"]),
            table("queue_calls", &["queue_name", "result"]),
        ],
        functions: vec!["count".to_owned(), "local_time".to_owned(), "queue_summary".to_owned()],
    }
}

/// What may stand at the `|`.
fn at(marked: &str) -> Place {
    let at = marked.find('|').unwrap();
    place(&marked.replacen('|', "", 1), at, &lexicon())
}

#[test]
fn tables_stand_after_from_and_join_and_in_their_list() {
    for marked in
        ["SELECT * FROM |", "select * from calls c join qu|", "DESCRIBE |", "SELECT * FROM calls, |"]
    {
        assert!(matches!(at(marked), Place::Table { .. }), "{marked}: {:?}", at(marked));
    }
    for marked in [
        "SELECT |",
        "SELECT result, | FROM calls",
        "SELECT * FROM calls WHERE f(result, |",
        "FROM calls ORDER BY result, |",
    ] {
        assert!(matches!(at(marked), Place::Word { .. }), "{marked}: {:?}", at(marked));
    }
}

#[test]
fn columns_are_those_of_the_statements_tables_also_where_these_come_later() {
    let Place::Word { from, tables } = at("SELECT res| FROM calls c") else { unreachable!() };
    assert_eq!((from, tables), (7, vec!["calls".to_owned()]));
    assert_eq!(
        at("SELECT q.| FROM queue_calls AS q"),
        Place::ColumnOf { from: 9, table: "queue_calls".to_owned() }
    );
    assert_eq!(at("SELECT calls.re| FROM calls"), Place::ColumnOf { from: 13, table: "calls".to_owned() });
}

#[test]
fn values_stand_in_quotes_after_a_comparison() {
    let value = |marked: &str| match at(marked) {
        Place::Value { column, tables, .. } => format!("{column} of {}", tables.join(", ")),
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
        assert_eq!(at(marked), Place::Nowhere, "{marked}");
    }
}

#[test]
fn words_keep_the_case_in_which_they_are_typed() {
    let offered = |typed: &str| {
        let pairs = words(typed, &["calls".to_owned()], &lexicon(), &[]);
        pairs.into_iter().map(|pair| pair.replacement).collect::<Vec<_>>()
    };
    assert_eq!(offered("res"), ["result", "result_class", "reset"]);
    assert_eq!(offered("RES"), ["result", "result_class", "RESET"]);
    assert_eq!(offered("cou"), ["count("]);
    assert_eq!(offered(""), ["result", "result_class", "start_time"]);
}

#[test]
fn the_piece_that_holds_the_cursor_is_completed_alone() {
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
