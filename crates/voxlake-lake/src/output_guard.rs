//! Refusal of output files within lakes, where other programs could read them as calls.

use std::path::{Component, Path, PathBuf};

use thiserror::Error;
use url::Url;

use crate::layout::{PRIVATE, VOICE_CALLS};

/// Error for an output path or URL within a lake.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{output} lies in the lake {lake}, where only syncs and imports write: choose a path outside the lake"
)]
#[non_exhaustive]
pub struct OutputInLake {
    /// The path or URL of the output.
    pub output: String,
    /// The lake that contains it.
    pub lake: String,
}

/// Checks that a file or folder to write is outside every lake of this machine, also through links.
///
/// # Errors
/// [`OutputInLake`] if it is within one.
pub fn check_output_path(path: &Path) -> Result<(), OutputInLake> {
    match lake_around(path) {
        None => Ok(()),
        Some(lake) => {
            Err(OutputInLake { output: path.display().to_string(), lake: lake.display().to_string() })
        }
    }
}

/// Checks that a URL to write to is outside the lake at `lake`, and outside every lake of this
/// machine.
///
/// # Errors
/// [`OutputInLake`] if it is within one.
pub fn check_output_url(url: &Url, lake: &str) -> Result<(), OutputInLake> {
    if let Ok(path) = url.to_file_path() {
        return check_output_path(&path);
    }
    let (output, lake) = (with_slash(url.as_str()), with_slash(lake));
    if output.starts_with(&lake) { Err(OutputInLake { output, lake }) } else { Ok(()) }
}

fn with_slash(url: &str) -> String {
    format!("{}/", url.trim_end_matches('/'))
}

/// Returns the lake that contains a path, judged by the nearest existing ancestors.
fn lake_around(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let real = path.ancestors().find_map(|ancestor| ancestor.canonicalize().ok())?;
    // A folder of the lake may be a link to a folder outside of it, so both paths are checked.
    let path = without_dots(&path);
    let places = [real.as_path(), path.as_path()];
    let mut around = places.into_iter().flat_map(Path::ancestors);
    around.find(|folder| is_lake(folder)).map(Path::to_owned)
}

/// Returns whether a folder is a lake: it has `voice_calls` with days in it, or `voice_calls` and
/// `_voxlake`.
fn is_lake(folder: &Path) -> bool {
    let Ok(mut days) = std::fs::read_dir(folder.join(VOICE_CALLS)) else { return false };
    let is_day = |name: &std::ffi::OsStr| name.to_str().is_some_and(|name| name.starts_with("date="));
    folder.join(PRIVATE).is_dir() || days.any(|day| day.is_ok_and(|day| is_day(&day.file_name())))
}

/// Removes `.` and `..` from a path without resolving links.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_within_a_lake_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let lake = folder.path().join("lake");
        let day = lake.join("voice_calls/date=2026-11-01");
        std::fs::create_dir_all(&day).unwrap();
        for path in
            ["lake", "lake/report.csv", "lake/voice_calls/date=2026-11-01/calls.parquet", "lake/new/a.csv"]
        {
            assert!(check_output_path(&folder.path().join(path)).is_err(), "{path}");
        }
        // A folder of recordings is not a lake.
        std::fs::create_dir_all(folder.path().join("other/voice_calls")).unwrap();
        for path in ["report.csv", "lake.csv", "reports/a.csv", "lake/../report.csv", "other/a.csv"] {
            assert!(check_output_path(&folder.path().join(path)).is_ok(), "{path}");
        }
        let url = |path: &Path| Url::from_file_path(path).unwrap();
        assert!(check_output_url(&url(&lake.join("reports")), "elsewhere").is_err());
        assert!(check_output_url(&"s3://bucket/lake/reports".parse().unwrap(), "s3://bucket/lake").is_err());
        assert!(check_output_url(&"s3://bucket/lake2".parse().unwrap(), "s3://bucket/lake").is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn links_into_a_lake_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let day = folder.path().join("lake/voice_calls/date=2026-11-01");
        std::fs::create_dir_all(&day).unwrap();
        std::fs::write(day.join("calls.parquet"), "").unwrap();
        std::os::unix::fs::symlink(&day, folder.path().join("folder")).unwrap();
        std::os::unix::fs::symlink(day.join("calls.parquet"), folder.path().join("file.csv")).unwrap();
        assert!(check_output_path(&folder.path().join("folder/a.csv")).is_err());
        assert!(check_output_path(&folder.path().join("file.csv")).is_err());
    }
}
