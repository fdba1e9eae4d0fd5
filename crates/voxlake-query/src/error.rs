//! What can go wrong with a question, told apart by what the asker can do about it.

use datafusion::error::DataFusionError;
use thiserror::Error;
use voxlake_engine::{DamagedFile, EngineError};
use voxlake_lake::LakeError;

use crate::problem::message;

/// An error of a question to a lake.
#[derive(Debug, Error)]
pub enum QueryError {
    /// Day files cannot be read: fetch them again, or answer without those days.
    #[error(
        "{}; `voxlake sync --repair` fetches what is damaged again, `--skip-damaged` answers without it",
        list(.files)
    )]
    Damaged {
        /// The damaged files and what is wrong with each; never empty.
        files: Vec<DamagedFile>,
    },
    /// A day file was replaced or removed between the listing of the lake and its reading, as a sync
    /// does: ask again.
    #[error("{path} was replaced while it was read, as a sync does: ask again")]
    Replaced {
        /// Path within the lake.
        path: String,
    },
    /// There is no named query of this name.
    #[error("there is no query {name:?}{}", did_you_mean(.suggestions))]
    NoSuchQuery {
        /// The name that was asked for.
        name: String,
        /// Names that come near it, the nearest first; all names if none does.
        suggestions: Vec<String>,
    },
    /// The query takes no parameter of this name.
    #[error("{query} takes no parameter {parameter:?}; it takes {}", .known.join(", "))]
    NoSuchParameter {
        /// The named query.
        query: String,
        /// The name that was given.
        parameter: String,
        /// The names that it takes.
        known: Vec<String>,
    },
    /// A parameter without a default was given no value.
    #[error("{query} needs a value for {parameter}: {help}")]
    MissingParameter {
        /// The named query.
        query: String,
        /// The parameter.
        parameter: String,
        /// What the parameter means.
        help: String,
    },
    /// A parameter's value is not one that it takes.
    #[error("{value:?} is no value for {parameter}: it takes {allowed}")]
    BadParameter {
        /// The parameter.
        parameter: String,
        /// The value as it was given.
        value: String,
        /// What it takes, in words.
        allowed: String,
    },
    /// A query file's header breaks the format of headers.
    #[error("query {name}, line {line}: {reason}")]
    BadQueryFile {
        /// The query's name; of a user's own file, its path.
        name: String,
        /// Line of the file, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A query does not return a column that its header names.
    #[error("query {query}: its header names the column {column}, which its SQL does not return")]
    MissingColumn {
        /// The query's name.
        query: String,
        /// The column.
        column: String,
    },
    /// A folder of a user's own queries, or a file in it, cannot be used.
    #[error("{path}: {reason}")]
    QueryFolder {
        /// Path of the folder or the file.
        path: String,
        /// Why it cannot be used.
        reason: String,
    },
    /// The statement would change something, and a lake is only read here.
    #[error("only questions are answered here, nothing is changed: {reason}")]
    ReadOnly {
        /// What the statement would have done.
        reason: String,
    },
    /// A setting that cannot be changed, or not to that value.
    #[error("{reason}")]
    Setting {
        /// The setting.
        name: String,
        /// Cause, with the settings or values that are allowed.
        reason: String,
    },
    /// A table or view that was to be dropped is not there.
    #[error("there is no table or view {name:?} of yours")]
    NoSuchTable {
        /// The name.
        name: String,
    },
    /// A table or view of one's own has this name already.
    #[error(
        "there is a table or view {name} of yours already: CREATE OR REPLACE replaces it, DROP takes it away"
    )]
    NameTaken {
        /// The name.
        name: String,
    },
    /// A file cannot be read as a table.
    #[error("{path} cannot be attached: {reason}")]
    Attach {
        /// The file.
        path: String,
        /// Why not.
        reason: String,
    },
    /// The SQL cannot be understood, or names what there is not. It has no source, whose text is DataFusion's own.
    #[error("{}", message(.0))]
    Sql(Box<DataFusionError>),
    /// The answer needs more memory than the session may use.
    #[error(
        "the answer needs more memory than is allowed; ask for a shorter period or fewer groups, or allow more \
         (--memory-limit): {}",
        plain(.0)
    )]
    OutOfMemory(#[source] Box<DataFusionError>),
    /// The question was understood, but answering it failed.
    #[error("{}", message(.0))]
    Execution(Box<DataFusionError>),
    /// The lake itself cannot be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl From<EngineError> for QueryError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Damaged { files } => Self::Damaged { files },
            EngineError::Replaced { path } => Self::Replaced { path },
            EngineError::Lake(error) => Self::Lake(error),
            error => Self::Execution(Box::new(DataFusionError::External(error.into()))),
        }
    }
}

impl QueryError {
    /// The error of planning a statement.
    #[must_use]
    pub fn planning(error: DataFusionError) -> Self {
        match own(error) {
            Ok(own) => own,
            Err(error) => Self::Sql(Box::new(error)),
        }
    }

    /// The error of running a statement, where no file is to blame.
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

/// The error of one of our own tables, which DataFusion passed on.
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

/// The message without the engine's backtrace.
fn plain(error: &DataFusionError) -> String {
    error.strip_backtrace()
}

fn list(files: &[DamagedFile]) -> String {
    files.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn did_you_mean(suggestions: &[String]) -> String {
    match suggestions {
        [] => String::new(),
        names => format!("; there is {}", names.join(", ")),
    }
}
