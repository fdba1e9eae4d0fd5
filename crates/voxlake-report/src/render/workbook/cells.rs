//! Cells of a report's sheets, and their number formats.

use chrono::{NaiveDate, NaiveDateTime};

use crate::content::grid::Row;
use crate::content::{Figure, FigureValue, RowChanges, ValueParts};
use crate::definition::Unit;
use crate::formats::xlsx::value::CellKind;

/// A cell: its text and the kind of its value.
pub(super) struct Cell<'a> {
    pub(super) text: Option<&'a str>,
    pub(super) kind: CellKind,
    /// Number format; empty if the value is not a number.
    pub(super) format: String,
}

impl<'a> Cell<'a> {
    /// Creates a cell of text.
    pub(super) fn text(text: Option<&'a str>) -> Self {
        Self { text, kind: CellKind::Text, format: String::new() }
    }
}

/// Returns the cells of a figure: label, value, unit, value in the compared period, note and parts.
pub(super) fn figure_cells<'a>(
    figure: &'a Figure,
    value: &'a FigureValue,
    unit: &'a str,
    note: &'a Option<String>,
) -> Vec<Cell<'a>> {
    let number = |number: &'a Option<String>| {
        let number = number.as_deref();
        let places = number.and_then(|text| text.split_once('.')).map_or(0, |(_, fraction)| fraction.len());
        let format = number_format(&figure.unit, CellKind::Exact(places), |_| value.currency.as_deref());
        Cell { text: number, kind: CellKind::Exact(0), format }
    };
    let current = match &value.current {
        None => Cell::text(value.words.as_deref()),
        current => number(current),
    };
    let part = |part: fn(&ValueParts) -> &String| Cell {
        text: value.parts.as_ref().map(|parts| part(parts).as_str()),
        kind: CellKind::Exact(0),
        format: "#,##0".to_owned(),
    };
    vec![
        Cell::text(Some(&figure.label)),
        current,
        Cell::text(Some(unit)),
        number(&value.previous),
        Cell::text(note.as_deref()),
        part(|parts| &parts.numerator),
        part(|parts| &parts.denominator),
    ]
}

/// Returns the heading of the column with changes.
pub(super) fn change_heading(changes: &RowChanges) -> String {
    if changes.is_per_day() { "Change per day".to_owned() } else { "Change".to_owned() }
}

/// Returns the change of a row as a number: percentage points of a share, else a fraction.
pub(super) fn change_amount(changes: &RowChanges, row: &Row) -> Option<String> {
    let amount = changes.change(row)?.amount;
    Some(if changes.unit() == &Unit::Share { amount.plain() } else { amount.shifted(2).plain() })
}

/// Returns the cell of a change.
pub(super) fn change_cell<'a>(changes: &RowChanges, amount: Option<&'a str>) -> Cell<'a> {
    let format = if changes.unit() == &Unit::Share {
        "+0.0# \"points\";-0.0# \"points\";0.0 \"points\""
    } else {
        "+0.0%;-0.0%;0.0%"
    };
    Cell { text: amount, kind: CellKind::Exact(1), format: format.to_owned() }
}

/// Returns the format of a number in its unit. `cell` returns the value of another column of the
/// row, for the currency.
pub(super) fn number_format<'a>(
    unit: &Unit,
    kind: CellKind,
    cell: impl Fn(&str) -> Option<&'a str>,
) -> String {
    match (unit, kind) {
        (Unit::Share, CellKind::Exact(_) | CellKind::Float) => "0.0%".to_owned(),
        (Unit::Money { currency, .. }, CellKind::Exact(places)) => {
            let places = format!("#,##0.00{}", "#".repeat(places.clamp(2, 12) - 2));
            // The code is inserted into the format, so only three capital letters are accepted.
            let is_code = |code: &&str| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
            match cell(currency).filter(is_code) {
                Some(code) => format!("[${code}] {places}"),
                None => places,
            }
        }
        (_, CellKind::Exact(0)) => "#,##0".to_owned(),
        (_, CellKind::Exact(places)) => format!("#,##0.{}", "0".repeat(places.min(6))),
        _ => kind.number_format().unwrap_or_default(),
    }
}

/// Returns the kind of a column of text: dates or times if all its values are.
pub(super) fn kind_of_texts(texts: &[&str]) -> CellKind {
    let all = |is: fn(&str) -> bool| !texts.is_empty() && texts.iter().all(|text| is(text));
    if all(|text| text.len() == 10 && text.parse::<NaiveDate>().is_ok()) {
        CellKind::Date
    } else if all(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").is_ok()) {
        CellKind::Local
    } else {
        CellKind::Text
    }
}
