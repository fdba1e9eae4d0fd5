//! Scripts with all kinds of quotes, comments and commands.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Items as `line: sql` or `line: \command [statement]`, then the rest.
fn pieces(text: &str) -> Vec<String> {
    let mut script = Script::new(text);
    let mut pieces = Vec::new();
    while let Some(piece) = script.next_item() {
        pieces.push(match piece {
            ScriptItem::Statement(Statement { sql, line }) => format!("{line}: {sql}"),
            ScriptItem::Command(CommandLine { text, line, statement: None }) => format!("{line}: \\{text}"),
            ScriptItem::Command(CommandLine { text, line, statement: Some(statement) }) => {
                format!("{line}: \\{text} [{}]", statement.sql)
            }
        });
    }
    pieces.extend(script.take_rest().map(|rest| format!("{}: {} …", rest.line, rest.sql)));
    pieces
}

#[test]
fn semicolons_in_quotes_end_nothing() {
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
fn statements_start_at_their_first_token() {
    let script = "-- a report\n\nSELECT 1;\n/* more\n */ SELECT\n 2;\n\\timing\nSELECT 3";
    assert_eq!(pieces(script), ["3: SELECT 1", "5: SELECT\n 2", "7: \\timing", "8: SELECT 3 …"]);
}

#[test]
fn commands_take_line_and_open_statement() {
    assert_eq!(
        pieces("\\d calls  \nSELECT 1 \\gx\n;SELECT 2;"),
        ["1: \\d calls", "2: \\gx [SELECT 1]", "3: SELECT 2"]
    );
    assert_eq!(pieces("SELECT '\\d';"), ["1: SELECT '\\d'"]);
}

#[test]
fn input_is_whole_when_nothing_is_begun() {
    for whole in ["", "  ", "SELECT 1;", "SELECT 1; -- so\n", "\\d", "SELECT 1 \\g", "-- nothing"] {
        assert!(Script::is_complete(whole), "{whole}");
    }
    for open in ["SELECT 1", "SELECT 1; SELECT", "SELECT ';", "/* a", "SELECT $$;", "SELECT \"a;"] {
        assert!(!Script::is_complete(open), "{open}");
    }
}

#[test]
fn variables_are_replaced_outside_strings() {
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
    fn reading_in_parts_gives_equal_items(text in "[a-z '\"$:;\\\\/*\n-]{0,40}") {
        let mut script = Script::default();
        let (mut parts, mut whole) = (Vec::new(), Vec::new());
        for line in text.split_inclusive('\n') {
            script.push(line);
            parts.extend(std::iter::from_fn(|| script.next_item()));
        }
        let mut at_once = Script::new(&text);
        whole.extend(std::iter::from_fn(|| at_once.next_item()));
        prop_assert_eq!(parts, whole);
        prop_assert_eq!(script.take_rest(), at_once.take_rest());
    }
}
