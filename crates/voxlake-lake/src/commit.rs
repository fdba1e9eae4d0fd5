//! One file into place, whole or not at all.
//!
//! On a local disk the file is written beside its place, synced, renamed and the folder synced;
//! `object_store`'s own local put renames too but does not sync, and a lost power supply could then
//! leave a name without its bytes. Elsewhere the store's put, in parts or at once, is already
//! atomic.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::path::{Path as FsPath, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use futures::StreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart};
use tempfile::NamedTempFile;
use tokio::sync::oneshot;

use crate::error::{LakeError, Naming as _};

/// Ends the name of a file that is still being written; no reader looks at it.
const UNFINISHED: &str = ".tmp";
/// Bytes of one part of an upload; what is smaller goes up at once.
const PART: usize = 8 << 20;
/// Parts that are on their way at once.
const PARTS_AT_ONCE: usize = 2;

/// Where work that holds up a thread is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On {
    /// On a thread that merges days: [`merging`].
    Merger,
    /// On a thread of its own: [`aside`].
    AnyThread,
}

/// Work for a thread that merges days.
type Job = Box<dyn FnOnce() + Send>;

/// Threads that merge days.
struct Mergers(Vec<Merger>);

struct Merger {
    jobs: Sender<Job>,
    /// Jobs that it has, the one under way among them.
    busy: Arc<AtomicUsize>,
}

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
            aside(move || Unfinished::beside(&place)?.write_all(&bytes)?.commit())
                .await
                .naming("write", path.as_ref())
        }
    }
}

/// As [`replace`], for what can be made again from other files: nothing is synced, so that after a
/// power failure the file may be an old one, a cut one or gone.
pub(crate) async fn replace_disposable(
    store: &dyn ObjectStore,
    root: Option<&FsPath>,
    path: &Path,
    bytes: Bytes,
) -> Result<(), LakeError> {
    let Some(root) = root else { return replace(store, None, path, bytes).await };
    let place = local(root, path);
    aside(move || Unfinished::beside(&place)?.write_all(&bytes)?.put_in_place())
        .await
        .naming("write", path.as_ref())
}

/// Does work that would hold up the runtime on a thread of its own.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other).and_then(|done| done)
}

/// Merges days, on as many threads as there are cores, which stay as long as the process.
pub(crate) async fn merging<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    static MERGERS: LazyLock<Mergers> =
        LazyLock::new(|| Mergers::start(std::thread::available_parallelism().map_or(1, NonZeroUsize::get)));
    MERGERS.run(work).await
}

impl Mergers {
    fn start(count: usize) -> Self {
        let merger = |_| {
            let (jobs, todo) = mpsc::channel::<Job>();
            let work = move || todo.into_iter().for_each(|job| job());
            let thread = std::thread::Builder::new().name("merger".to_owned()).spawn(work);
            thread.ok().map(|_| Merger { jobs, busy: Arc::new(AtomicUsize::new(0)) })
        };
        Self((0..count).filter_map(merger).collect())
    }

    /// Does work on one of the threads. Whoever does one after the other has one thread for all of
    /// it: allocators keep memory ready for each thread that ever needed much, so that several
    /// would hold several times what a merge takes.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
        let gone = || io::Error::other("the threads that merge days are gone");
        // The first of those that have the least to do.
        let merger = self.0.iter().min_by_key(|merger| merger.busy.load(Relaxed)).ok_or_else(gone)?;
        merger.busy.fetch_add(1, Relaxed);
        let busy = Arc::clone(&merger.busy);
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move || {
            // A merge that panics must not take the thread along; nobody is told, which is an error below.
            let done = std::panic::catch_unwind(AssertUnwindSafe(work));
            // Before it is told, so that who merges next finds the thread idle.
            busy.fetch_sub(1, Relaxed);
            // Whoever waited for it may be gone.
            drop(done.map(|done| tell.send(done)));
        });
        merger.jobs.send(job).map_err(|_| gone())?;
        told.await.map_err(|_| io::Error::other("merging the day broke off"))
    }
}

/// Replaces `path` of a store by what is in a file.
pub(crate) async fn upload(store: &dyn ObjectStore, path: &Path, mut file: File) -> Result<(), LakeError> {
    let (mut file, mut part) = aside(move || {
        file.rewind()?;
        next_part(file)
    })
    .await
    .naming("read back", path.as_ref())?;
    if part.len() < PART {
        return store.put(path, PutPayload::from_bytes(part)).await.map(drop).naming("write", path.as_ref());
    }
    let mut upload = WriteMultipart::new_with_chunk_size(
        store.put_multipart(path).await.naming("write", path.as_ref())?,
        PART,
    );
    while !part.is_empty() {
        upload.wait_for_capacity(PARTS_AT_ONCE).await.naming("write", path.as_ref())?;
        upload.put(part);
        match aside(move || next_part(file)).await {
            Ok(read) => (file, part) = read,
            Err(error) => {
                // The store forgets the parts in time; the error that matters is the first.
                let _ = upload.abort().await;
                return Err(error).naming("read back", path.as_ref());
            }
        }
    }
    upload.finish().await.map(drop).naming("write", path.as_ref())
}

fn next_part(mut file: File) -> io::Result<(File, Bytes)> {
    let mut part = Vec::with_capacity(PART);
    (&mut file).take(PART as u64).read_to_end(&mut part)?;
    Ok((file, Bytes::from(part)))
}

/// A file of a store as a nameless local one; `None` where there is none.
pub(crate) async fn download(store: &dyn ObjectStore, path: &Path) -> Result<Option<File>, LakeError> {
    let mut chunks = match store.get(path).await {
        Ok(found) => found.into_stream(),
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error).naming("read", path.as_ref()),
    };
    let mut file = aside(tempfile::tempfile).await.naming("make a copy of", path.as_ref())?;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.naming("read", path.as_ref())?;
        let written = aside(move || file.write_all(&chunk).map(|()| file)).await;
        file = written.naming("make a copy of", path.as_ref())?;
    }
    Ok(Some(file))
}

/// The file of `path` under `root`.
pub(crate) fn local(root: &FsPath, path: &Path) -> PathBuf {
    path.parts().fold(root.to_path_buf(), |at, part| at.join(part.as_ref()))
}

/// A file beside the one whose place it is to take; dropped, it is removed.
pub(crate) struct Unfinished {
    file: NamedTempFile,
    place: PathBuf,
}

impl Unfinished {
    /// Makes an empty file beside `place`, and the folder where there is none.
    pub(crate) fn beside(place: &FsPath) -> io::Result<Self> {
        let (folder, name) = folder_and_name(place)?;
        std::fs::create_dir_all(folder)?;
        let prefix = format!(".{name}.");
        remove_unfinished(folder, &prefix)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(UNFINISHED);
        // The umask decides, as for any file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        Ok(Self { file: builder.tempfile_in(folder)?, place: place.to_owned() })
    }

    pub(crate) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    fn write_all(mut self, bytes: &[u8]) -> io::Result<Self> {
        self.file.write_all(bytes)?;
        Ok(self)
    }

    /// Puts the file in its place, to stay.
    pub(crate) fn commit(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        let place = self.place.clone();
        self.put_in_place()?;
        sync_folder(folder_and_name(&place)?.0)
    }

    fn put_in_place(self) -> io::Result<()> {
        self.file.persist(&self.place).map(drop).map_err(io::Error::from)
    }
}

fn folder_and_name(place: &FsPath) -> io::Result<(&FsPath, &str)> {
    place
        .parent()
        .zip(place.file_name().and_then(|name| name.to_str()))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a file needs a folder and a name"))
}

/// Removes what a killed writer left half written. The writer's lock is held, so nobody is writing
/// it now.
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

    #[tokio::test]
    async fn a_merge_that_breaks_off_is_an_error_and_the_next_one_works_on_the_same_thread() {
        let mergers = Mergers::start(2);
        let thread = || std::thread::current().id();
        let first = mergers.run(thread).await.unwrap();
        let broken = mergers.run(|| std::panic::resume_unwind(Box::new("a bug"))).await.map(|(): ()| ());
        assert!(broken.unwrap_err().to_string().contains("broke off"));
        assert_eq!(mergers.run(thread).await.unwrap(), first);
        assert_ne!(thread(), first);
        // What is merged meanwhile has another.
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let held = mergers.run(move || (wait.recv().unwrap(), thread()));
        let beside = async { (mergers.run(thread).await, go.send(()).unwrap()) };
        let (held, (beside, ())) = futures::join!(held, beside);
        assert_eq!(held.unwrap().1, first);
        assert_ne!(beside.unwrap(), first);
    }

    #[test]
    fn a_file_is_replaced_whole_and_what_a_killed_writer_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("date=2026-11-01/calls.parquet");
        let replace = |bytes| Unfinished::beside(&place).unwrap().write_all(bytes).unwrap().commit().unwrap();
        replace(b"old");
        std::fs::write(place.with_file_name(".calls.parquet.x1y2.tmp"), b"ne").unwrap();
        replace(b"new");
        assert_eq!(std::fs::read(&place).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(place.parent().unwrap()).unwrap().count(), 1);
    }
}
