//! Replacing files of a lake in one step.
//!
//! On a local disk the file is written next to its destination, synced and renamed, and its folder
//! is synced. `object_store`'s own local put also renames but does not sync: a power failure could
//! leave a name without its bytes. On an object store a put, in one request or in parts, is atomic.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path as FsPath;

use bytes::Bytes;
use futures::StreamExt as _;
use object_store::path::Path;
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion, WriteMultipart,
};

use crate::error::{LakeError, StoreContext as _};
use crate::executor::spawn_blocking_io;
use crate::lock::lease::version_of;
use crate::staged_file::StagedFile;
use crate::{WriterLock, layout};

/// Suffix of files that are still being written. Readers ignore them.
const STAGED_SUFFIX: &str = ".tmp";
/// Maximum size of a file that is uploaded in one conditional request, from memory: a day of about
/// 500,000 calls.
const MAX_SINGLE_PUT_BYTES: u64 = 64 << 20;
/// Bytes of one part of the upload of a larger file.
const UPLOAD_PART_BYTES: usize = 8 << 20;
/// Maximum concurrent requests of one upload.
const MAX_CONCURRENT_PARTS: usize = 2;

/// Replaces `path` with `bytes`. `root` is the lake's folder if it is a local one.
pub(crate) async fn replace(
    store: &dyn ObjectStore,
    root: Option<&FsPath>,
    path: &Path,
    bytes: Bytes,
) -> Result<(), LakeError> {
    match root {
        None => {
            store.put(path, PutPayload::from_bytes(bytes)).await.map(drop).context("write", path.as_ref())
        }
        Some(root) => {
            let place = layout::local_path(root, path);
            spawn_blocking_io(move || write_all(stage(&place)?, &bytes)?.persist_durably())
                .await
                .context("write", path.as_ref())
        }
    }
}

/// Replaces a derived file without syncing it. After a power failure it may be an old version,
/// truncated or missing.
pub(crate) async fn replace_disposable(
    store: &dyn ObjectStore,
    root: Option<&FsPath>,
    path: &Path,
    bytes: Bytes,
) -> Result<(), LakeError> {
    let Some(root) = root else { return replace(store, None, path, bytes).await };
    let place = layout::local_path(root, path);
    spawn_blocking_io(move || write_all(stage(&place)?, &bytes)?.persist_unsynced())
        .await
        .context("write", path.as_ref())
}

/// A day file that was opened, and its version in the store.
#[derive(Debug)]
pub(crate) struct OpenedFile {
    pub(crate) file: File,
    /// Version to replace. Empty for a local file.
    pub(crate) version: UpdateVersion,
}

/// Replaces the object at `path` of a store with a local file, if it still has the version
/// `replaced`. `None` stands for no object.
///
/// A file of several parts is not replaced conditionally, since multipart uploads have no
/// conditions. Instead, the lock is confirmed and the version compared before its last request.
///
/// # Errors
/// [`LakeError::Conflict`] if it has another version.
pub(crate) async fn upload(
    store: &dyn ObjectStore,
    lock: &WriterLock,
    path: &Path,
    mut file: File,
    replaced: Option<UpdateVersion>,
) -> Result<(), LakeError> {
    let (mut file, mut part, is_whole) = spawn_blocking_io(move || {
        file.rewind()?;
        let bytes = file.metadata()?.len();
        let is_whole = bytes <= MAX_SINGLE_PUT_BYTES;
        let (file, part) = next_part(file, if is_whole { bytes } else { UPLOAD_PART_BYTES as u64 })?;
        Ok((file, part, is_whole))
    })
    .await
    .context("read back", path.as_ref())?;
    if is_whole {
        lock.check()?;
        return put_if_unchanged(store, path, part, replaced).await;
    }
    let mut upload = WriteMultipart::new_with_chunk_size(
        store.put_multipart(path).await.context("write", path.as_ref())?,
        UPLOAD_PART_BYTES,
    );
    while !part.is_empty() {
        upload.wait_for_capacity(MAX_CONCURRENT_PARTS).await.context("write", path.as_ref())?;
        upload.put(part);
        match spawn_blocking_io(move || next_part(file, UPLOAD_PART_BYTES as u64)).await {
            Ok(read) => (file, part) = read,
            Err(error) => {
                abort(upload).await;
                return Err(error).context("read back", path.as_ref());
            }
        }
    }
    if let Err(error) = confirm_unchanged(store, lock, path, replaced).await {
        abort(upload).await;
        return Err(error);
    }
    lock.fence(async { upload.finish().await.map(drop).context("write", path.as_ref()) }).await
}

/// Aborts an upload, since stores keep its parts otherwise. The error that led to it is the one to
/// report.
async fn abort(upload: WriteMultipart) {
    if let Err(error) = upload.abort().await {
        tracing::warn!(%error, "cannot abort an upload");
    }
}

/// Puts an object if it still has the version `replaced`.
pub(crate) async fn put_if_unchanged(
    store: &dyn ObjectStore,
    path: &Path,
    bytes: Bytes,
    replaced: Option<UpdateVersion>,
) -> Result<(), LakeError> {
    let mode = replaced.map_or(PutMode::Create, PutMode::Update);
    match store.put_opts(path, PutPayload::from_bytes(bytes.clone()), PutOptions::from(mode)).await {
        Ok(_) => Ok(()),
        Err(object_store::Error::Precondition { .. } | object_store::Error::AlreadyExists { .. }) => {
            // The same bytes are this write, repeated after its response was lost.
            let found = store.get(path).await.context("read", path.as_ref())?;
            let found = found.bytes().await.context("read", path.as_ref())?;
            if found == bytes { Ok(()) } else { Err(conflict(path)) }
        }
        Err(error) => Err(error).context("write", path.as_ref()),
    }
}

/// Checks that the lock is held and that the object still has the version `replaced`.
async fn confirm_unchanged(
    store: &dyn ObjectStore,
    lock: &WriterLock,
    path: &Path,
    replaced: Option<UpdateVersion>,
) -> Result<(), LakeError> {
    lock.confirm().await?;
    if version(store, path).await? == replaced { Ok(()) } else { Err(conflict(path)) }
}

/// Returns the version of an object. `None` if it does not exist.
pub(crate) async fn version(
    store: &dyn ObjectStore,
    path: &Path,
) -> Result<Option<UpdateVersion>, LakeError> {
    match store.head(path).await {
        Ok(meta) => Ok(Some(version_of(&meta))),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error).context("read", path.as_ref()),
    }
}

fn conflict(path: &Path) -> LakeError {
    LakeError::Conflict { path: path.to_string() }
}

fn next_part(mut file: File, bytes: u64) -> io::Result<(File, Bytes)> {
    let mut part = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
    (&mut file).take(bytes).read_to_end(&mut part)?;
    Ok((file, Bytes::from(part)))
}

/// Downloads a file of a store to an unnamed local one. `None` if it does not exist.
pub(crate) async fn download(store: &dyn ObjectStore, path: &Path) -> Result<Option<OpenedFile>, LakeError> {
    let (version, mut chunks) = match store.get(path).await {
        Ok(found) => (version_of(&found.meta), found.into_stream()),
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error).context("read", path.as_ref()),
    };
    let mut file = spawn_blocking_io(tempfile::tempfile).await.context("copy", path.as_ref())?;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.context("read", path.as_ref())?;
        let written = spawn_blocking_io(move || file.write_all(&chunk).map(|()| file)).await;
        file = written.context("copy", path.as_ref())?;
    }
    Ok(Some(OpenedFile { file, version }))
}

/// Creates the staged file of `place`, and its folder if it does not exist. Files that a killed
/// writer left there are removed: the caller holds the writer's lock, so no other process writes
/// them.
pub(crate) fn stage(place: &FsPath) -> io::Result<StagedFile> {
    let (folder, name) = place
        .parent()
        .zip(place.file_name().and_then(|name| name.to_str()))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a file needs a folder and a name"))?;
    std::fs::create_dir_all(folder)?;
    let prefix = format!(".{name}.");
    remove_leftovers(folder, &prefix)?;
    StagedFile::create(place, &prefix, STAGED_SUFFIX)
}

pub(crate) fn write_all(mut file: StagedFile, bytes: &[u8]) -> io::Result<StagedFile> {
    file.file_mut().write_all(bytes)?;
    Ok(file)
}

fn remove_leftovers(folder: &FsPath, prefix: &str) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|n| n.starts_with(prefix) && n.ends_with(STAGED_SUFFIX)) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_removes_leftovers_of_killed_writers() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("date=2026-11-01/calls.parquet");
        let replace = |bytes| write_all(stage(&place).unwrap(), bytes).unwrap().persist_durably().unwrap();
        replace(b"old");
        std::fs::write(place.with_file_name(".calls.parquet.x1y2.tmp"), b"ne").unwrap();
        replace(b"new");
        assert_eq!(std::fs::read(&place).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(place.parent().unwrap()).unwrap().count(), 1);
    }
}
