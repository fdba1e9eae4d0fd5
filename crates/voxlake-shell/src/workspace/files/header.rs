//! Detection of a header, and column names.

use std::collections::BTreeSet;

use super::kinds::{Forms, Kind};
use super::values::{Form, date, form, integer};

/// Cells in equal steps that make a line a header: the hours of a day, the days of a week.
const MIN_STEPS: usize = 3;

/// Returns whether the first line of a file is a header, given the forms of the lines below.
///
/// It is not a header if it has a number, date or boolean, and a value of the same type in each
/// column that is not text. Equal steps, as from hour to hour, are headers nevertheless.
pub(super) fn detect(first: &[String], below: &[Forms]) -> bool {
    let plain = first.iter().all(|cell| cell.trim().is_empty() || form(cell.trim()) == Form::Text);
    plain || in_steps(first) || !first.iter().zip(below).all(|(cell, forms)| fits(cell, forms))
}

/// Returns whether a cell has the type of the cells below.
fn fits(cell: &str, below: &Forms) -> bool {
    let kind = |forms: &Forms| std::mem::discriminant(&forms.kind("", true, false).0);
    let text = std::mem::discriminant(&Kind::Text);
    kind(below) == text || (!cell.trim().is_empty() && kind(&below.clone().with(cell)) != text)
}

/// Returns whether the numbers or dates of a line increase in equal steps.
fn in_steps(cells: &[String]) -> bool {
    let place = |cell: &String| {
        let cell = cell.trim();
        integer(cell).or_else(|| date(cell).map(|day| i64::from(chrono::Datelike::num_days_from_ce(&day))))
    };
    let places: Vec<i64> = cells.iter().filter_map(place).collect();
    let mut steps = places.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
    let first = steps.next().unwrap_or(0);
    places.len() >= MIN_STEPS && first > 0 && steps.all(|step| step == first)
}

/// Returns unique column names, and notices about names that differ from the file's.
///
/// `header` contains the cells of the header.
pub(super) fn names(header: &[String]) -> (Vec<String>, Vec<String>) {
    let wanted: Vec<&str> = header.iter().map(|cell| cell.trim()).collect();
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let firsts: Vec<bool> = wanted.iter().map(|name| !name.is_empty() && taken.insert(name)).collect();
    let mut taken: BTreeSet<String> = taken.into_iter().map(str::to_owned).collect();
    let (mut names, mut notices) = (Vec::new(), Vec::new());
    for (at, (name, first)) in wanted.iter().zip(firsts).enumerate() {
        if first {
            names.push((*name).to_owned());
            continue;
        }
        let column = at + 1;
        let base = if name.is_empty() { format!("column_{column}") } else { format!("{name}_2") };
        let new = (2..).map(|number| numbered(&base, name, number)).find(|new| !taken.contains(new));
        let new = new.unwrap_or(base);
        notices.push(match name.is_empty() {
            true => format!("column {column} has no header: it is named {new}"),
            false => format!("header {name} occurs twice: column {column} is named {new}"),
        });
        taken.insert(new.clone());
        names.push(new);
    }
    (names, notices)
}

/// Candidate of this number: the base itself, then the base with a suffix.
fn numbered(base: &str, name: &str, number: usize) -> String {
    match (number, name.is_empty()) {
        (2, _) => base.to_owned(),
        (_, true) => format!("{base}_{number}"),
        (_, false) => format!("{name}_{number}"),
    }
}

/// Column names of a file without a header.
pub(super) fn numbered_names(columns: usize) -> Vec<String> {
    (1..=columns).map(|column| format!("column_{column}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn headers_are_detected() {
        for (first, below, expected) in [
            (&["name", "agents"][..], &["Billing", "3"][..], true),
            (&["Billing", "3"], &["Claims", "4"], false),
            (&["Billing", "+4930"], &["Claims", "+4931"], false),
            (&["queue", "2026"], &["Billing", "open"], false),
            (&["queue", "2026"], &["Billing", "2026-11-02"], true),
            (&["queue", "8", "9", "10"], &["Billing", "3", "4", "5"], true),
            (&["queue", "8", "7", "10"], &["Billing", "3", "4", "5"], false),
            (&["name", ""], &["Billing", "3"], true),
            (&["2026-11-01", "1.5"], &["2026-11-02", "2"], false),
        ] {
            let below: Vec<Forms> = below.iter().map(|cell| Forms::default().with(cell)).collect();
            assert_eq!(detect(&row(first), &below), expected, "{first:?}");
        }
    }

    #[test]
    fn repeated_and_missing_headers_are_named() {
        let (found, notices) = names(&row(&["a", " a ", "b", "", "a_2", "a"]));
        assert_eq!(found, ["a", "a_3", "b", "column_4", "a_2", "a_4"]);
        assert_eq!(notices.len(), 3);
        assert_eq!(names(&row(&["", "column_1"])).0, ["column_1_3", "column_1"]);
    }
}
