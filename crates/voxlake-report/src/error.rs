//! Why an answer cannot go out.

use std::error::Error;
use std::io;

use arrow::error::ArrowError;
use parquet::errors::ParquetError;
use rust_xlsxwriter::XlsxError;
use thiserror::Error;

use crate::format::Format;

/// Why an answer could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The output took no more; a broken pipe is one of these.
    #[error("cannot write the answer")]
    Io(#[from] io::Error),
    /// A value has no form in this format.
    #[error("cannot format the answer")]
    Arrow(#[from] ArrowError),
    /// A type has no form in Parquet, or the output took no more.
    #[error("cannot write the answer as Parquet")]
    Parquet(#[from] ParquetError),
    /// Two columns have one name, and the format knows columns by their names.
    #[error("{format} cannot have two columns named {name:?}: name one of them with AS, or write csv")]
    DuplicateColumn {
        /// The format.
        format: Format,
        /// The name.
        name: String,
    },
    /// A workbook cannot hold the answer.
    #[error("cannot write the answer as a workbook")]
    Xlsx(#[source] XlsxError),
    /// The answer has more rows than a sheet.
    #[error(
        "a sheet of Excel holds {limit} rows under its header, and the answer has more: write csv or \
         parquet, or ask for less"
    )]
    TooManyRows {
        /// Rows that a sheet holds, without its header.
        limit: u32,
    },
    /// The rows of a workbook wait in a temporary file, and that took no more.
    #[error(
        "the temporary folder {folder} took no more of the workbook: make room there, name another by \
         the variable TMPDIR, or write csv or parquet, which need none"
    )]
    TemporaryFile {
        /// The folder for temporary files.
        folder: String,
        /// What the system said, where it is known.
        source: Option<io::Error>,
    },
    /// A report's definition does not go with the answers that it was given.
    #[error("{0}")]
    Report(String),
    /// A page's template could not be filled in.
    #[error("cannot make the page: {0}")]
    Template(String),
    /// What is not rows has no form in JSON.
    #[error("cannot write the report as JSON")]
    Json(#[from] serde_json::Error),
}

impl ReportError {
    pub(crate) fn temporary_file(source: Option<io::Error>) -> Self {
        Self::TemporaryFile { folder: std::env::temp_dir().display().to_string(), source }
    }

    /// Whether nobody reads the output any more, which is no failure.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        let mut cause: Option<&(dyn Error + 'static)> = Some(self);
        while let Some(error) = cause {
            if error.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe) {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl From<XlsxError> for ReportError {
    fn from(error: XlsxError) -> Self {
        match error {
            // The library writes nowhere else.
            XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => {
                Self::temporary_file(Some(error))
            }
            other => Self::Xlsx(other),
        }
    }
}
