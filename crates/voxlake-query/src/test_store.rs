//! Object store in memory for tests: it records requests, and fails or replaces files on demand.

#![allow(clippy::unwrap_used, reason = "only tests use it")]

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result,
};
use voxlake_lake::Lake;

/// Request to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Listing of a folder.
    List(String),
    /// Metadata of a file.
    Head(String),
    /// A file, or a range of it.
    Get(String, Option<Range<u64>>),
    /// A write of a file.
    Put(String),
}

impl Request {
    /// Path of the file or folder.
    pub fn path(&self) -> &str {
        let (Self::List(path) | Self::Head(path) | Self::Get(path, _) | Self::Put(path)) = self;
        path
    }

    /// Returns whether this reads a day file.
    pub fn reads_day(&self) -> bool {
        matches!(self, Self::Get(path, _) if path.starts_with("voice_calls/"))
    }
}

/// Reaction of the store to a request.
#[derive(Debug)]
pub enum Reaction {
    /// It responds.
    Respond,
    /// It fails.
    Fail,
    /// The response ends with an error after this number of bytes.
    BreakOff(usize),
    /// Before it responds, another program writes a file.
    Replace(Path, Bytes),
    /// Before it responds, another program deletes a file.
    Delete(Path),
}

type Reactions = Box<dyn FnMut(&Request) -> Reaction + Send>;

/// Store in memory that records requests.
#[derive(Default)]
pub struct TestStore {
    files: InMemory,
    requests: Mutex<Vec<Request>>,
    reactions: Mutex<Option<Reactions>>,
    running: AtomicUsize,
    most_running: AtomicUsize,
}

impl TestStore {
    /// Creates an empty store.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Returns another store with the same versions of the same files.
    pub fn fork(&self) -> Arc<Self> {
        Arc::new(Self { files: self.files.fork(), ..Self::default() })
    }

    /// The lake at its root.
    pub fn lake(self: &Arc<Self>) -> Lake {
        Lake::in_store(Arc::clone(self) as Arc<dyn ObjectStore>, "memory:///")
    }

    /// Files of the store, for access that is not recorded.
    pub fn files(&self) -> &InMemory {
        &self.files
    }

    /// Returns the requests since the last call.
    pub fn take_requests(&self) -> Vec<Request> {
        self.most_running.store(0, SeqCst);
        std::mem::take(&mut self.requests.lock().unwrap())
    }

    /// Maximum number of concurrent reads since the last call of
    /// [`take_requests`](Self::take_requests).
    pub fn max_concurrent_reads(&self) -> usize {
        self.most_running.load(SeqCst)
    }

    /// Sets the reaction to each request from now on.
    pub fn react(&self, reactions: impl FnMut(&Request) -> Reaction + Send + 'static) {
        *self.reactions.lock().unwrap() = Some(Box::new(reactions));
    }

    async fn record(&self, request: Request) -> Result<Option<usize>> {
        let reaction = match &mut *self.reactions.lock().unwrap() {
            Some(reactions) => reactions(&request),
            None => Reaction::Respond,
        };
        let path = request.path().to_owned();
        self.requests.lock().unwrap().push(request);
        match reaction {
            Reaction::Respond => Ok(None),
            Reaction::Fail => Err(failure(&path)),
            Reaction::BreakOff(bytes) => Ok(Some(bytes)),
            Reaction::Replace(path, bytes) => self.files.put(&path, bytes.into()).await.map(|_| None),
            Reaction::Delete(path) => self.files.delete(&path).await.map(|()| None),
        }
    }
}

fn failure(path: &str) -> Error {
    Error::Generic { store: "test", source: format!("the request for {path} failed").into() }
}

impl fmt::Debug for TestStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestStore")
    }
}

impl fmt::Display for TestStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestStore")
    }
}

#[async_trait]
impl ObjectStore for TestStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.record(Request::Put(path.to_string())).await?;
        self.files.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.record(Request::Put(path.to_string())).await?;
        self.files.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let request = match &options.range {
            _ if options.head => Request::Head(path.to_string()),
            Some(GetRange::Bounded(range)) => Request::Get(path.to_string(), Some(range.clone())),
            _ => Request::Get(path.to_string(), None),
        };
        let running = self.running.fetch_add(1, SeqCst) + 1;
        self.most_running.fetch_max(running, SeqCst);
        let found = match self.record(request).await {
            Ok(broken_off) => {
                // Lets other requests start.
                tokio::task::yield_now().await;
                self.files.get_opts(path, options).await.map(|found| (found, broken_off))
            }
            Err(error) => Err(error),
        };
        self.running.fetch_sub(1, SeqCst);
        let (found, broken_off) = found?;
        let Some(bytes) = broken_off else { return Ok(found) };
        let (meta, range, attributes) = (found.meta.clone(), found.range.clone(), found.attributes.clone());
        let whole = found.bytes().await?;
        let parts = [Ok(whole.slice(..bytes.min(whole.len()))), Err(failure(path.as_ref()))];
        let payload = GetResultPayload::Stream(stream::iter(parts).boxed());
        Ok(GetResult { payload, meta, range, attributes })
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.files.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let folder = prefix.map(ToString::to_string).unwrap_or_default();
        let request = Request::List(folder.clone());
        let fails = match &mut *self.reactions.lock().unwrap() {
            Some(reactions) => matches!(reactions(&request), Reaction::Fail),
            None => false,
        };
        self.requests.lock().unwrap().push(request);
        match fails {
            true => stream::iter([Err(failure(&folder))]).boxed(),
            false => self.files.list(prefix),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.record(Request::List(prefix.map(ToString::to_string).unwrap_or_default())).await?;
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.record(Request::Put(to.to_string())).await?;
        self.files.copy_opts(from, to, options).await
    }
}
