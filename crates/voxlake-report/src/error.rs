//! Errors of writers and reports.

use std::error::Error;
use std::io;

use arrow::error::ArrowError;
use parquet::errors::ParquetError;
use rust_xlsxwriter::XlsxError;
use thiserror::Error;

use crate::format::Format;

/// Error of a writer or a report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The output failed, for example with a broken pipe.
    #[error("cannot write the result")]
    Io(#[from] io::Error),
    /// A value cannot be represented in this format.
    #[error("cannot format the result")]
    Arrow(#[from] ArrowError),
    /// A type cannot be represented in Parquet, or the output failed.
    #[error("cannot write the result as Parquet")]
    Parquet(#[from] ParquetError),
    /// Two columns have the same name in a format that identifies columns by name.
    #[error("{format} cannot have two columns named {name:?}: name one of them with AS, or write csv")]
    DuplicateColumn {
        /// The format.
        format: Format,
        /// The name.
        name: String,
    },
    /// A workbook cannot hold the result.
    #[error("cannot write the result as a workbook")]
    Xlsx(#[source] XlsxError),
    /// The result has more rows than a sheet.
    #[error(
        "the result has more rows than a sheet of Excel, which holds {limit} under its header: write csv \
         or parquet, or query fewer rows"
    )]
    TooManyRows {
        /// Rows of a sheet, without its header.
        limit: u32,
    },
    /// The temporary file that buffers the rows of a workbook cannot be written.
    #[error(
        "cannot write the workbook's temporary file in {folder}: free space there, select another folder \
         with the variable TMPDIR, or write csv or parquet, which need no temporary file"
    )]
    TemporaryFile {
        /// The folder for temporary files.
        folder: String,
        /// Error of the operating system, if known.
        source: Option<io::Error>,
    },
    /// A report's definition does not match the results it was given.
    #[error("{0}")]
    Report(String),
    /// The template of a page cannot be filled in.
    #[error("cannot make the page: {0}")]
    Template(String),
    /// A report cannot be represented in JSON.
    #[error("cannot write the report as JSON")]
    Json(#[from] serde_json::Error),
}

impl ReportError {
    pub(crate) fn temporary_file(source: Option<io::Error>) -> Self {
        Self::TemporaryFile { folder: std::env::temp_dir().display().to_string(), source }
    }

    /// Returns true if the reader of the output is gone, which is not a failure.
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
            // The only files that the library writes are temporary.
            XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => {
                Self::temporary_file(Some(error))
            }
            other => Self::Xlsx(other),
        }
    }
}
