//! Search for the corrupt day file behind a failure.
//!
//! DataFusion reports "corrupt footer" without the file. Files are checked before a query where
//! that is cheap, and after a query that failed. A result that silently lacks a day would be worse
//! than an error, so damaged files are skipped only on request.

use futures::stream::{self, StreamExt as _};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use voxlake_lake::{DayFile, Lake, LakeError};

use crate::error::{DamagedFile, EngineError};

/// Minimum size of a Parquet file: two magic numbers and the length of the footer.
const MIN_PARQUET_BYTES: u64 = 12;
/// Footers to read concurrently: hides the latency of a store without overloading it.
pub(crate) const CONCURRENT_FOOTER_READS: usize = 16;

/// Returns the day files that are too small for a Parquet file. Reads nothing.
pub fn files_too_short(days: &[DayFile]) -> Vec<DamagedFile> {
    days.iter()
        .filter(|day| day.meta.size < MIN_PARQUET_BYTES)
        .map(|day| DamagedFile {
            path: day.meta.location.to_string(),
            reason: format!("it has {} bytes, too few for a Parquet file", day.meta.size),
        })
        .collect()
}

/// Converts an error of the lake, and names the file if it is damaged.
pub fn into_engine_error(error: LakeError) -> EngineError {
    match error {
        LakeError::Damaged { path, reason } => {
            EngineError::Damaged { files: vec![DamagedFile { path, reason }] }
        }
        error => error.into(),
    }
}

/// Splits `days` into readable and damaged ones by reading their footers.
///
/// # Errors
/// If the store fails for another reason than a damaged file.
pub async fn split_readable(
    lake: &Lake,
    days: Vec<DayFile>,
) -> Result<(Vec<DayFile>, Vec<DamagedFile>), EngineError> {
    let mut checked = stream::iter(days)
        .map(|day| async move {
            let verdict = lake.check_footer(&day).await;
            (day, verdict)
        })
        .buffered(CONCURRENT_FOOTER_READS);
    let (mut readable, mut damaged) = (Vec::new(), Vec::new());
    while let Some((day, verdict)) = checked.next().await {
        match verdict {
            Ok(()) => readable.push(day),
            Err(LakeError::Damaged { path, reason }) => damaged.push(DamagedFile { path, reason }),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((readable, damaged))
}

/// Returns an error that names the file behind a failed read of `days`, if there is one.
///
/// Files that changed since they were listed come first, because their listed sizes are invalid.
/// Then the footers are checked, and finally every page of every file, because only a full read
/// finds damage between the footers. That is slow, but happens only after a failure.
pub async fn find_corrupt_file(lake: &Lake, days: Vec<DayFile>) -> Option<EngineError> {
    if let Some(path) = first_replaced(lake, &days).await {
        return Some(EngineError::Replaced { path: path.to_string() });
    }
    let (readable, damaged) = split_readable(lake, days).await.ok()?;
    if !damaged.is_empty() {
        return Some(EngineError::Damaged { files: damaged });
    }
    for day in readable {
        if let Err(error @ LakeError::Damaged { .. }) = lake.read_day(day.date).await {
            return Some(into_engine_error(error));
        }
    }
    None
}

/// Returns an error that names the files behind a failed planning over `days`, if there are any.
/// Planning reads footers only.
pub async fn find_unreadable_footers(lake: &Lake, days: &[DayFile]) -> Option<EngineError> {
    let (_, damaged) = split_readable(lake, days.to_vec()).await.ok()?;
    (!damaged.is_empty()).then_some(EngineError::Damaged { files: damaged })
}

async fn first_replaced(lake: &Lake, days: &[DayFile]) -> Option<Path> {
    for day in days {
        match lake.store().head(&day.meta.location).await {
            Ok(now) if now.size == day.meta.size && now.last_modified == day.meta.last_modified => {}
            Ok(_) | Err(object_store::Error::NotFound { .. }) => return Some(day.meta.location.clone()),
            // The store does not respond, which is not the fault of this file.
            Err(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
