//! Attached files: a staffing plan or price list that a user reads as a table.

mod csv_file;
mod declared;
mod delimiter;
mod header;
mod kinds;
mod options;
mod records;
mod rows;
mod values;

use std::path::Path;
use std::sync::Arc;

use datafusion::datasource::MemTable;
use datafusion::prelude::ParquetReadOptions;
use url::Url;
use voxlake_query::{LakeSession, QueryError};

pub use self::options::AttachOptions;

/// Registers the file as a table of the session and returns notices for the user. Rows of a CSV
/// file are read into memory, those of a Parquet file by each query.
pub(super) async fn register(
    session: &LakeSession,
    name: &str,
    file: &Path,
    options: &AttachOptions,
) -> Result<Vec<String>, QueryError> {
    let fail = |reason: String| QueryError::Attach { path: file.display().to_string(), reason };
    let whole = file.canonicalize().map_err(|error| fail(error.to_string()))?;
    if !whole.is_file() {
        return Err(fail("it is not a file".to_owned()));
    }
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_owned();
    match ending.to_ascii_lowercase().as_str() {
        "csv" | "tsv" | "txt" => {
            let usual = if ending.eq_ignore_ascii_case("tsv") { b'\t' } else { b',' };
            let options = options.clone();
            let read = move || csv_file::read(&whole, &options, usual, csv_file::MAX_BYTES);
            let read = tokio::task::spawn_blocking(read).await.map_err(|error| fail(error.to_string()))?;
            let csv_file::CsvRows { schema, batches, notices } = read.map_err(fail)?;
            let table = MemTable::try_new(schema, vec![batches]);
            table
                .and_then(|table| session.context().register_table(name, Arc::new(table)))
                .map_err(|error| fail(error.strip_backtrace()))?;
            Ok(notices)
        }
        "parquet" if options.columns.is_some() || options.delimiter.is_some() || options.header.is_some() => {
            Err(fail("a Parquet file has its own types: they cannot be declared".to_owned()))
        }
        "parquet" => {
            // A URL, since DataFusion interprets brackets and asterisks in a path as a pattern.
            let url = Url::from_file_path(&whole).map_err(|()| fail("its path is invalid".to_owned()))?;
            let dotted = format!(".{ending}");
            let options = ParquetReadOptions { file_extension: &dotted, ..ParquetReadOptions::default() };
            let registered = session.context().register_parquet(name, url, options).await;
            registered.map(|()| Vec::new()).map_err(|error| fail(error.strip_backtrace()))
        }
        _ => Err(fail("files that end in .csv, .tsv, .txt or .parquet can be attached".to_owned())),
    }
}
