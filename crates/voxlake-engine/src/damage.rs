//! Which day file is to blame: found before a question where that is cheap, after it where it failed.
//!
//! The engine's own errors say "corrupt footer" and not whose. An answer that quietly lacks a day
//! would be worse than none, so nothing damaged is left out unless that was asked for.

use futures::stream::{self, StreamExt as _};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use voxlake_lake::{DayFile, Lake, LakeError};

use crate::error::{DamagedFile, EngineError};

/// Bytes of the shortest Parquet file there can be: its magic twice and the length of its footer.
const LEAST_PARQUET: u64 = 12;
/// Footers to read at once: enough to hide a store's latency, few enough to be no burden.
const CHECKS_AT_ONCE: usize = 16;

/// The days whose size alone shows that they are no Parquet files. Reads nothing.
pub fn too_short(days: &[DayFile]) -> Vec<DamagedFile> {
    days.iter()
        .filter(|day| day.meta.size < LEAST_PARQUET)
        .map(|day| DamagedFile {
            path: day.meta.location.to_string(),
            reason: format!("it has {} bytes, too few for a Parquet file", day.meta.size),
        })
        .collect()
}

/// The lake's error as a question's: a damaged file is told as such, with what helps.
pub fn blamed(error: LakeError) -> EngineError {
    match error {
        LakeError::Damaged { path, reason } => {
            EngineError::Damaged { files: vec![DamagedFile { path, reason }] }
        }
        error => error.into(),
    }
}

/// Parts `days` into the whole and the damaged, by their footers.
///
/// # Errors
/// Where the store fails in another way than by a damaged file.
pub async fn screen(
    lake: &Lake,
    days: Vec<DayFile>,
) -> Result<(Vec<DayFile>, Vec<DamagedFile>), EngineError> {
    let mut checked = stream::iter(days)
        .map(|day| async move {
            let verdict = lake.check_footer(&day).await;
            (day, verdict)
        })
        .buffered(CHECKS_AT_ONCE);
    let (mut whole, mut damaged) = (Vec::new(), Vec::new());
    while let Some((day, verdict)) = checked.next().await {
        match verdict {
            Ok(()) => whole.push(day),
            Err(LakeError::Damaged { path, reason }) => damaged.push(DamagedFile { path, reason }),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((whole, damaged))
}

/// The error that names the file to blame for a failed read of `days`, if one is.
///
/// A file that changed since it was listed comes first, as then its listed size and so everything
/// read by it is void. Then the footers, and last, as only a full read finds damage between them,
/// every page of every file: slow, but a failed answer has time.
pub async fn culprit(lake: &Lake, days: Vec<DayFile>) -> Option<EngineError> {
    if let Some(path) = first_replaced(lake, &days).await {
        return Some(EngineError::Replaced { path: path.to_string() });
    }
    let (whole, damaged) = screen(lake, days).await.ok()?;
    if !damaged.is_empty() {
        return Some(EngineError::Damaged { files: damaged });
    }
    for day in whole {
        if let Err(error @ LakeError::Damaged { .. }) = lake.read_day(day.date).await {
            return Some(blamed(error));
        }
    }
    None
}

/// The error that names the files to blame for a failed plan over `days`, if any is. Plans read footers and nothing else.
pub async fn planning_culprit(lake: &Lake, days: &[DayFile]) -> Option<EngineError> {
    let (_, damaged) = screen(lake, days.to_vec()).await.ok()?;
    (!damaged.is_empty()).then_some(EngineError::Damaged { files: damaged })
}

async fn first_replaced(lake: &Lake, days: &[DayFile]) -> Option<Path> {
    for day in days {
        match lake.store().head(&day.meta.location).await {
            Ok(now) if now.size == day.meta.size && now.last_modified == day.meta.last_modified => {}
            Ok(_) | Err(object_store::Error::NotFound { .. }) => return Some(day.meta.location.clone()),
            // The store does not answer: that is another failure, and not this file's.
            Err(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
