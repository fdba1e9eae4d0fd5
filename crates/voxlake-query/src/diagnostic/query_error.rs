//! Diagnostics of the errors of this crate.

use super::datafusion_error::diagnose;
use super::span::Diagnostic;
use super::{locate, suggestions};
use crate::completion_catalog::CompletionCatalog;
use crate::error::QueryError;

/// Hint for a statement that would write.
const ALLOWED: &str = "queries and EXPLAIN are allowed; an interactive session also has SET, COPY … TO a file, CREATE \
    VIEW and CREATE TABLE";

impl Diagnostic {
    /// Describes `error` to the author of `sql`. `completions` supplies suggestions.
    #[must_use]
    pub fn new(error: &QueryError, sql: &str, completions: &CompletionCatalog) -> Self {
        match error {
            QueryError::Sql(engine) | QueryError::Execution(engine) => diagnose(engine, sql, completions),
            QueryError::ReadOnly { .. } => {
                Self { span: locate::find_first_word(sql), ..Self::plain(error.to_string()) }
            }
            QueryError::NotAllowed { .. } => Self {
                message: error.to_string(),
                span: locate::find_first_word(sql),
                hint: Some(ALLOWED.to_owned()),
            },
            QueryError::Setting { name, .. } => {
                let span = locate::find_name(sql, name.rsplit('.').next().unwrap_or(name));
                Self { span, ..Self::plain(error.to_string()) }
            }
            QueryError::NoSuchTable { name } => {
                let own = completions
                    .tables
                    .iter()
                    .filter(|table| table.is_user_defined)
                    .map(|table| table.name.as_str());
                let hint = suggestions::did_you_mean(&suggestions::similar_names(name, own));
                Self { span: locate::find_name(sql, name), hint, ..Self::plain(error.to_string()) }
            }
            other => Self::plain(other.to_string()),
        }
    }
}
