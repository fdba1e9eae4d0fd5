//! Deliveries to a folder: each file appears when it is complete, and a repetition replaces it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use voxlake_lake::check_output_path;
use voxlake_report::OutputFile;
use voxlake_report::RenderedFile;

use super::error::DeliveryError;
use crate::ScheduleError;

/// Writes a file into an existing folder, first under a temporary name.
///
/// # Errors
/// [`ScheduleError::Write`] if the folder cannot be written to.
pub fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, ScheduleError> {
    let path = folder.join(name);
    let write = || {
        let mut file = OutputFile::create(&path, Duration::ZERO)?;
        file.write_all(bytes)?;
        file.finish()
    };
    match write() {
        Ok(()) => Ok(path),
        Err(source) => Err(ScheduleError::Write { path, source }),
    }
}

/// Writes the files of a report on a thread that may block.
pub(super) async fn deliver(folder: PathBuf, files: Vec<RenderedFile>) -> Result<(), DeliveryError> {
    let written = tokio::task::spawn_blocking(move || write_files(&folder, &files)).await;
    written.unwrap_or_else(|error| Err(DeliveryError::Transient(error.to_string())))
}

fn write_files(folder: &Path, files: &[RenderedFile]) -> Result<(), DeliveryError> {
    // Checked again: a link may lead into a lake by now.
    check_output_path(folder).map_err(|error| DeliveryError::Permanent(error.to_string()))?;
    std::fs::create_dir_all(folder).map_err(|error| {
        DeliveryError::Transient(format!("cannot make the folder {}: {error}", folder.display()))
    })?;
    for file in files {
        write_file(folder, &file.name, &file.bytes)
            .map_err(|error| DeliveryError::Transient(voxlake_report::error_chain(&error)))?;
    }
    Ok(())
}
