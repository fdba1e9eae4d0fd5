//! No output is written into a lake: a file there would take a day's place, or be taken for one.
//!
//! Every way out asks here: query and report files, the shell's outputs and copies, and deliveries.

use std::path::{Component, Path, PathBuf};

use url::Url;

use crate::exit::UsageError;

/// Folder that makes the folder around it a lake.
const DAYS: &str = "voice_calls";
/// Folder of the lake's writers.
const PRIVATE: &str = "_voxlake";

/// Refuses a file or folder to write that lies in a lake, also through links.
pub(crate) fn refuse_lake(path: &Path) -> Result<(), UsageError> {
    match lake_around(path) {
        None => Ok(()),
        Some(lake) => Err(UsageError(format!(
            "{} lies in the lake {}, where only syncs and imports write: name a place elsewhere",
            path.display(),
            lake.display()
        ))),
    }
}

/// Refuses a store to write to that lies in the lake at `lake`, or in any lake of this machine.
pub(crate) fn refuse_lake_url(url: &Url, lake: &str) -> Result<(), UsageError> {
    if let Ok(path) = url.to_file_path() {
        return refuse_lake(&path);
    }
    let (url, lake) = (with_slash(url.as_str()), with_slash(lake));
    if url.starts_with(&lake) {
        return Err(UsageError(format!(
            "{url} lies in the lake {lake}, where only syncs and imports write: name a place elsewhere"
        )));
    }
    Ok(())
}

fn with_slash(url: &str) -> String {
    format!("{}/", url.trim_end_matches('/'))
}

/// The lake that a path lies in, by the nearest folders that there are.
fn lake_around(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let real = path.ancestors().find_map(|ancestor| ancestor.canonicalize().ok())?;
    // The day's folder itself may be a link out of the lake.
    let path = without_dots(&path);
    let places = [real.as_path(), path.as_path()];
    let mut around = places.into_iter().flat_map(Path::ancestors);
    around.find(|folder| is_lake(folder)).map(Path::to_owned)
}

/// Whether a folder is a lake: it has `voice_calls` with days in it, or `voice_calls` and `_voxlake`.
fn is_lake(folder: &Path) -> bool {
    let Ok(mut days) = std::fs::read_dir(folder.join(DAYS)) else { return false };
    let is_day = |name: &std::ffi::OsStr| name.to_str().is_some_and(|name| name.starts_with("date="));
    folder.join(PRIVATE).is_dir() || days.any(|day| day.is_ok_and(|day| is_day(&day.file_name())))
}

/// The path without `.` and `..`, by its names alone.
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
    fn nothing_is_written_into_a_lake_whichever_way_leads_there() {
        let folder = tempfile::tempdir().unwrap();
        let lake = folder.path().join("lake");
        let day = lake.join("voice_calls/date=2026-11-01");
        std::fs::create_dir_all(&day).unwrap();
        for path in
            ["lake", "lake/report.csv", "lake/voice_calls/date=2026-11-01/calls.parquet", "lake/new/a.csv"]
        {
            assert!(refuse_lake(&folder.path().join(path)).is_err(), "{path}");
        }
        // A folder of recordings is not a lake.
        std::fs::create_dir_all(folder.path().join("other/voice_calls")).unwrap();
        for path in ["report.csv", "lake.csv", "reports/a.csv", "lake/../report.csv", "other/a.csv"] {
            assert!(refuse_lake(&folder.path().join(path)).is_ok(), "{path}");
        }
        let url = |path: &Path| Url::from_file_path(path).unwrap();
        assert!(refuse_lake_url(&url(&lake.join("reports")), "elsewhere").is_err());
        assert!(refuse_lake_url(&"s3://bucket/lake/reports".parse().unwrap(), "s3://bucket/lake").is_err());
        assert!(refuse_lake_url(&"s3://bucket/lake2".parse().unwrap(), "s3://bucket/lake").is_ok());
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
        assert!(refuse_lake(&folder.path().join("folder/a.csv")).is_err());
        assert!(refuse_lake(&folder.path().join("file.csv")).is_err());
    }
}
