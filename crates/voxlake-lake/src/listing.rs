//! Listing of the day files in a local folder, with one `stat` per day.
//!
//! The store's own listing walks every folder and builds a URL for every path. Opening a session
//! over ten years (3,650 days) takes 20 ms with this listing instead of 70, over one year 8 instead
//! of 13.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path as FsPath;
use std::time::SystemTime;

use object_store::ObjectMeta;
use object_store::path::Path;

use crate::day::DayFile;
use crate::layout;

/// Returns the day files below `root`, in no particular order.
pub(crate) fn list_days(root: &FsPath) -> io::Result<Vec<DayFile>> {
    let mut days = Vec::new();
    for folder in fs::read_dir(root.join(layout::VOICE_CALLS))? {
        let name = folder?.file_name();
        let Some(date) = name.to_str().and_then(layout::date_of_folder) else { continue };
        let location = layout::day_file(date);
        match fs::metadata(layout::local_path(root, &location)) {
            Ok(file) if file.is_file() => days.push(DayFile { date, meta: object_meta(&file, location)? }),
            Ok(_) => {}
            // The folder has no day file, or it was deleted meanwhile.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(days)
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
    use futures::TryStreamExt as _;

    use super::*;
    use crate::Lake;

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
}
