//! Listing of the day files, in a local folder with one `stat` per day.
//!
//! The store's own listing walks every folder and builds a URL for every path. Opening a session
//! over ten years (3,650 days) takes 20 ms with this listing instead of 70, over one year 8 instead
//! of 13.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path as FsPath;
use std::time::SystemTime;

use object_store::ObjectMeta;
use object_store::path::Path;

use crate::day::DayFile;
use crate::layout;

/// Files of days.
pub(crate) struct Listing {
    /// Day files, in no particular order.
    pub(crate) days: Vec<DayFile>,
    /// Path of a part of a day that has no day file.
    pub(crate) part: Option<String>,
}

/// Lists the files of days below `root`.
pub(crate) fn list_days(root: &FsPath) -> io::Result<Listing> {
    let (mut days, mut parts) = (Vec::new(), Vec::new());
    for folder in fs::read_dir(root.join(layout::VOICE_CALLS))? {
        let name = folder?.file_name();
        let Some(date) = name.to_str().and_then(layout::date_of_folder) else { continue };
        let location = layout::day_file(date);
        match fs::metadata(layout::local_path(root, &location)) {
            Ok(file) if file.is_file() => days.push(DayFile { date, meta: object_meta(&file, location)? }),
            Ok(_) => {}
            // The folder has no day file, or it was deleted meanwhile.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                parts.extend(find_part(root, &location)?);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Listing { days, part: parts.into_iter().min() })
}

/// Returns the path of a part of a day whose day file does not exist.
pub(crate) fn find_part(root: &FsPath, day_file: &Path) -> io::Result<Option<String>> {
    let place = layout::local_path(root, day_file);
    let Some(folder) = place.parent().filter(|_| !place.exists()) else { return Ok(None) };
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        entries => entries?,
    };
    let mut first: Option<String> = None;
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if layout::is_part(&name) && first.as_ref().is_none_or(|first| name < *first) {
            first = Some(name);
        }
    }
    Ok(first.map(|name| day_file.as_ref().replace(day_file.filename().unwrap_or_default(), &name)))
}

/// Selects the day files among the files of a store.
pub(crate) fn select_days(files: Vec<ObjectMeta>) -> Listing {
    let part_of = |meta: &ObjectMeta| {
        let date = layout::date_of_folder(meta.location.parts().nth(1)?.as_ref())?;
        layout::is_part(meta.location.filename()?).then_some((date, meta.location.to_string()))
    };
    let parts: Vec<_> = files.iter().filter_map(part_of).collect();
    let days: Vec<_> = files
        .into_iter()
        .filter_map(|meta| Some(DayFile::in_store(layout::date_of(&meta.location)?, meta)))
        .collect();
    let dates: HashSet<_> = days.iter().map(|day| day.date).collect();
    let parts = parts.into_iter().filter(|(date, _)| !dates.contains(date));
    Listing { days, part: parts.map(|(_, path)| path).min() }
}

/// Builds the same metadata as the store, so that its conditional reads recognise the file.
pub(crate) fn object_meta(file: &Metadata, location: Path) -> io::Result<ObjectMeta> {
    let (size, modified) = (file.len(), file.modified()?);
    let micros = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
    let tag = format!("{:x}-{micros:x}-{size:x}", inode(file));
    Ok(ObjectMeta { location, last_modified: modified.into(), size, e_tag: Some(tag), version: None })
}

#[cfg(unix)]
fn inode(file: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(file)
}

#[cfg(not(unix))]
fn inode(_file: &Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use futures::TryStreamExt as _;
    use object_store::ObjectStoreExt as _;

    use super::*;
    use crate::{ConflictPolicy, Lake, LakeError};

    #[tokio::test]
    async fn listing_equals_that_of_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| {
            let place = folder.path().join("voice_calls").join(name);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            place
        };
        for day in ["2026-11-02", "2016-02-29", "2026-11-01"] {
            fs::write(place(&format!("date={day}/calls.parquet")), day).unwrap();
        }
        fs::write(place("date=2026-11-03/other.parquet"), "").unwrap();
        fs::write(place("date=2026-11-04/.calls.parquet.x.tmp"), "").unwrap();
        fs::write(place("date=2026-11-31/calls.parquet"), "").unwrap();
        fs::write(place("date=2026-11-5/calls.parquet"), "").unwrap();
        fs::write(place("date=2026-11-06"), "a file").unwrap();
        fs::create_dir_all(place("date=2026-11-07/calls.parquet")).unwrap();
        fs::write(place("2026-11-08/calls.parquet"), "").unwrap();

        let lake = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
        let days = lake.days().await.unwrap();
        assert_eq!(days.len(), 3);
        assert!(days.is_sorted_by_key(|day| day.date));
        let listed: Vec<ObjectMeta> = lake.store().list(None).try_collect().await.unwrap();
        let mut listed: Vec<ObjectMeta> =
            listed.into_iter().filter(|meta| layout::date_of(&meta.location).is_some()).collect();
        listed.sort_by(|one, other| one.location.cmp(&other.location));
        assert_eq!(days.into_iter().map(|day| day.meta).collect::<Vec<_>>(), listed);
    }

    /// A day in parts is an error, never a day without calls. Next to a day file, parts are what a
    /// newer version has not finished.
    #[tokio::test]
    async fn parts_of_days_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = std::sync::Arc::new(object_store::memory::InMemory::new());
        let lakes =
            [Lake::create(folder.path().to_str().unwrap()).await.unwrap(), Lake::in_store(store, "memory")];
        for lake in lakes {
            let put = async |path: &str| lake.store().put(&Path::from(path), "x".into()).await.unwrap();
            put("voice_calls/date=2026-11-01/calls.parquet").await;
            put("voice_calls/date=2026-11-01/calls-07.parquet").await;
            assert_eq!(lake.days().await.unwrap().len(), 1);
            put("voice_calls/date=2026-11-02/calls-08.parquet").await;
            put("voice_calls/date=2026-11-02/calls-07.parquet").await;
            let error = lake.days().await.unwrap_err().to_string();
            assert!(error.contains("voice_calls/date=2026-11-02/calls-07.parquet is a part"), "{error}");
            // A day file would hide the parts.
            let now = DateTime::<Utc>::UNIX_EPOCH;
            let lock = lake.lock(now).await.unwrap();
            for (day, is_refused) in [("2026-11-02", true), ("2026-11-03", false)] {
                let day = day.parse().unwrap();
                let merged = lake.merge_day(&lock, day, Vec::new(), &[], ConflictPolicy::Keep).await;
                assert_eq!(matches!(merged, Err(LakeError::PartOfDay { .. })), is_refused, "{merged:?}");
                let written = lake.write_day(&lock, day, now, |_| Ok::<_, LakeError>(())).await;
                assert_eq!(matches!(written, Err(LakeError::PartOfDay { .. })), is_refused, "{written:?}");
            }
        }
    }
}
