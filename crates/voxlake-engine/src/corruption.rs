//! Search for the corrupt day file behind a failure.
//!
//! DataFusion reports "corrupt footer" without the file. Files are checked before a query where
//! that is cheap, and after a query that failed. A result that silently lacks a day would be worse
//! than an error, so damaged files are skipped only on request.

use std::collections::HashMap;
use std::error::Error;

use futures::stream::{self, StreamExt as _};
use voxlake_lake::{DayFile, Lake, LakeError, MAX_CONCURRENT_REQUESTS};

use crate::error::{DamagedFile, EngineError};

/// Minimum size of a Parquet file: two magic numbers and the length of the footer.
const MIN_PARQUET_BYTES: u64 = 12;

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

/// Converts an error of the lake, and names the file if it is damaged or was replaced.
pub fn into_engine_error(error: LakeError) -> EngineError {
    match error {
        LakeError::Damaged { path, reason } => {
            EngineError::Damaged { files: vec![DamagedFile { path, reason }] }
        }
        LakeError::Replaced { path } => EngineError::Replaced { path },
        error => error.into(),
    }
}

/// Returns the error of the lake among the causes of an error. It names its files: damaged,
/// replaced, or not readable in the store.
pub fn find_lake_error(error: &(dyn Error + 'static)) -> Option<EngineError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let found = match (error.downcast_ref(), error.downcast_ref()) {
            (Some(EngineError::Damaged { files }), _) => Some(EngineError::Damaged { files: files.clone() }),
            (Some(EngineError::Replaced { path }), _) => Some(EngineError::Replaced { path: path.clone() }),
            (Some(EngineError::Lake(error)), _) | (_, Some(error)) => copy_lake_error(error),
            (None, None) => None,
        };
        if found.is_some() {
            return found;
        }
        cause = error.source();
    }
    None
}

/// Copies an error about a file. Its source becomes text.
fn copy_lake_error(error: &LakeError) -> Option<EngineError> {
    let copy = match error {
        LakeError::Damaged { path, reason } => {
            LakeError::Damaged { path: path.clone(), reason: reason.clone() }
        }
        LakeError::Replaced { path } => LakeError::Replaced { path: path.clone() },
        LakeError::Store { action, path, source } => {
            LakeError::Store { action, path: path.clone(), source: source.to_string().into() }
        }
        _ => return None,
    };
    Some(into_engine_error(copy))
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
        .buffered(MAX_CONCURRENT_REQUESTS);
    let (mut readable, mut damaged) = (Vec::new(), Vec::new());
    while let Some((day, verdict)) = checked.next().await {
        match verdict {
            Ok(()) => readable.push(day),
            Err(LakeError::Damaged { path, reason }) => damaged.push(DamagedFile { path, reason }),
            Err(error) => return Err(into_engine_error(error)),
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
        return Some(EngineError::Replaced { path });
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

/// Returns the path of the first of `days` that has another version or is gone.
async fn first_replaced(lake: &Lake, days: &[DayFile]) -> Option<String> {
    // A store that does not respond is not the fault of a file.
    let current = lake.days().await.ok()?;
    let current: HashMap<_, _> = current.into_iter().map(|day| (day.date, day.meta)).collect();
    let mut replaced = days.iter().filter(|day| current.get(&day.date) != Some(&day.meta));
    replaced.next().map(|day| day.meta.location.to_string())
}

#[cfg(test)]
mod tests;
