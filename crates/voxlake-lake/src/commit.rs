//! One file into place, whole or not at all.
//!
//! On a local disk the file is written beside its place, synced, renamed and the folder synced;
//! `object_store`'s own local put renames too but does not sync, and a lost power supply could then
//! leave a name without its bytes. Elsewhere the store's put is already atomic.

use std::io::{self, Write as _};
use std::path::{Path as FsPath, PathBuf};

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};

use crate::error::{LakeError, Naming as _};

/// Ends the name of a file that is still being written; no reader looks at it.
const UNFINISHED: &str = ".tmp";

/// Replaces `path` by `bytes`. `root` is the lake's folder where it is a local one.
pub(crate) async fn replace(
    store: &dyn ObjectStore,
    root: Option<&FsPath>,
    path: &Path,
    bytes: Bytes,
) -> Result<(), LakeError> {
    match root {
        None => store.put(path, PutPayload::from_bytes(bytes)).await.map(drop).naming("write", path.as_ref()),
        Some(root) => {
            let place = local(root, path);
            tokio::task::spawn_blocking(move || replace_local(&place, &bytes))
                .await
                .map_err(io::Error::other)
                .and_then(|written| written)
                .naming("write", path.as_ref())
        }
    }
}

/// The file of `path` under `root`.
pub(crate) fn local(root: &FsPath, path: &Path) -> PathBuf {
    path.parts().fold(root.to_path_buf(), |at, part| at.join(part.as_ref()))
}

fn replace_local(place: &FsPath, bytes: &[u8]) -> io::Result<()> {
    let (Some(folder), Some(name)) = (place.parent(), place.file_name().and_then(|name| name.to_str()))
    else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a file needs a folder and a name"));
    };
    std::fs::create_dir_all(folder)?;
    let prefix = format!(".{name}.");
    remove_unfinished(folder, &prefix)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(UNFINISHED);
    // The umask decides, as for any file; tempfile's default would hide the lake from other users.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(place)?;
    sync_folder(folder)
}

/// Removes what a killed writer left half written. The writer's lock is held, so nobody is writing it now.
fn remove_unfinished(folder: &FsPath, prefix: &str) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|n| n.starts_with(prefix) && n.ends_with(UNFINISHED)) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &FsPath) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// A folder cannot be opened as a file here; the rename alone has to do.
#[cfg(not(unix))]
fn sync_folder(_folder: &FsPath) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_what_a_killed_writer_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("date=2026-11-01/calls.parquet");
        replace_local(&place, b"old").unwrap();
        std::fs::write(place.with_file_name(".calls.parquet.x1y2.tmp"), b"ne").unwrap();
        replace_local(&place, b"new").unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(place.parent().unwrap()).unwrap().count(), 1);
    }
}
