//! Store that returns one version of a file.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// Read-only view of a store that fails if a file is not the expected version.
///
/// Tasks of one query read parts of the same file at different times in different processes.
/// Without this check they could read two versions.
#[derive(Debug)]
pub(super) struct PinnedStore {
    store: Arc<dyn ObjectStore>,
    file: ObjectMeta,
}

impl PinnedStore {
    /// Restricts `store` to the version of `file`.
    pub(super) fn new(store: Arc<dyn ObjectStore>, file: ObjectMeta) -> Self {
        Self { store, file }
    }

    /// Returns whether `found` is the expected version. Stores without entity tags are compared by
    /// size and time of modification.
    fn is_pinned(&self, found: &ObjectMeta) -> bool {
        match (&self.file.e_tag, &found.e_tag) {
            (Some(expected), Some(found)) => expected == found,
            (None, None) => self.file.size == found.size && self.file.last_modified == found.last_modified,
            _ => false,
        }
    }
}

impl Display for PinnedStore {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "PinnedStore({})", self.file.location)
    }
}

#[async_trait]
impl ObjectStore for PinnedStore {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let found = self.store.get_opts(location, options).await?;
        if self.is_pinned(&found.meta) {
            return Ok(found);
        }
        let reason = "the file was replaced after the query had been planned";
        Err(Error::Precondition { path: location.to_string(), source: reason.into() })
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(read_only("put"))
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(read_only("put"))
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        stream::once(async { Err(read_only("delete")) }).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.store.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(read_only("copy"))
    }
}

fn read_only(operation: &str) -> Error {
    Error::NotImplemented { operation: operation.to_owned(), implementer: "PinnedStore".to_owned() }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt as _;
    use object_store::local::LocalFileSystem;

    use super::*;

    #[tokio::test]
    async fn replaced_files_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let local: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap());
        let path = Path::from("day");
        local.put(&path, "first".into()).await.unwrap();
        let pinned = PinnedStore::new(Arc::clone(&local), local.head(&path).await.unwrap());
        assert_eq!(pinned.get_range(&path, 1..3).await.unwrap(), "ir");
        assert_eq!(pinned.get_ranges(&path, &[0..1, 4..5]).await.unwrap(), ["f", "t"]);
        // The same size, but another file.
        local.put(&path, "other".into()).await.unwrap();
        for error in [
            pinned.get_range(&path, 1..3).await.unwrap_err(),
            pinned.get_ranges(&path, &[0..1, 4..5]).await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::Precondition { .. }), "{error}");
        }
        assert!(pinned.put(&path, "third".into()).await.is_err());
    }
}
