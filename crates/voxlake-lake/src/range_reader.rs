//! Reads of byte ranges of one version of a day file.
//!
//! A session lists the day files once. All that it reads later, footers, Bloom filters and columns,
//! has to be of the listed version: bytes of two versions would decode to calls that never existed.
//! A store compares the versions itself (`If-Match`). A local file is compared when it is opened,
//! and then read through one handle, which keeps its version.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path as FsPath, PathBuf};
use std::slice;
use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, coalesce_ranges};
use tokio::sync::OnceCell;

use crate::executor::spawn_blocking_io;
use crate::file_version::is_same_version;
use crate::{LakeError, layout, listing};

/// Maximum gap between two columns of one request. Its bytes take about 10 ms, and a request of its
/// own takes longer.
const MAX_COLUMN_GAP_BYTES: u64 = 1 << 20;
/// Maximum gap between two small ranges of one request, such as blocks of Bloom filters. They are
/// read from many files at once, so that the bytes between them count.
const MAX_BLOCK_GAP_BYTES: u64 = 32 << 10;

/// Reader of byte ranges of one version of a day file.
#[derive(Debug)]
pub struct DayRangeReader {
    meta: ObjectMeta,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Local {
        path: PathBuf,
        /// The file, once it was read.
        file: Arc<OnceLock<File>>,
    },
    Store {
        store: Arc<dyn ObjectStore>,
        /// End of the file, once it was read.
        tail: OnceCell<FileTail>,
    },
}

/// Bytes at the end of a file.
#[derive(Clone, Debug)]
pub(crate) struct FileTail {
    /// Offset of the first byte.
    pub(crate) start: u64,
    pub(crate) bytes: Bytes,
}

impl FileTail {
    /// Returns the bytes of a range of the file. `None` if it is not within the tail.
    pub(crate) fn slice(&self, range: &Range<u64>) -> Option<Bytes> {
        let start = usize::try_from(range.start.checked_sub(self.start)?).ok()?;
        let end = usize::try_from(range.end.checked_sub(self.start)?).ok()?;
        (start <= end && end <= self.bytes.len()).then(|| self.bytes.slice(start..end))
    }
}

impl DayRangeReader {
    /// Creates a reader of a file in the local folder `root`, or else in `store`. Nothing is read
    /// yet.
    pub(crate) fn new(store: &Arc<dyn ObjectStore>, root: Option<&FsPath>, meta: &ObjectMeta) -> Self {
        let source = match root {
            Some(root) => {
                Source::Local { path: layout::local_path(root, &meta.location), file: Arc::default() }
            }
            None => Source::Store { store: Arc::clone(store), tail: OnceCell::new() },
        };
        Self { meta: meta.clone(), source }
    }

    /// Description of the version that is read.
    #[must_use]
    pub fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    /// Returns whether the file is on a local disk, where many small reads are cheap.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.source, Source::Local { .. })
    }

    /// Reads ranges of the file, and returns their bytes in the order of `ranges`. In an object
    /// store, neighbouring ranges share a request.
    ///
    /// # Errors
    /// - [`LakeError::Replaced`] if the file has another version or was deleted
    /// - [`LakeError::Damaged`] for a range beyond its end
    /// - [`LakeError::Store`] if the store fails
    pub async fn read(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, LakeError> {
        self.read_coalesced(ranges, MAX_COLUMN_GAP_BYTES).await
    }

    /// Reads small ranges that may be far from each other, as [`read`](Self::read) does.
    pub(crate) async fn read_blocks(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, LakeError> {
        self.read_coalesced(ranges, MAX_BLOCK_GAP_BYTES).await
    }

    async fn read_coalesced(&self, ranges: &[Range<u64>], max_gap: u64) -> Result<Vec<Bytes>, LakeError> {
        if ranges.iter().any(|range| range.start > range.end || range.end > self.meta.size) {
            let reason = "the file is shorter than its footer says".to_owned();
            return Err(LakeError::Damaged { path: self.meta.location.to_string(), reason });
        }
        match &self.source {
            Source::Local { path, file } => self.read_local(path, file, ranges.to_vec()).await,
            Source::Store { store, tail } => self.read_remote(store, tail.get(), ranges, max_gap).await,
        }
    }

    /// Reads the whole file of an object store in one request. Later reads make none.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn read_whole(&self) -> Result<(), LakeError> {
        match &self.source {
            Source::Local { .. } => Ok(()),
            Source::Store { .. } => self.tail(self.meta.size).await.map(drop),
        }
    }

    /// Reads at least `bytes` bytes at the end of the file, or the whole file if it is shorter.
    ///
    /// In an object store this is one request, also for concurrent callers. Later reads of these
    /// bytes make none.
    pub(crate) async fn tail(&self, bytes: u64) -> Result<FileTail, LakeError> {
        let start = self.meta.size.saturating_sub(bytes);
        let read = || async {
            let whole = self.read(slice::from_ref(&(start..self.meta.size))).await?;
            Ok(FileTail { start, bytes: whole.into_iter().next().unwrap_or_default() })
        };
        match &self.source {
            Source::Local { .. } => read().await,
            Source::Store { tail, .. } => {
                let tail = tail.get_or_try_init(read).await?.clone();
                self.extend(tail, bytes).await
            }
        }
    }

    /// Extends a tail to at least `bytes` bytes, or to the whole file.
    pub(crate) async fn extend(&self, tail: FileTail, bytes: u64) -> Result<FileTail, LakeError> {
        let start = self.meta.size.saturating_sub(bytes);
        if start >= tail.start {
            return Ok(tail);
        }
        let mut whole = BytesMut::new();
        for part in self.read(slice::from_ref(&(start..tail.start))).await? {
            whole.extend_from_slice(&part);
        }
        whole.extend_from_slice(&tail.bytes);
        Ok(FileTail { start, bytes: whole.freeze() })
    }

    async fn read_local(
        &self,
        path: &FsPath,
        file: &Arc<OnceLock<File>>,
        ranges: Vec<Range<u64>>,
    ) -> Result<Vec<Bytes>, LakeError> {
        let (path, file, meta) = (path.to_owned(), Arc::clone(file), self.meta.clone());
        let read = move || {
            let file = match file.get() {
                Some(file) => file,
                None => match open_version(&path, &meta)? {
                    Some(opened) => file.get_or_init(|| opened),
                    None => return Ok(None),
                },
            };
            ranges.iter().map(|range| read_at(file, range)).collect::<io::Result<Vec<_>>>().map(Some)
        };
        match spawn_blocking_io(read).await {
            Ok(parts) => parts.ok_or_else(|| self.replaced()),
            // A file that became shorter was overwritten in place.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(self.replaced()),
            Err(error) => Err(self.failed(Box::new(error))),
        }
    }

    async fn read_remote(
        &self,
        store: &Arc<dyn ObjectStore>,
        tail: Option<&FileTail>,
        ranges: &[Range<u64>],
        max_gap: u64,
    ) -> Result<Vec<Bytes>, LakeError> {
        let known = |range: &Range<u64>| match range.is_empty() {
            true => Some(Bytes::new()),
            false => tail.and_then(|tail| tail.slice(range)),
        };
        let mut parts: Vec<Option<Bytes>> = ranges.iter().map(known).collect();
        let unread = ranges.iter().zip(&parts).filter(|(_, part)| part.is_none());
        let unread: Vec<_> = unread.map(|(range, _)| range.clone()).collect();
        let read = coalesce_ranges(&unread, |range| self.request(store, range), max_gap).await?;
        for (part, bytes) in parts.iter_mut().filter(|part| part.is_none()).zip(read) {
            *part = Some(bytes);
        }
        Ok(parts.into_iter().flatten().collect())
    }

    /// Makes one request for a range.
    async fn request(&self, store: &Arc<dyn ObjectStore>, range: Range<u64>) -> Result<Bytes, LakeError> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range.clone())),
            if_match: self.meta.e_tag.clone(),
            version: self.meta.version.clone().filter(|_| self.meta.e_tag.is_none()),
            ..GetOptions::default()
        };
        let found =
            store.get_opts(&self.meta.location, options).await.map_err(|error| self.explain(error))?;
        // Some stores ignore conditions.
        if !is_same_version(&self.meta, &found.meta) {
            return Err(self.replaced());
        }
        let bytes = found.bytes().await.map_err(|error| self.explain(error))?;
        if bytes.len() as u64 == range.end - range.start {
            return Ok(bytes);
        }
        let error = format!("{} bytes of the range {range:?} were sent", bytes.len());
        Err(self.failed(error.into()))
    }

    /// Distinguishes a replaced file from a failure of the store.
    fn explain(&self, error: object_store::Error) -> LakeError {
        // A precondition may fail when an interrupted response is resumed. Then it is a cause.
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if let Some(object_store::Error::Precondition { .. } | object_store::Error::NotFound { .. }) =
                error.downcast_ref()
            {
                return self.replaced();
            }
            cause = error.source();
        }
        self.failed(Box::new(error))
    }

    fn replaced(&self) -> LakeError {
        LakeError::Replaced { path: self.meta.location.to_string() }
    }

    fn failed(&self, source: Box<dyn std::error::Error + Send + Sync>) -> LakeError {
        LakeError::Store { action: "read", path: self.meta.location.to_string(), source }
    }
}

/// Opens a local file. `None` if it does not have the version that `meta` describes.
fn open_version(path: &FsPath, meta: &ObjectMeta) -> io::Result<Option<File>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let found = listing::object_meta(&file.metadata()?, meta.location.clone())?;
    Ok(is_same_version(meta, &found).then_some(file))
}

/// Reads a range of a file without moving its cursor, which readers share.
fn read_at(file: &File, range: &Range<u64>) -> io::Result<Bytes> {
    let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    let mut done = 0;
    while done < length {
        match read_some_at(file, &mut bytes[done..], range.start + done as u64) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bytes.into())
}

#[cfg(unix)]
fn read_some_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_some_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

#[cfg(test)]
mod tests;
