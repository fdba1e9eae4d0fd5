//! Errors of queries.

use datafusion::error::DataFusionError;
use thiserror::Error;
use voxlake_engine::{DamagedFile, EngineError};
use voxlake_lake::LakeError;

use crate::diagnostic::message;
use crate::entity::UnknownName;

/// Error of a query.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Damaged day files. Fetch them again, or query without these days.
    #[error("{}", join(.files))]
    Damaged {
        /// The damaged files with reasons; never empty.
        files: Vec<DamagedFile>,
    },
    /// A day file was replaced or deleted after the session was opened, for example by a sync. A
    /// new session sees the current files: see [`Reruns`](crate::Reruns).
    #[error("the lake changed while it was read: {path} was replaced, for example by a sync")]
    Replaced {
        /// Path within the lake.
        path: String,
    },
    /// Unknown named query.
    #[error("there is no query {name:?}{}", did_you_mean(.suggestions))]
    NoSuchQuery {
        /// The requested name.
        name: String,
        /// Similar names, most similar first; all names if none is similar.
        suggestions: Vec<String>,
    },
    /// Unknown parameter of a named query.
    #[error("{query} takes no parameter {parameter:?}; it takes {}", .known.join(", "))]
    NoSuchParameter {
        /// The named query.
        query: String,
        /// The given parameter.
        parameter: String,
        /// Names of its parameters.
        known: Vec<String>,
    },
    /// Missing value of a parameter without a default.
    #[error("{query} needs a value for {parameter}: {help}")]
    MissingParameter {
        /// The named query.
        query: String,
        /// The parameter.
        parameter: String,
        /// Description of the parameter.
        help: String,
    },
    /// Invalid value of a parameter.
    #[error("invalid value {value:?} for {parameter}: it takes {allowed}")]
    BadParameter {
        /// The parameter.
        parameter: String,
        /// The given value.
        value: String,
        /// Allowed values, in words.
        allowed: String,
    },
    /// Ids or names that no call of the lake ever had.
    #[error("{}", join(.names))]
    UnknownNames {
        /// The ids and names, with suggestions; never empty.
        names: Vec<UnknownName>,
    },
    /// Invalid header of a query file.
    #[error("query {name}, line {line}: {reason}")]
    BadQueryFile {
        /// Name of the query, or path of a user's file.
        name: String,
        /// Line of the file, from 1.
        line: usize,
        /// Cause.
        reason: String,
    },
    /// A column of the header that the SQL does not return.
    #[error("query {query}: the SQL does not return the column {column} of the header")]
    MissingColumn {
        /// The named query.
        query: String,
        /// The column.
        column: String,
    },
    /// A folder of query files, or a file in it, that cannot be used.
    #[error("{path}: {reason}")]
    QueryFolder {
        /// Path of the folder or file.
        path: String,
        /// Cause.
        reason: String,
    },
    /// A statement that is not allowed, because it would write for example.
    #[error("read-only session: {reason}")]
    ReadOnly {
        /// Cause.
        reason: String,
    },
    /// A statement of a kind that is not allowed.
    #[error("read-only session: {statement} {}", if *.writes { "would write" } else { "is not supported" })]
    NotAllowed {
        /// Leading keywords of the statement.
        statement: String,
        /// True if it would write.
        writes: bool,
    },
    /// A setting that cannot be changed, or not to this value.
    #[error("{reason}")]
    Setting {
        /// The setting.
        name: String,
        /// Cause, with the allowed settings or values.
        reason: String,
    },
    /// A dropped table or view that does not exist.
    #[error("you have no table or view {name:?}")]
    NoSuchTable {
        /// Its name.
        name: String,
    },
    /// A name that another table or view of the user has.
    #[error("you already have a table or view {name}: CREATE OR REPLACE replaces it, DROP removes it")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// A file that cannot be attached as a table.
    #[error("cannot attach {path}: {reason}")]
    Attach {
        /// Path of the file.
        path: String,
        /// Cause.
        reason: String,
    },
    /// Invalid SQL or an unknown name. The source is omitted, since its text is DataFusion's
    /// unedited message.
    #[error("{}", message(.0))]
    Sql(Box<DataFusionError>),
    /// The query needs more memory than the session's limit.
    #[error(
        "the query needs more memory than is allowed; choose a shorter period, fewer groups or a higher limit: {}",
        plain(.0)
    )]
    OutOfMemory(#[source] Box<DataFusionError>),
    /// Failure while the query ran.
    #[error("{}", message(.0))]
    Execution(Box<DataFusionError>),
    /// The lake cannot be read.
    #[error(transparent)]
    Lake(LakeError),
}

impl From<LakeError> for QueryError {
    fn from(error: LakeError) -> Self {
        match error {
            LakeError::Replaced { path } => Self::Replaced { path },
            error => Self::Lake(error),
        }
    }
}

impl From<EngineError> for QueryError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Damaged { files } => Self::Damaged { files },
            EngineError::Replaced { path } => Self::Replaced { path },
            EngineError::Lake(error) => error.into(),
            error => Self::Execution(Box::new(DataFusionError::External(error.into()))),
        }
    }
}

impl QueryError {
    /// Returns whether the statement, its parameters or the user's files are at fault, as opposed
    /// to the lake or the system.
    #[must_use]
    pub fn is_user_error(&self) -> bool {
        match self {
            Self::NoSuchQuery { .. }
            | Self::NoSuchParameter { .. }
            | Self::MissingParameter { .. }
            | Self::BadParameter { .. }
            | Self::UnknownNames { .. }
            | Self::BadQueryFile { .. }
            | Self::MissingColumn { .. }
            | Self::QueryFolder { .. }
            | Self::NoSuchTable { .. }
            | Self::NameTaken { .. }
            | Self::Attach { .. }
            | Self::ReadOnly { .. }
            | Self::NotAllowed { .. }
            | Self::Setting { .. }
            | Self::Sql(_) => true,
            Self::Damaged { .. }
            | Self::Replaced { .. }
            | Self::OutOfMemory(_)
            | Self::Execution(_)
            | Self::Lake(_) => false,
        }
    }

    /// Converts an error of planning.
    #[must_use]
    pub fn planning(error: DataFusionError) -> Self {
        match own(error) {
            Ok(own) => own,
            Err(error) => Self::Sql(Box::new(error)),
        }
    }

    /// Converts an error of execution that no damaged file has caused.
    #[must_use]
    pub fn execution(error: DataFusionError) -> Self {
        let error = match own(error) {
            Ok(own) => return own,
            Err(error) => error,
        };
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Self::OutOfMemory(Box::new(error)),
            DataFusionError::SQL(..) | DataFusionError::Plan(_) | DataFusionError::SchemaError(..) => {
                Self::Sql(Box::new(error))
            }
            _ => Self::Execution(Box::new(error)),
        }
    }
}

/// Unwraps an error of this crate or `voxlake-engine` that passed through DataFusion.
fn own(error: DataFusionError) -> Result<QueryError, DataFusionError> {
    match error {
        DataFusionError::External(source) => match source.downcast::<EngineError>() {
            Ok(error) => Ok((*error).into()),
            Err(source) => match source.downcast() {
                Ok(own) => Ok(*own),
                Err(source) => Err(DataFusionError::External(source)),
            },
        },
        error => Err(error),
    }
}

/// Message without a backtrace.
fn plain(error: &DataFusionError) -> String {
    error.strip_backtrace()
}

fn join(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn did_you_mean(suggestions: &[String]) -> String {
    match suggestions {
        [] => String::new(),
        names => format!("; there is {}", names.join(", ")),
    }
}
