//! Files beside the lake that a user reads as tables: a staffing plan, a price list.

use std::path::Path;

use datafusion::prelude::{CsvReadOptions, ParquetReadOptions};
use url::Url;

use crate::error::QueryError;
use crate::session::LakeSession;

/// Makes the file a table of the session. A CSV has a header, and the types that its first thousand rows show.
pub(super) async fn register(
    session: &LakeSession,
    name: &str,
    file: &Path,
    delimiter: Option<u8>,
) -> Result<(), QueryError> {
    let fail = |reason: String| QueryError::Attach { path: file.display().to_string(), reason };
    let whole = file.canonicalize().map_err(|error| fail(error.to_string()))?;
    if !whole.is_file() {
        return Err(fail("it is no file".to_owned()));
    }
    // As a URL, since the engine takes brackets and stars of a path for a pattern.
    let url = Url::from_file_path(&whole).map_err(|()| fail("its path is none of a file".to_owned()))?;
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_owned();
    let dotted = format!(".{ending}");
    let ctx = session.context();
    let registered = match ending.to_ascii_lowercase().as_str() {
        "csv" | "tsv" | "txt" => {
            let usual = if ending.eq_ignore_ascii_case("tsv") { b'\t' } else { b',' };
            let options = CsvReadOptions::new()
                .has_header(true)
                .delimiter(delimiter.unwrap_or(usual))
                .file_extension(&dotted);
            ctx.register_csv(name, url, options).await
        }
        "parquet" => {
            let options = ParquetReadOptions { file_extension: &dotted, ..ParquetReadOptions::default() };
            ctx.register_parquet(name, url, options).await
        }
        _ => return Err(fail("files that end in .csv, .tsv or .parquet can be attached".to_owned())),
    };
    registered.map_err(|error| fail(error.strip_backtrace()))
}
