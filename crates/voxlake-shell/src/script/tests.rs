//! Scripts of every kind of quote, comment and command.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The pieces in short: `line: sql`, `line: \command [statement]`, and what is left.
fn pieces(text: &str) -> Vec<String> {
    let mut script = Script::of(text);
    let mut pieces = Vec::new();
    while let Some(piece) = script.next_piece() {
        pieces.push(match piece {
            Piece::Statement(Statement { sql, line }) => format!("{line}: {sql}"),
            Piece::Command(Command { text, line, statement: None }) => format!("{line}: \\{text}"),
            Piece::Command(Command { text, line, statement: Some(statement) }) => {
                format!("{line}: \\{text} [{}]", statement.sql)
            }
        });
    }
    pieces.extend(script.take_rest().map(|rest| format!("{}: {} …", rest.line, rest.sql)));
    pieces
}

#[test]
fn statements_end_with_semicolons_outside_of_quotes_and_comments() {
    assert_eq!(pieces("SELECT 1; SELECT 2"), ["1: SELECT 1", "1: SELECT 2 …"]);
    assert_eq!(pieces(";;\n ; -- only this;\n"), [""; 0]);
    for whole in [
        "SELECT ';'",
        "SELECT 'it''s;'",
        "SELECT E'\\';'",
        "SELECT \"a;b\"",
        "SELECT `a;`",
        "SELECT 1 -- ;\n+ 1",
        "SELECT /* ; /* ; */ ; */ 1",
        "SELECT $$;'$$",
        "SELECT $a$ ; $$ $a$",
        "SELECT $1",
        "SELECT a[1:2], b::int",
    ] {
        assert_eq!(
            pieces(&format!("{whole};SELECT 2;")),
            [
                format!("1: {whole}"),
                "X: SELECT 2".replace('X', &(1 + whole.matches('\n').count()).to_string())
            ],
            "{whole}"
        );
    }
}

#[test]
fn a_statement_begins_in_the_line_of_its_first_word() {
    let script = "-- a report\n\nSELECT 1;\n/* more\n */ SELECT\n 2;\n\\timing\nSELECT 3";
    assert_eq!(pieces(script), ["3: SELECT 1", "5: SELECT\n 2", "7: \\timing", "8: SELECT 3 …"]);
}

#[test]
fn a_command_takes_the_rest_of_its_line_and_what_no_semicolon_ended() {
    assert_eq!(
        pieces("\\d calls  \nSELECT 1 \\gx\n;SELECT 2;"),
        ["1: \\d calls", "2: \\gx [SELECT 1]", "3: SELECT 2"]
    );
    assert_eq!(pieces("SELECT '\\d';"), ["1: SELECT '\\d'"]);
}

#[test]
fn input_is_whole_when_nothing_is_begun() {
    for whole in ["", "  ", "SELECT 1;", "SELECT 1; -- so\n", "\\d", "SELECT 1 \\g", "-- nothing"] {
        assert!(Script::is_whole(whole), "{whole}");
    }
    for open in ["SELECT 1", "SELECT 1; SELECT", "SELECT ';", "/* a", "SELECT $$;", "SELECT \"a;"] {
        assert!(!Script::is_whole(open), "{open}");
    }
}

#[test]
fn variables_are_replaced_outside_of_texts_and_casts() {
    let values = BTreeMap::from([("n", "5"), ("name", "O'Neil \"x\""), ("int", "wrong")]);
    let inserted = |sql: &str| insert_variables(sql, |name| values.get(name).map(ToString::to_string));
    assert_eq!(inserted("LIMIT :n"), "LIMIT 5");
    assert_eq!(inserted("= :'name', :\"name\""), "= 'O''Neil \"x\"', \"O'Neil \"\"x\"\"\"");
    for kept in
        ["':n'", "\":n\"", "-- :n", "/* :n */", "a::int", "a[1:2]", "$$:n$$", ":unknown", "12:30", ": n"]
    {
        assert_eq!(inserted(kept), kept);
    }
}

proptest! {
    #[test]
    fn a_script_read_in_parts_has_the_same_pieces(text in "[a-z '\"$:;\\\\/*\n-]{0,40}") {
        let mut script = Script::default();
        let (mut parts, mut whole) = (Vec::new(), Vec::new());
        for line in text.split_inclusive('\n') {
            script.push(line);
            parts.extend(std::iter::from_fn(|| script.next_piece()));
        }
        let mut at_once = Script::of(&text);
        whole.extend(std::iter::from_fn(|| at_once.next_piece()));
        prop_assert_eq!(parts, whole);
        prop_assert_eq!(script.take_rest(), at_once.take_rest());
    }
}
