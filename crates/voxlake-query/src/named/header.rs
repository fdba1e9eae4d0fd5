//! Parser of the header of a query file.
//!
//! The header consists of the comment lines at the top of the file. Entries are indented by one
//! space, their text by three or more; an empty comment line separates paragraphs:
//!
//! ```text
//! -- title: How many callers gave up?
//! -- description:
//! --   What counts and why.
//! -- reads-before: $days days
//! -- notices: charges
//! -- parameter: from timestamp
//! --   Start of the period.
//! -- parameter: by text = queue in total,
//! --   queue, day
//! --   What to group by. The default follows `=`, the allowed values follow `in`. After a comma,
//! --   the values continue on the next line.
//! -- parameter: days integer = 7 in 1..366
//! --   How many. A range of whole numbers, both ends included.
//! -- parameter: queue queues =
//! --   Any number of ids or names of queues; an empty default means none.
//! -- column: charge decimal (units of charge_currency)
//! --   What the queue bears. The unit is in parentheses.
//! -- column: rate decimal (share, 0 to 1) = abandoned / offered
//! --   A share and its parts: other columns, or `calls / total calls` for a share of the total.
//! SELECT …
//! ```
//!
//! `teams`, `agents`, `flows` and `countries` are like `queues`, and `texts` takes any text.
//! `notices: charges` adds notices about charges to an answer; the query takes from, to and queue.
//! `reads-before` declares that a query reads more than its
//! period: a fixed number of days, or that of a parameter.
//!
//! Two units of text change how a column is shown: `(id)` is left out of tables for people,
//! `(note)` is the same in every row and shown once. The text column after an id is its name.
//!
//! Counts and amounts are compared per day if periods have different lengths. `(s in total)` is
//! compared in this way too, other seconds and `(calls at once)`, a maximum, are not.
//!
//! The parser is strict: a mistake in a header fails the test that parses all files.

use std::ops::RangeInclusive;
use std::path::Path;

use super::column::{Column, ColumnType};
use super::lookback::Lookback;
use super::parameter::{Parameter, ParameterType};
use super::query::NamedQuery;
use super::share_parts::ShareParts;
use crate::error::QueryError;

/// Invalid header: query, line and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeaderError {
    name: String,
    line: usize,
    reason: String,
}

impl HeaderError {
    /// Converts to the error of a query in a user's file.
    pub(super) fn of_file(self, path: &Path) -> QueryError {
        Self { name: format!("file {}", path.display()), ..self }.into()
    }
}

impl From<HeaderError> for QueryError {
    fn from(HeaderError { name, line, reason }: HeaderError) -> Self {
        Self::BadQueryFile { name, line, reason }
    }
}

/// Entry of the header: line in the file, key, value on the line, text below it.
struct Entry<'a> {
    line: usize,
    key: &'a str,
    value: String,
    text: String,
}

impl NamedQuery {
    /// Parses the text of a query file in the format of those in `queries/`.
    ///
    /// # Errors
    /// [`QueryError::BadQueryFile`] with the invalid line.
    pub fn parse(name: &str, file: &str) -> Result<Self, QueryError> {
        Ok(parse(name, file)?)
    }
}

/// Parses the query `name` from the text of its file.
pub(super) fn parse(name: &str, file: &str) -> Result<NamedQuery, HeaderError> {
    let at = |line: usize, reason: String| HeaderError { name: name.to_owned(), line, reason };
    let (entries, sql) = entries(file).map_err(|(line, reason)| at(line, reason))?;
    let (mut title, mut description, mut reads_before) = (None, None, None::<&Entry<'_>>);
    let mut has_charge_notices = false;
    let (mut parameters, mut columns) = (Vec::<Parameter>::new(), Vec::<Column>::new());
    for entry in &entries {
        let fail = |reason: String| at(entry.line, reason);
        match entry.key {
            "title" => set(&mut title, &entry.value).map_err(fail)?,
            "description" => set(&mut description, &entry.text).map_err(fail)?,
            "reads-before" if reads_before.is_some() => return Err(fail("it was given before".to_owned())),
            "reads-before" => reads_before = Some(entry),
            "notices" if entry.value == "charges" => has_charge_notices = true,
            "notices" => return Err(fail(format!("{:?} is no kind of notices: charges is", entry.value))),
            "parameter" => {
                let parameter = parameter(entry).map_err(fail)?;
                if parameters.iter().any(|other| other.name == parameter.name) {
                    return Err(fail(format!("a second parameter {}", parameter.name)));
                }
                parameters.push(parameter);
            }
            "column" => {
                let column = column(entry).map_err(fail)?;
                if columns.iter().any(|other| other.name == column.name) {
                    return Err(fail(format!("a second column {}", column.name)));
                }
                columns.push(column);
            }
            key => {
                let known = "title, description, reads-before, notices, parameter or column";
                return Err(fail(format!("{key:?} is no {known}")));
            }
        }
    }
    let reads_before = reads_before
        .map(|entry| Lookback::parse(&entry.value, &parameters).map_err(|reason| at(entry.line, reason)));
    check_parts(&entries, &columns).map_err(|(line, reason)| at(line, reason))?;
    let end = entries.last().map_or(1, |entry| entry.line);
    let missing =
        ["from", "to", "queue"].into_iter().find(|name| !parameters.iter().any(|one| one.name == *name));
    if let Some(missing) = missing.filter(|_| has_charge_notices) {
        return Err(at(end, format!("notices about charges need the parameter {missing}")));
    }
    Ok(NamedQuery {
        name: name.to_owned(),
        title: title.ok_or_else(|| at(end, "the header has no title".to_owned()))?,
        description: description.ok_or_else(|| at(end, "the header has no description".to_owned()))?,
        reads_before: reads_before.transpose()?,
        has_charge_notices,
        parameters,
        columns: if columns.is_empty() {
            return Err(at(end, "the header names no column".to_owned()));
        } else {
            columns
        },
        sql: sql.to_owned(),
    })
}

/// Splits a file into the entries of its header and the SQL.
fn entries(file: &str) -> Result<(Vec<Entry<'_>>, &str), (usize, String)> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut rest = file;
    let mut line = 0;
    while rest.starts_with("--") {
        line += 1;
        let (comment, below) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = below;
        let comment = comment[2..].trim_end();
        let text = comment.trim_start();
        if text.is_empty() || comment.starts_with("   ") {
            let entry = entries.last_mut().ok_or((line, "text before the first entry".to_owned()))?;
            if entry.text.is_empty() && entry.value.ends_with(',') {
                entry.value.extend([" ", text]);
                continue;
            }
            let separator = match (entry.text.is_empty() || entry.text.ends_with('\n'), text.is_empty()) {
                (_, true) => "\n\n",
                (true, false) => "",
                (false, false) => " ",
            };
            entry.text.push_str(separator);
            entry.text.push_str(text);
        } else if let Some((key, value)) = comment.strip_prefix(' ').and_then(|entry| entry.split_once(':')) {
            entries.push(Entry { line, key, value: value.trim().to_owned(), text: String::new() });
        } else {
            return Err((line, "neither an entry (`-- key: value`) nor its text (three spaces)".to_owned()));
        }
    }
    entries.iter_mut().for_each(|entry| entry.text.truncate(entry.text.trim_end().len()));
    if rest.trim().is_empty() {
        return Err((line, "no SQL below the header".to_owned()));
    }
    Ok((entries, rest))
}

fn set(slot: &mut Option<String>, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    match slot.replace(text.to_owned()) {
        None => Ok(()),
        Some(_) => Err("it was given before".to_owned()),
    }
}

/// Parses `name type [= default] [in value, value]`, or `in min..max` for a whole number.
fn parameter(entry: &Entry<'_>) -> Result<Parameter, String> {
    let (declared, allowed) = match entry.value.split_once(" in ") {
        Some((declared, allowed)) => (declared, Some(allowed.trim())),
        None => (entry.value.as_str(), None),
    };
    let (declared, default) = match declared.split_once('=') {
        Some((declared, default)) => (declared, Some(default.trim().to_owned())),
        None => (declared, None),
    };
    let (name, kind) = name_and_type(declared)?;
    let kind = ParameterType::named(kind).ok_or_else(|| format!("{kind:?} is no type of a parameter"))?;
    let (bounds, allowed) = match allowed {
        Some(range) if kind == ParameterType::Integer && range.contains("..") => {
            (Some(bounds(range)?), vec![])
        }
        Some(allowed) => (None, allowed.split(',').map(|one| one.trim().to_owned()).collect()),
        None => (None, vec![]),
    };
    let parameter = Parameter { name, kind, default, allowed, bounds, help: help(entry)? };
    parameter.default_value().map_err(|error| error.to_string())?;
    for text in &parameter.allowed {
        parameter.read(text).map_err(|error| error.to_string())?;
    }
    Ok(parameter)
}

/// Parses `min..max`.
fn bounds(range: &str) -> Result<RangeInclusive<i64>, String> {
    let ends =
        range.split_once("..").and_then(|(least, most)| Some((least.parse().ok()?, most.parse().ok()?)));
    match ends {
        Some((least, most)) if least <= most => Ok(least..=most),
        _ => Err(format!("{range:?} is no range of whole numbers such as 1..366")),
    }
}

/// Parses `name type [(unit)] [= numerator / denominator]`.
fn column(entry: &Entry<'_>) -> Result<Column, String> {
    let (declared, parts) = match entry.value.split_once(" = ") {
        Some((declared, parts)) => (declared, Some(ShareParts::parse(parts)?)),
        None => (entry.value.as_str(), None),
    };
    let (declared, unit) = match declared.split_once('(') {
        Some((declared, unit)) => {
            let unit = unit.strip_suffix(')').ok_or_else(|| "the unit's bracket is not closed".to_owned())?;
            (declared, Some(unit.to_owned()))
        }
        None => (declared, None),
    };
    let (name, kind) = name_and_type(declared)?;
    let kind = ColumnType::named(kind).ok_or_else(|| format!("{kind:?} is no type of a column"))?;
    if unit.is_none() && kind.is_number() {
        return Err(format!("{name} is a number without a unit"));
    }
    if parts.is_some() && !unit.as_ref().is_some_and(|unit| unit.starts_with("share")) {
        return Err(format!("{name} has parts, but its unit is no share"));
    }
    Ok(Column { name, kind, unit, parts, help: help(entry)? })
}

/// Checks that the parts of shares are numbers of the query. An error has the line of the share.
fn check_parts(entries: &[Entry<'_>], columns: &[Column]) -> Result<(), (usize, String)> {
    let is_number = |name: &str| columns.iter().any(|column| column.name == name && column.kind.is_number());
    for (entry, column) in entries.iter().filter(|entry| entry.key == "column").zip(columns) {
        let mut parts = column.parts.iter().flat_map(ShareParts::columns);
        if let Some(part) = parts.find(|name| !is_number(name)) {
            let reason = format!("{} is a share of {part}, which is no number of the query", column.name);
            return Err((entry.line, reason));
        }
    }
    Ok(())
}

fn name_and_type(declared: &str) -> Result<(String, &str), String> {
    let mut words = declared.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(name), Some(kind), None) => Ok((name.to_owned(), kind)),
        _ => Err(format!("{declared:?} is not a name and a type")),
    }
}

fn help(entry: &Entry<'_>) -> Result<String, String> {
    if entry.text.is_empty() { Err("no text says what it means".to_owned()) } else { Ok(entry.text.clone()) }
}

#[cfg(test)]
mod tests;
