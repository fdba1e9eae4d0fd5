//! Paths within a lake.

use std::path::{Path as FsPath, PathBuf};

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use object_store::path::Path;
use voxlake_model::time::CALL_YEARS;

use crate::Fingerprint;

/// Folder of the day files. A local folder can be opened as a lake if it contains this folder.
pub(crate) const VOICE_CALLS: &str = "voice_calls";
/// Folder of the lake's own records. Readers of calls do not need them.
pub(crate) const PRIVATE: &str = "_voxlake";
/// Folder of rejected records.
pub(crate) const REJECTS: &str = "rejects";
/// Extension of the files in [`REJECTS`].
pub(crate) const REJECTS_EXTENSION: &str = "ndjson";
/// Folder of data derived from day files.
pub(crate) const SUMMARIES: &str = "summaries";
/// Folder of the Delta table that is published from the day files.
pub(crate) const PUBLISHED: &[&str] = &["published", "delta", VOICE_CALLS];
/// Folder of the log in [`PUBLISHED`].
pub(crate) const PUBLISHED_LOG: &str = "_delta_log";
/// Name of the only file in a day's partition.
const DAY_FILE: &str = "calls.parquet";

/// File with the calls of a day.
pub(crate) fn day_file(date: NaiveDate) -> Path {
    Path::from_iter([VOICE_CALLS, &format!("date={date}"), DAY_FILE])
}

/// Returns the date in a day file's path. `None` for any other file.
pub(crate) fn date_of(path: &Path) -> Option<NaiveDate> {
    let date = date_of_folder(path.parts().nth(1)?.as_ref())?;
    (*path == day_file(date)).then_some(date)
}

/// Returns whether a file in a day's folder is a part of the day. Newer versions may store a day in
/// parts; see `docs/adr/0044-parts-of-a-day.md`.
pub(crate) fn is_part(name: &str) -> bool {
    name.starts_with("calls-") && name.ends_with(".parquet")
}

/// Returns the date in the name of a day's folder. `None` for any other name, and for a year
/// outside [`CALL_YEARS`].
pub(crate) fn date_of_folder(name: &str) -> Option<NaiveDate> {
    let date: NaiveDate = name.strip_prefix("date=")?.parse().ok()?;
    (CALL_YEARS.contains(&date.year()) && date.to_string() == name["date=".len()..]).then_some(date)
}

/// File or folder of the published table, by its path within the table.
pub(crate) fn published(path: &str) -> Path {
    Path::from(format!("{}/{path}", PUBLISHED.join("/")))
}

/// Path within the published table of a version of a day.
pub(crate) fn published_day(date: NaiveDate, version: Fingerprint) -> String {
    format!("date={date}/{version}.parquet")
}

/// File of the rejects `id` that were fetched at `fetched_at`.
pub(crate) fn rejects(fetched_at: DateTime<Utc>, id: &str) -> Path {
    let (date, name) = (fetched_at.date_naive().to_string(), format!("{id}.{REJECTS_EXTENSION}"));
    Path::from_iter([REJECTS, &date, &name])
}

/// Lock of the writer.
pub(crate) fn lock() -> Path {
    Path::from_iter([PRIVATE, "lock"])
}

/// Ledger of requests per UTC day.
pub(crate) fn quota_ledger() -> Path {
    Path::from_iter([PRIVATE, "requests.json"])
}

/// Ledger of report runs.
pub(crate) fn report_runs() -> Path {
    Path::from_iter([PRIVATE, "reports.json"])
}

/// Lock of the process that makes scheduled reports.
pub(crate) fn reports_lock() -> Path {
    Path::from_iter([PRIVATE, "reports.lock"])
}

/// Archived calls of a day that the API moved to another start time.
pub(crate) fn moved_calls(date: NaiveDate, id: &str) -> Path {
    Path::from_iter([PRIVATE, "moved", &format!("date={date}-{id}.ndjson")])
}

/// Period of a sync that is running or was interrupted.
pub(crate) fn unfinished_sync() -> Path {
    Path::from_iter([PRIVATE, "sync.json"])
}

/// Slices of days whose counts the API confirmed.
pub(crate) fn api_checks() -> Path {
    Path::from_iter([PRIVATE, "api_checks.json"])
}

/// Conditions on the lake's calls.
pub(crate) fn scope() -> Path {
    Path::from_iter([PRIVATE, "scope.json"])
}

/// Description of the source of the lake's calls.
pub(crate) fn origin() -> Path {
    Path::from_iter([PRIVATE, "origin"])
}

/// Cached footers of a month's day files.
pub(crate) fn footer_cache((year, month): (i32, u32)) -> Path {
    Path::from_iter([PRIVATE, "footers", &format!("{year:04}-{month:02}.json")])
}

/// Destination of a day file that is quarantined at the time `at`. `copy` makes the name unique if
/// a day has several at the same time.
pub(crate) fn quarantine(date: NaiveDate, at: DateTime<Utc>, copy: u32) -> Path {
    let copy = if copy == 0 { String::new() } else { format!("-{copy}") };
    let name = format!("date={date}-{}{copy}.parquet", at.format("%Y%m%dT%H%M%S%3fZ"));
    Path::from_iter([PRIVATE, "damaged", &name])
}

/// Returns the local path of `path` below `root`.
pub(crate) fn local_path(root: &FsPath, path: &Path) -> PathBuf {
    path.parts().fold(root.to_path_buf(), |folder, part| folder.join(part.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_day_files_have_a_date() {
        let date = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        assert_eq!(date_of(&day_file(date)), Some(date));
        for path in [
            "voice_calls/date=2026-11-01/.calls.parquet.x.tmp",
            "voice_calls/date=2026-11-31/calls.parquet",
            "voice_calls/date=2026-11-01/more/calls.parquet",
            "voice_calls/calls.parquet",
            "summaries/date=2026-11-01/calls.parquet",
            "voice_calls/date=+262142-12-31/calls.parquet",
            "voice_calls/date=-0001-01-01/calls.parquet",
            "voice_calls/date=1999-12-31/calls.parquet",
            "voice_calls/date=2200-01-01/calls.parquet",
        ] {
            assert_eq!(date_of(&Path::from(path)), None, "{path}");
        }
    }
}
