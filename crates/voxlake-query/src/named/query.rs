//! A named query.

use std::collections::HashMap;

use chrono::TimeDelta;
use datafusion::common::ScalarValue;

use super::column::Column;
use super::lookback::Lookback;
use super::parameter::{Parameter, Params};
use crate::error::QueryError;

/// A named query with its documentation.
///
/// # Example
/// ```
/// use voxlake_query::NamedQuery;
///
/// let file = "\
/// -- title: How many calls were there?
/// -- description:
/// --   Calls that started in the period.
/// -- parameter: from timestamp
/// --   Start of the period.
/// -- parameter: to timestamp
/// --   End of the period, exclusive.
/// -- column: calls integer (calls)
/// --   Number of calls.
/// SELECT count(*) AS calls FROM voice_calls WHERE start_time >= $from AND start_time < $to
/// ";
/// let query = NamedQuery::parse("call_count", file)?;
/// assert_eq!(query.title, "How many calls were there?");
/// assert_eq!(query.parameters.len(), 2);
/// # Ok::<(), voxlake_query::QueryError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedQuery {
    /// Name.
    pub name: String,
    /// Title: the question that it answers, in one sentence.
    pub title: String,
    /// Definitions and reasons; paragraphs are separated by an empty line.
    pub description: String,
    /// Time that it reads before its period; `None` for most queries.
    pub reads_before: Option<Lookback>,
    /// True if an answer has notices about charges: calls with a large share of the total, and
    /// charges that cannot be read.
    pub has_charge_notices: bool,
    /// Parameters in the order of the file.
    pub parameters: Vec<Parameter>,
    /// Columns of the result, in order.
    pub columns: Vec<Column>,
    /// SQL with a placeholder `$name` for each parameter.
    pub sql: String,
}

impl NamedQuery {
    /// Converts parameters to values by name, including defaults.
    ///
    /// # Errors
    /// - [`QueryError::NoSuchParameter`] for an unknown parameter
    /// - [`QueryError::MissingParameter`] for a missing value
    /// - [`QueryError::BadParameter`] for an invalid value, or `to` before `from`
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

    /// Time that the query reads before its period with these parameters; zero for most queries.
    ///
    /// # Errors
    /// As for [`Self::bind`].
    pub fn reads_before(&self, params: &Params) -> Result<TimeDelta, QueryError> {
        match &self.reads_before {
            Some(lookback) => Ok(lookback.with(&self.bind(params)?)),
            None => Ok(TimeDelta::zero()),
        }
    }
}
