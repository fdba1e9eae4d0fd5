//! Published versions of day files: hard links or copies.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path as FsPath;

use chrono::NaiveDate;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use super::PublishedTable;
use crate::day::DayFile;
use crate::error::{LakeError, StoreContext as _};
use crate::executor::spawn_blocking_io;
use crate::file_version::is_same_version;
use crate::staged_file::sync_folder;
use crate::{WriterLock, commit, layout, listing};

/// A version of a day in the published table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedFile {
    /// UTC date of its calls.
    pub date: NaiveDate,
    /// Path within the table. It contains the fingerprint of the day file.
    pub path: String,
}

impl PublishedTable {
    /// Returns the file under which this version of a day is published. It may not exist.
    #[must_use]
    pub fn file_of(&self, day: &DayFile) -> PublishedFile {
        PublishedFile { date: day.date, path: layout::published_day(day.date, day.fingerprint()) }
    }

    /// Adds a version of a day file to the table: as a hard link on a local disk, as a copy on
    /// other disks and in object stores. An existing file is kept.
    ///
    /// # Errors
    /// [`LakeError::Conflict`] if the day file is no longer the listed one; if the store fails.
    pub async fn add_day(&self, lock: &WriterLock, day: &DayFile) -> Result<PublishedFile, LakeError> {
        let published = self.file_of(day);
        let to = layout::published(&published.path);
        lock.check()?;
        let is_same = match self.lake.root() {
            None => self.copy_object(day, &to).await?,
            Some(root) => {
                let (root, day, path) = (root.to_owned(), day.clone(), to.clone());
                let guard = lock.clone_guard();
                let link = move || {
                    let _guard = guard;
                    link_day(&root, &day, &path)
                };
                spawn_blocking_io(link).await.context("publish", day_path(&published.date))?
            }
        };
        match is_same {
            true => Ok(published),
            false => Err(LakeError::Conflict { path: day_path(&published.date) }),
        }
    }

    /// Copies a day file within the object store. False if it is no longer the listed version. An
    /// existing file of its size is the same version.
    async fn copy_object(&self, day: &DayFile, to: &Path) -> Result<bool, LakeError> {
        let (store, from) = (self.lake.store(), &day.meta.location);
        match store.head(to).await {
            Ok(found) if found.size == day.meta.size => return Ok(true),
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error).context("read", to.as_ref()),
        }
        store.copy(from, to).await.context("copy", from.as_ref())?;
        let source = store.head(from).await.context("read", from.as_ref())?;
        let copy = store.head(to).await.context("read", to.as_ref())?;
        let is_same = is_same_version(&source, &day.meta) && copy.size == day.meta.size;
        if !is_same {
            store.delete(to).await.context("delete", to.as_ref())?;
        }
        Ok(is_same)
    }
}

fn day_path(date: &NaiveDate) -> String {
    layout::day_file(*date).to_string()
}

/// Links or copies a local day file to `path`. False if it is no longer the listed version.
fn link_day(root: &FsPath, day: &DayFile, path: &Path) -> io::Result<bool> {
    let place = layout::local_path(root, path);
    let source = layout::local_path(root, &day.meta.location);
    if fs::metadata(&place).is_ok_and(|found| found.len() == day.meta.size) {
        return Ok(true);
    }
    let folder = place.parent().unwrap_or(root);
    let is_new_folder = !folder.is_dir();
    fs::create_dir_all(folder)?;
    // A link to a link would not keep the content.
    let is_link = fs::symlink_metadata(&source)?.is_symlink();
    let linked = if is_link { Err(ErrorKind::Unsupported.into()) } else { fs::hard_link(&source, &place) };
    let is_same = match linked {
        Ok(()) => is_listed_version(&place, day)?,
        // The disk does not support links, or the file has too many of them.
        Err(_) => copy_file(&source, &place, day)?,
    };
    if !is_same {
        remove_if_exists(&place)?;
        return Ok(false);
    }
    sync_folder(folder)?;
    if is_new_folder && let Some(table) = folder.parent() {
        sync_folder(table)?;
    }
    Ok(true)
}

/// Returns whether a file, or a link to it, is the listed version of a day.
fn is_listed_version(place: &FsPath, day: &DayFile) -> io::Result<bool> {
    let meta = listing::object_meta(&fs::metadata(place)?, day.meta.location.clone())?;
    Ok(is_same_version(&meta, &day.meta))
}

/// Copies a file, and checks that it was not replaced meanwhile.
fn copy_file(source: &FsPath, place: &FsPath, day: &DayFile) -> io::Result<bool> {
    let mut staged = commit::stage(place)?;
    let bytes = io::copy(&mut File::open(source)?, staged.file_mut())?;
    if bytes != day.meta.size || !is_listed_version(source, day)? {
        return Ok(false);
    }
    staged.persist_durably()?;
    Ok(true)
}

fn remove_if_exists(place: &FsPath) -> io::Result<()> {
    match fs::remove_file(place) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
