//! The named queries: questions that are asked again and again, each with its definition, parameters
//! and columns written at the top of its file in `queries/`.
//!
//! They are embedded, so that the binary answers them without a file beside it, and stand there as SQL
//! that reads on its own. A user's own folder of such files can join them: see [`Catalog`].

mod catalog;
pub(crate) mod chosen_queues;
mod header;
mod lookback;
mod parameter;

use std::collections::HashMap;

use chrono::TimeDelta;
use datafusion::common::ScalarValue;

pub use catalog::Catalog;
pub use header::{Column, ColumnType};
pub use lookback::Lookback;
pub use parameter::{Parameter, ParameterType, Params};

use crate::error::QueryError;

/// A question with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedQuery {
    /// The name to ask it by.
    pub name: String,
    /// The question, in one sentence.
    pub title: String,
    /// What counts and why; paragraphs are parted by an empty line.
    pub description: String,
    /// How far before its period it reads; none: not at all.
    pub reads_before: Option<Lookback>,
    /// What the asker chooses, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// The columns of the answer, in their order.
    pub columns: Vec<Column>,
    /// The SQL, with a placeholder `$name` for each parameter.
    pub sql: String,
}

impl NamedQuery {
    /// Reads a query from the text of its file, in the format of those in `queries/`.
    ///
    /// # Errors
    /// [`QueryError::BadQueryFile`] with the line that breaks the format.
    pub fn parse(name: &str, file: &str) -> Result<Self, QueryError> {
        Ok(header::parse(name, file)?)
    }

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
            let value = match params.get(&parameter.name) {
                [] => parameter.default_value()?,
                given => Some(parameter.value(given)?),
            };
            let value = value.ok_or_else(|| QueryError::MissingParameter {
                query: self.name.clone(),
                parameter: parameter.name.clone(),
                help: parameter.help.clone(),
            })?;
            values.insert(parameter.name.clone(), value);
        }
        if let (Some(from), Some(to)) = (values.get("from"), values.get("to"))
            && to < from
        {
            return Err(QueryError::BadParameter {
                parameter: "to".to_owned(),
                value: params.get("to").concat(),
                allowed: format!("a time that is not before from ({})", params.get("from").concat()),
            });
        }
        Ok(values)
    }

    /// How far before the period the question reads when it is asked so; zero for most questions.
    ///
    /// # Errors
    /// Those of [`Self::bind`].
    pub fn reads_before(&self, params: &Params) -> Result<TimeDelta, QueryError> {
        match &self.reads_before {
            Some(lookback) => Ok(lookback.with(&self.bind(params)?)),
            None => Ok(TimeDelta::zero()),
        }
    }
}

#[cfg(test)]
mod tests;
