//! Headers that hold and headers that break.

use chrono::TimeDelta;

use super::*;
use crate::named::Params;

const GOOD: &str = "\
-- title: How many?
-- description:
--   What counts
--   and why.
--
--   More.
-- parameter: from timestamp
--   The start.
-- parameter: by text = queue in total, queue
--   What to group by.
-- parameter: days integer = 7 in 1..366
--   How many.
-- column: calls integer (calls)
--   Their number.
-- column: name text
--   The name.
SELECT 1 -- by
";
/// The query of [`GOOD`] that reads as far before its period.
fn parse_lookback(before: &str) -> Result<NamedQuery, HeaderError> {
    parse("good", &GOOD.replacen("-- parameter", &format!("-- reads-before: {before}\n-- parameter"), 1))
}

#[test]
fn header_is_parsed_completely() {
    let query = parse("good", GOOD).unwrap();
    assert_eq!(query.title, "How many?");
    assert_eq!(query.description, "What counts and why.\n\nMore.");
    assert_eq!(query.sql, "SELECT 1 -- by\n");
    let text = |text: &str| text.to_owned();
    assert_eq!(
        query.parameters,
        [
            Parameter {
                name: text("from"),
                kind: ParameterType::Timestamp,
                default: None,
                allowed: vec![],
                bounds: None,
                help: text("The start."),
            },
            Parameter {
                name: text("by"),
                kind: ParameterType::Text,
                default: Some(text("queue")),
                allowed: vec![text("total"), text("queue")],
                bounds: None,
                help: text("What to group by."),
            },
            Parameter {
                name: text("days"),
                kind: ParameterType::Integer,
                default: Some(text("7")),
                allowed: vec![],
                bounds: Some(1..=366),
                help: text("How many."),
            },
        ]
    );
    assert_eq!(
        query.columns,
        [
            Column {
                name: text("calls"),
                kind: ColumnType::Integer,
                unit: Some(text("calls")),
                parts: None,
                help: text("Their number.")
            },
            Column {
                name: text("name"),
                kind: ColumnType::Text,
                unit: None,
                parts: None,
                help: text("The name.")
            },
        ]
    );
}

#[test]
fn lookback_is_a_number_or_parameter() {
    assert_eq!(parse("good", GOOD).unwrap().reads_before, None);
    let period = Params::new().with("from", "2026-11-01");
    for (before, params, days) in [
        ("1 day", period.clone(), 1),
        ("3 days", period.clone(), 3),
        ("$days days", period.clone(), 7),
        ("$days days", period.with("days", "30"), 30),
    ] {
        assert_eq!(
            parse_lookback(before).unwrap().reads_before(&params).unwrap(),
            TimeDelta::days(days),
            "{before}"
        );
    }
    let error =
        parse_lookback("$days days").unwrap().reads_before(&Params::new().with("days", "0")).unwrap_err();
    assert!(error.to_string().starts_with("good needs a value for from"), "{error}");
    for (before, reason) in [
        ("a week", "\"a week\" is no number of days such as 1 day or $days days"),
        ("-1 days", "\"-1\" is no number of days"),
        ("$weeks days", "there is no parameter weeks"),
        ("$by days", "by has no bounds that days have, such as in 1..366"),
        ("1 day\n-- reads-before: 2 days", "it was given before"),
    ] {
        let error = parse_lookback(before).unwrap_err();
        assert_eq!(error.reason, reason);
        assert_eq!(error.line, 7 + before.lines().count() - 1, "{before}");
    }
}

#[test]
fn allowed_values_continue_after_a_comma() {
    let file = GOOD.replacen("in total, queue", "in total,\n--   queue", 1);
    assert_eq!(parse("good", &file).unwrap().parameters, parse("good", GOOD).unwrap().parameters);
}

#[test]
fn shares_declare_their_parts() {
    let parse_parts = |parts: &str| {
        let rate = format!("-- column: rate decimal (share, 0 to 1){parts}\n--   A rate.\nSELECT 1");
        parse("good", &GOOD.replacen("SELECT 1", &rate, 1)).map(|query| query.columns[2].parts.clone())
    };
    let parts = |numerator: &[&str], of_total| ShareParts {
        numerator: numerator.iter().map(|name| (*name).to_owned()).collect(),
        denominator: "calls".to_owned(),
        of_total,
    };
    assert_eq!(parse_parts("").unwrap(), None);
    assert_eq!(parse_parts(" = calls / calls").unwrap(), Some(parts(&["calls"], false)));
    assert_eq!(parse_parts(" = calls + calls / calls").unwrap(), Some(parts(&["calls", "calls"], false)));
    assert_eq!(parse_parts(" = calls / total calls").unwrap(), Some(parts(&["calls"], true)));
    for (parts, reason) in [
        (" = calls", "\"calls\" is no share of columns"),
        (" = calls / ", "is no share of columns"),
        (" = calls calls / calls", "is no share of columns"),
        (" = lost / calls", "rate is a share of lost, which is no number of the query"),
        (" = calls / name", "rate is a share of name, which is no number of the query"),
    ] {
        let error = parse_parts(parts).unwrap_err();
        assert!(error.reason.contains(reason), "{parts}: {}", error.reason);
        assert_eq!(error.line, 17, "{parts}");
    }
    let count = GOOD.replacen("integer (calls)", "integer (calls) = calls / calls", 1);
    assert_eq!(parse("bad", &count).unwrap_err().reason, "calls has parts, but its unit is no share");
}

#[test]
fn invalid_headers_name_the_line() {
    for (from, to, line, reason) in [
        ("-- title: How many?\n", "", 16, "no title"),
        ("-- title:", "-- titel:", 1, "\"titel\" is no title"),
        ("title: How many?", "title:", 1, "it is empty"),
        ("--   The start.\n", "", 7, "no text says what it means"),
        ("from timestamp", "from instant", 7, "\"instant\" is no type of a parameter"),
        ("from timestamp", "from", 7, "not a name and a type"),
        ("= queue in", "= day in", 9, "invalid value \"day\" for by: it takes total or queue"),
        ("= 7 in", "= 0 in", 11, "invalid value \"0\" for days: it takes a whole number from 1 to 366"),
        ("in 1..366", "in 7..1", 11, "\"7..1\" is no range of whole numbers such as 1..366"),
        ("in 1..366", "in 1..", 11, "\"1..\" is no range"),
        ("by text", "from text", 9, "a second parameter from"),
        ("calls integer (calls)", "calls integer", 13, "a number without a unit"),
        ("(calls)", "(calls", 13, "bracket is not closed"),
        ("name text", "calls text", 15, "a second column calls"),
        ("--   What counts", "-- What counts", 3, "neither an entry"),
        ("SELECT 1 -- by\n", "", 16, "no SQL"),
    ] {
        let file = GOOD.replacen(from, to, 1);
        assert_ne!(file, GOOD);
        let error = parse("bad", &file).unwrap_err();
        assert!(error.reason.contains(reason), "{from:?} → {to:?}: {}", error.reason);
        let line = if from.starts_with("-- title: How") { error.line } else { line };
        assert_eq!(error.line, line, "{reason}");
    }
}
