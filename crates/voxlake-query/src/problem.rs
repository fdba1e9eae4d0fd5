//! An error of a statement in words for its author: the cause, the place, and a remedy.
//!
//! DataFusion's own messages say what kind of error they are, list every column of a table and every signature of a
//! function, and dump its data structures. The rest of them is kept.
//!
//! - [`noise`]: messages without all that
//! - [`arguments`]: what functions take
//! - [`words`]: DataFusion's types and constants in the words of SQL
//! - [`place`]: places in the statement
//! - [`names`], [`values`], [`syntax`]: names that there are not, values of another type, what cannot be parsed
//! - [`rules`]: all other messages that are told in other words

mod arguments;
mod names;
mod noise;
mod place;
mod rules;
mod syntax;
mod values;
mod words;

pub(crate) use self::names::near;

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use crate::error::QueryError;
use crate::lexicon::Lexicon;

/// Remedy for a statement that would write.
const ALLOWED: &str = "queries and EXPLAIN are allowed; an interactive session also has SET, COPY … TO a file, CREATE \
    VIEW and CREATE TABLE";

/// An error, told to the author of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// What would be right.
    pub hint: Option<String>,
}

/// A place in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line of the statement, from 1.
    pub line: usize,
    /// Character of the line, from 1.
    pub column: usize,
    /// Characters from there on that are meant.
    pub length: usize,
}

impl Problem {
    /// What `error` means to the author of `sql`, who could have used the words of `lexicon`.
    #[must_use]
    pub fn of(error: &QueryError, sql: &str, lexicon: &Lexicon) -> Self {
        match error {
            QueryError::Sql(engine) | QueryError::Execution(engine) => of_engine(engine, sql, lexicon),
            QueryError::ReadOnly { reason } => {
                let bare = reason.ends_with("would write") || reason.ends_with("is not taken");
                Self {
                    place: place::of_first_word(sql),
                    hint: bare.then(|| ALLOWED.to_owned()),
                    message: format!("nothing is changed here: {reason}"),
                }
            }
            QueryError::Setting { name, .. } => {
                let place = place::of_name(sql, name.rsplit('.').next().unwrap_or(name));
                Self { place, ..Self::plain(error.to_string()) }
            }
            QueryError::NoSuchTable { name } => {
                let own = lexicon.tables.iter().filter(|table| table.own).map(|table| table.name.as_str());
                let hint = names::suggest(&names::near(name, own));
                Self { place: place::of_name(sql, name), hint, ..Self::plain(error.to_string()) }
            }
            other => Self::plain(other.to_string()),
        }
    }

    fn plain(message: String) -> Self {
        Self { message, place: None, hint: None }
    }
}

/// The message of an error of DataFusion, where there is no statement to point into.
pub(crate) fn message(error: &DataFusionError) -> String {
    of_engine(error, "", &Lexicon::default()).message
}

fn of_engine(error: &DataFusionError, sql: &str, lexicon: &Lexicon) -> Problem {
    let diagnostic = error.diagnostic();
    let given = diagnostic.and_then(|diagnostic| diagnostic.span).map(place::of_span);
    let root = error.find_root();
    if let DataFusionError::SchemaError(schema, _) = root {
        match schema.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => {
                return names::no_column(field, valid_fields, sql, lexicon, given);
            }
            SchemaError::AmbiguousReference { field } => {
                return names::ambiguous(&field.name, sql, lexicon, given);
            }
            _ => {}
        }
    }
    let text = noise::without(root);
    let told = syntax::unparsed(&text, sql)
        .or_else(|| names::missing(&text, sql, lexicon, given))
        .or_else(|| values::not_of_type(&text, sql, lexicon))
        .or_else(|| values::arithmetic(&text, sql, given))
        .or_else(|| grouping(&text, sql, given))
        .or_else(|| pattern(&text, sql))
        .or_else(|| rules::reworded(&text, sql, given))
        .or_else(|| noise::missing_field(&text).map(|name| names::no_field(name, sql, lexicon)));
    if let Some(told) = told {
        return told;
    }
    let (message, rest) = noise::parts(&text);
    let named = || {
        noise::names(&text).find_map(|name| place::of_name(sql, name).or_else(|| place::of_value(sql, name)))
    };
    let construct = || place::of_word(sql, message.strip_suffix(" is not supported")?.split(' ').next()?);
    let function = || names::of_function(&message, sql, lexicon);
    let place = given.or_else(named).or_else(construct).or_else(function);
    Problem { message, place, hint: rest }
}

/// The problem of a column that is neither grouped by nor aggregated.
fn grouping(text: &str, sql: &str, given: Option<Place>) -> Option<Problem> {
    if !text.contains("must appear in the GROUP BY clause") {
        return None;
    }
    let column = noise::between(text, "column \"", "\" must appear")?;
    let name = column.rsplit('.').next().unwrap_or(column);
    let hint = match place::of_word(sql, "group") {
        Some(_) => format!("add {name} to GROUP BY, or take one value by min({name}) or first_value({name})"),
        None => format!("without GROUP BY all rows are one group: add GROUP BY {name}"),
    };
    Some(Problem {
        message: format!("{name} has to be in GROUP BY or in an aggregate"),
        place: given.or_else(|| place::of_name(sql, name)),
        hint: Some(hint),
    })
}

/// The problem of an invalid regular expression.
fn pattern(text: &str, sql: &str) -> Option<Problem> {
    let (_, rest) = text.split_once("regex parse error:")?;
    let (shown, reason) = rest.rsplit_once("error: ")?;
    let pattern = shown.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    Some(Problem {
        message: format!("'{pattern}' is not a regular expression: {}", reason.trim()),
        place: place::of_value(sql, pattern),
        hint: Some("a backslash before it makes a sign stand for itself: '\\('".to_owned()),
    })
}

#[cfg(test)]
mod tests;
