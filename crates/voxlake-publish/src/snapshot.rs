//! Reading of the published table with `delta_kernel`, and its checkpoints.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use delta_kernel::scan::state::ScanFile;
use delta_kernel::{KernelError, Snapshot, SnapshotRef};
use delta_kernel_default_engine::executor::tokio::TokioMultiThreadExecutor;
use delta_kernel_default_engine::{DefaultEngine, DefaultEngineBuilder};
use tokio::runtime::{Handle, RuntimeFlavor};
use voxlake_lake::PublishedTable;

use crate::PublishError;
use crate::actions::{APPLICATION, Metadata};
use crate::schema::{DATE, DeltaStruct};

/// Synthetic URL of the root of every lake. The kernel sorts listings itself if the host has the
/// ending of S3 directory buckets; the local file system does not sort its own.
const ROOT: &str = "lake://lake--x-s3/";

/// A version of the table.
#[derive(Clone, Debug)]
pub(crate) struct TableSnapshot {
    pub(crate) version: u64,
    pub(crate) metadata: Metadata,
    pub(crate) schema: DeltaStruct,
    /// Files of the version, by path.
    pub(crate) files: BTreeMap<String, TableFile>,
    handle: SnapshotRef,
}

/// A file of a version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableFile {
    pub(crate) date: NaiveDate,
    pub(crate) size: u64,
    pub(crate) calls: u64,
}

impl TableSnapshot {
    /// Number of calls of the version.
    pub(crate) fn calls(&self) -> u64 {
        self.files.values().map(|file| file.calls).sum()
    }
}

/// Reader of the table. It reads the store of the lake, so it needs no credentials of its own.
#[derive(Clone)]
pub(crate) struct TableReader {
    table: PublishedTable,
    engine: Arc<DefaultEngine<TokioMultiThreadExecutor>>,
    url: String,
}

impl TableReader {
    /// Creates a reader. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`PublishError::SingleThread`] if the runtime has one thread: the kernel blocks threads that
    /// wait for tasks of the runtime.
    pub(crate) fn new(table: &PublishedTable) -> Result<Self, PublishError> {
        let runtime = Handle::current();
        if runtime.runtime_flavor() != RuntimeFlavor::MultiThread {
            return Err(PublishError::SingleThread);
        }
        let executor = TokioMultiThreadExecutor::new(runtime);
        let engine = DefaultEngineBuilder::new(Arc::clone(table.store()))
            .with_task_executor(Arc::new(executor))
            .build();
        let url = format!("{ROOT}{}/", table.path());
        Ok(Self { table: table.clone(), engine: Arc::new(engine), url })
    }

    /// Reads the newest version.
    ///
    /// # Errors
    /// [`PublishError::UnreadableLog`]; [`PublishError::ForeignTable`] and
    /// [`PublishError::ForeignVersion`] if another program wrote to the table.
    pub(crate) async fn read(&self) -> Result<TableSnapshot, PublishError> {
        let reader = self.clone();
        tokio::task::spawn_blocking(move || reader.read_blocking()).await?
    }

    fn read_blocking(&self) -> Result<TableSnapshot, PublishError> {
        let unreadable = |error: KernelError| unreadable(&self.table, error);
        let engine = &*self.engine;
        let handle = Snapshot::builder_for(&self.url).build(engine).map_err(unreadable)?;
        let (version, location) = (handle.version(), self.table.location());
        match handle.get_app_id_version(APPLICATION, engine).map_err(unreadable)? {
            None => return Err(PublishError::ForeignTable { location }),
            Some(ours) if u64::try_from(ours) != Ok(version) => {
                return Err(PublishError::ForeignVersion { location, version });
            }
            Some(_) => {}
        }
        let metadata = metadata_of(&handle);
        let schema = serde_json::from_str(&metadata.schema_string)
            .map_err(|source| PublishError::UnreadableLog { location, source: source.into() })?;
        let files = self.files(&handle).map_err(unreadable)?;
        Ok(TableSnapshot { version, metadata, schema, files, handle })
    }

    fn files(&self, handle: &SnapshotRef) -> Result<BTreeMap<String, TableFile>, KernelError> {
        let scan = Arc::clone(handle).scan_builder().without_row_transforms().build()?;
        let mut files = Vec::new();
        for part in scan.scan_metadata(&*self.engine)? {
            files = part?.visit_scan_files(files, |files: &mut Vec<ScanFile>, file| files.push(file))?;
        }
        let files = files.into_iter().map(|file| {
            let date = file.partition_values.get(DATE).and_then(|date| date.parse().ok());
            let date = date.ok_or_else(|| KernelError::generic(format!("{} has no date", file.path)))?;
            let calls = file.stats.map_or(0, |stats| stats.num_records);
            let size = u64::try_from(file.size).unwrap_or(0);
            Ok((file.path, TableFile { date, size, calls }))
        });
        files.collect()
    }

    /// Writes a checkpoint of a version, from which readers start instead of from version 0.
    ///
    /// # Errors
    /// [`PublishError::UnreadableLog`] if it cannot be written.
    pub(crate) async fn checkpoint(&self, snapshot: &TableSnapshot) -> Result<(), PublishError> {
        let (reader, handle) = (self.clone(), Arc::clone(&snapshot.handle));
        let write = move || {
            let written = handle.checkpoint(&*reader.engine, None);
            written.map(drop).map_err(|error| unreadable(&reader.table, error))
        };
        tokio::task::spawn_blocking(write).await?
    }
}

fn metadata_of(handle: &SnapshotRef) -> Metadata {
    let metadata = handle.table_configuration().metadata();
    let configuration = metadata.configuration().iter();
    Metadata::new(
        metadata.id().to_owned(),
        metadata.created_time().unwrap_or_default(),
        metadata.schema_string().clone(),
        configuration.map(|(key, value)| (key.clone(), value.clone())).collect(),
    )
}

fn unreadable(table: &PublishedTable, error: KernelError) -> PublishError {
    PublishError::UnreadableLog { location: table.location(), source: Box::new(error) }
}
