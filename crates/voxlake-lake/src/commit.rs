//! Replacing files of a lake in one step.
//!
//! On a local disk the file is written next to its destination, synced and renamed, and its folder
//! is synced. `object_store`'s own local put also renames but does not sync: a power failure could
//! leave a name without its bytes. On an object store a put, in one request or in parts, is atomic.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path as FsPath, PathBuf};

use bytes::Bytes;
use futures::StreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart};

use crate::error::{LakeError, StoreContext as _};
use crate::executor::spawn_blocking_io;
use crate::staged_file::StagedFile;

/// Suffix of files that are still being written. Readers ignore them.
const STAGED_SUFFIX: &str = ".tmp";
/// Bytes of one part of an upload. A smaller file is uploaded in one request.
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
            let place = local(root, path);
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
    let place = local(root, path);
    spawn_blocking_io(move || write_all(stage(&place)?, &bytes)?.persist_unsynced())
        .await
        .context("write", path.as_ref())
}

/// Uploads a local file to `path` of a store.
pub(crate) async fn upload(store: &dyn ObjectStore, path: &Path, mut file: File) -> Result<(), LakeError> {
    let (mut file, mut part) = spawn_blocking_io(move || {
        file.rewind()?;
        next_part(file)
    })
    .await
    .context("read back", path.as_ref())?;
    if part.len() < UPLOAD_PART_BYTES {
        return store.put(path, PutPayload::from_bytes(part)).await.map(drop).context("write", path.as_ref());
    }
    let mut upload = WriteMultipart::new_with_chunk_size(
        store.put_multipart(path).await.context("write", path.as_ref())?,
        UPLOAD_PART_BYTES,
    );
    while !part.is_empty() {
        upload.wait_for_capacity(MAX_CONCURRENT_PARTS).await.context("write", path.as_ref())?;
        upload.put(part);
        match spawn_blocking_io(move || next_part(file)).await {
            Ok(read) => (file, part) = read,
            Err(error) => {
                // Stores expire the parts of an upload that is not aborted. The first error is the
                // one to report.
                let _ = upload.abort().await;
                return Err(error).context("read back", path.as_ref());
            }
        }
    }
    upload.finish().await.map(drop).context("write", path.as_ref())
}

fn next_part(mut file: File) -> io::Result<(File, Bytes)> {
    let mut part = Vec::with_capacity(UPLOAD_PART_BYTES);
    (&mut file).take(UPLOAD_PART_BYTES as u64).read_to_end(&mut part)?;
    Ok((file, Bytes::from(part)))
}

/// Downloads a file of a store to an unnamed local one. `None` if it does not exist.
pub(crate) async fn download(store: &dyn ObjectStore, path: &Path) -> Result<Option<File>, LakeError> {
    let mut chunks = match store.get(path).await {
        Ok(found) => found.into_stream(),
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error).context("read", path.as_ref()),
    };
    let mut file = spawn_blocking_io(tempfile::tempfile).await.context("copy", path.as_ref())?;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.context("read", path.as_ref())?;
        let written = spawn_blocking_io(move || file.write_all(&chunk).map(|()| file)).await;
        file = written.context("copy", path.as_ref())?;
    }
    Ok(Some(file))
}

/// Returns the local path of `path` below `root`.
pub(crate) fn local(root: &FsPath, path: &Path) -> PathBuf {
    path.parts().fold(root.to_path_buf(), |folder, part| folder.join(part.as_ref()))
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

fn write_all(mut file: StagedFile, bytes: &[u8]) -> io::Result<StagedFile> {
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
