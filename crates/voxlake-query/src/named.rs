//! The named queries: questions that are asked again and again, each with its definition, parameters
//! and columns written at the top of its file in `queries/`.
//!
//! They are embedded here, so that the binary answers them without a file beside it, and stand there
//! as SQL that reads on its own.

mod header;
mod parameter;

use std::collections::HashMap;
use std::sync::LazyLock;

use datafusion::common::ScalarValue;

pub use header::{Column, ColumnType};
pub use parameter::{Parameter, ParameterType, Params};

use crate::error::QueryError;

/// The files of `queries/`, by name.
const FILES: [(&str, &str); 3] = [
    ("abandonment_rate", include_str!("../../../queries/abandonment_rate.sql")),
    ("duration_percentiles", include_str!("../../../queries/duration_percentiles.sql")),
    ("queue_charges", include_str!("../../../queries/queue_charges.sql")),
];
/// Changes of a letter that still make a name worth suggesting.
const NEAR: usize = 4;

/// A question with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedQuery {
    /// The name to ask it by.
    pub name: String,
    /// The question, in one sentence.
    pub title: String,
    /// What counts and why; paragraphs are parted by an empty line.
    pub description: String,
    /// What the asker chooses, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// The columns of the answer, in their order.
    pub columns: Vec<Column>,
    /// The SQL, with a placeholder `$name` for each parameter.
    pub sql: String,
}

impl NamedQuery {
    /// The values of all parameters by name, defaults included.
    ///
    /// # Errors
    /// [`QueryError::NoSuchParameter`], [`QueryError::MissingParameter`], or
    /// [`QueryError::BadParameter`] with what the parameter takes; also for a `to` before its `from`.
    pub fn bind(&self, params: &Params) -> Result<HashMap<String, ScalarValue>, QueryError> {
        if let Some(unknown) = params.names().find(|name| !self.parameters.iter().any(|p| p.name == *name)) {
            return Err(QueryError::NoSuchParameter {
                query: self.name.clone(),
                parameter: unknown.to_owned(),
                known: self.parameters.iter().map(|parameter| parameter.name.clone()).collect(),
            });
        }
        let mut values = HashMap::new();
        for parameter in &self.parameters {
            let text = params.get(&parameter.name).or(parameter.default.as_deref());
            let text = text.ok_or_else(|| QueryError::MissingParameter {
                query: self.name.clone(),
                parameter: parameter.name.clone(),
                help: parameter.help.clone(),
            })?;
            values.insert(parameter.name.clone(), parameter.read(text)?);
        }
        if let (Some(from), Some(to)) = (values.get("from"), values.get("to"))
            && to < from
        {
            return Err(QueryError::BadParameter {
                parameter: "to".to_owned(),
                value: params.get("to").unwrap_or_default().to_owned(),
                allowed: format!(
                    "a time that is not before from ({})",
                    params.get("from").unwrap_or_default()
                ),
            });
        }
        Ok(values)
    }
}

/// All named queries, by name.
///
/// # Errors
/// [`QueryError::BadQueryFile`] where an embedded file breaks the format; a test sees to it that none does.
pub fn named_queries() -> Result<&'static [NamedQuery], QueryError> {
    static QUERIES: LazyLock<Result<Vec<NamedQuery>, header::HeaderError>> =
        LazyLock::new(|| FILES.iter().map(|(name, file)| header::parse(name, file)).collect());
    match &*QUERIES {
        Ok(queries) => Ok(queries),
        Err(error) => Err(error.clone().into()),
    }
}

impl NamedQuery {
    /// Reads a query from the text of its file, in the format of those in `queries/`.
    ///
    /// # Errors
    /// [`QueryError::BadQueryFile`] with the line that breaks the format.
    pub fn parse(name: &str, file: &str) -> Result<Self, QueryError> {
        Ok(header::parse(name, file)?)
    }
}

/// The named query `name`.
///
/// # Errors
/// [`QueryError::NoSuchQuery`], with the names that come near.
pub fn named_query(name: &str) -> Result<&'static NamedQuery, QueryError> {
    let queries = named_queries()?;
    queries.iter().find(|query| query.name == name).ok_or_else(|| {
        let mut near = queries
            .iter()
            .map(|query| (distance(name, &query.name), query))
            .filter(|(distance, query)| *distance <= NEAR || (name.len() > 2 && query.name.contains(name)))
            .collect::<Vec<_>>();
        near.sort_by_key(|(distance, _)| *distance);
        let mut suggestions = near.into_iter().map(|(_, query)| query.name.clone()).collect::<Vec<_>>();
        if suggestions.is_empty() {
            suggestions = queries.iter().map(|query| query.name.clone()).collect();
        }
        QueryError::NoSuchQuery { name: name.to_owned(), suggestions }
    })
}

/// Letters to insert, remove or replace to turn `a` into `b` (Levenshtein's distance).
fn distance(a: &str, b: &str) -> usize {
    let b = b.chars().collect::<Vec<_>>();
    let mut row = (0..=b.len()).collect::<Vec<_>>();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
