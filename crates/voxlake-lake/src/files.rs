//! Reading, replacing and deleting single files of a lake.

use std::fs::File;
use std::io;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, UpdateVersion};

use crate::commit::{self, OpenedFile};
use crate::error::{LakeError, StoreContext as _};
use crate::executor::{Executor, spawn_blocking_io};
use crate::{Lake, WriterLock, layout};

impl Lake {
    /// Opens a day file. A file of an object store is first copied to a local one. `None` if it
    /// does not exist.
    pub(crate) async fn day_file(&self, path: &Path) -> Result<Option<OpenedFile>, LakeError> {
        let Some(root) = self.root() else { return commit::download(&**self.store(), path).await };
        let place = layout::local_path(root, path);
        let open = spawn_blocking_io(move || match File::open(place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        });
        let file = open.await.context("read", path.as_ref())?;
        Ok(file.map(|file| OpenedFile { file, version: UpdateVersion { e_tag: None, version: None } }))
    }

    /// Replaces the day file at `path` in one step with the output of `work`, if an object store
    /// still has the version `replaced`. If `work` fails, the file is unchanged.
    pub(crate) async fn rewrite<T: Send + 'static, E: From<LakeError> + Send + 'static>(
        &self,
        lock: &WriterLock,
        path: &Path,
        replaced: Option<UpdateVersion>,
        executor: Executor,
        work: impl FnOnce(&mut File) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let place = self.root().map(|root| layout::local_path(root, path));
        let (name, guard) = (path.to_string(), lock.clone_guard());
        let write = move || -> Result<_, E> {
            let _guard = guard;
            let Some(place) = place else {
                let mut copy = tempfile::tempfile().context("copy", &name)?;
                let done = work(&mut copy)?;
                return Ok((done, Some(copy)));
            };
            let mut staged = commit::stage(&place).context("write", &name)?;
            let done = work(staged.file_mut())?;
            staged.persist_durably().context("write", &name)?;
            Ok((done, None))
        };
        let (done, copy) = executor.run(write).await.context("write", path.as_ref())??;
        if let Some(copy) = copy {
            commit::upload(&**self.store(), lock, path, copy, replaced).await?;
        }
        Ok(done)
    }

    pub(crate) async fn replace(
        &self,
        lock: &WriterLock,
        path: &Path,
        bytes: Bytes,
    ) -> Result<(), LakeError> {
        lock.fence(commit::replace(&**self.store(), self.root(), path, bytes)).await
    }

    /// Reads a small file. `None` if it does not exist.
    pub(crate) async fn read_file(&self, path: &Path) -> Result<Option<Bytes>, LakeError> {
        match self.store().get(path).await {
            Ok(found) => found.bytes().await.map(Some).context("read", path.as_ref()),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error).context("read", path.as_ref()),
        }
    }

    /// Deletes a file, if it exists.
    pub(crate) async fn delete_file(&self, lock: &WriterLock, path: &Path) -> Result<(), LakeError> {
        let delete = async {
            match self.store().delete(path).await {
                Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
                Err(error) => Err(error).context("delete", path.as_ref()),
            }
        };
        lock.fence(delete).await
    }
}
