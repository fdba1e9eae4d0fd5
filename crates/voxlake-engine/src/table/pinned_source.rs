//! Parquet source whose files are pinned to the versions of the query's session.

use std::fmt::{self, Formatter};
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{
    DefaultParquetFileReaderFactory, ParquetFileReaderFactory,
};
use datafusion::datasource::physical_plan::{FileOpener, FileScanConfig, FileSource, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_plan::DisplayFormatType;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion_datasource::morsel::Morselizer;
use object_store::ObjectStore;

use crate::table::pinned_store::PinnedStore;
use crate::table::projected_reader::ProjectedReader;
use crate::table::verified_reader::VerifiedReader;

/// Parquet source that fails for files of another version, and verifies the bytes that it reads.
#[derive(Clone)]
pub(super) struct PinnedSource {
    pub(super) parquet: Arc<ParquetSource>,
}

impl PinnedSource {
    /// Returns the source of one scan partition.
    fn with_readers(&self, store: Arc<dyn ObjectStore>) -> ParquetSource {
        let factory = PinnedReaderFactory { store };
        ParquetSource::clone(&self.parquet).with_parquet_file_reader_factory(Arc::new(factory))
    }
}

impl FileSource for PinnedSource {
    fn create_file_opener(
        &self,
        store: Arc<dyn ObjectStore>,
        config: &FileScanConfig,
        partition: usize,
    ) -> Result<Arc<dyn FileOpener>> {
        self.with_readers(Arc::clone(&store)).create_file_opener(store, config, partition)
    }

    fn create_morselizer(
        &self,
        store: Arc<dyn ObjectStore>,
        config: &FileScanConfig,
        partition: usize,
    ) -> Result<Box<dyn Morselizer>> {
        self.with_readers(Arc::clone(&store)).create_morselizer(store, config, partition)
    }

    fn table_schema(&self) -> &TableSchema {
        self.parquet.table_schema()
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        let sized = self.parquet.with_batch_size(batch_size);
        match sized.downcast_ref::<ParquetSource>() {
            Some(parquet) => Arc::new(Self { parquet: Arc::new(parquet.clone()) }),
            None => Arc::new(self.clone()),
        }
    }

    fn filter(&self) -> Option<Arc<dyn PhysicalExpr>> {
        self.parquet.filter()
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        self.parquet.projection()
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        self.parquet.metrics()
    }

    fn file_type(&self) -> &'static str {
        "parquet"
    }

    fn fmt_extra(&self, format: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        self.parquet.fmt_extra(format, f)
    }

    fn reorder_files(&self, files: Vec<PartitionedFile>) -> Vec<PartitionedFile> {
        self.parquet.reorder_files(files)
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.parquet.apply_expressions(f)
    }
}

/// Factory of readers that are pinned to a version and verify checksums.
#[derive(Debug)]
struct PinnedReaderFactory {
    store: Arc<dyn ObjectStore>,
}

impl ParquetFileReaderFactory for PinnedReaderFactory {
    fn create_reader(
        &self,
        partition_index: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let has_current_columns = file.arrow_schema.is_some();
        let store = PinnedStore::new(Arc::clone(&self.store), file.object_meta.clone());
        let readers = DefaultParquetFileReaderFactory::new(Arc::new(store));
        let reader: Box<dyn AsyncFileReader> =
            readers.create_reader(partition_index, file, metadata_size_hint, metrics)?;
        let reader = VerifiedReader::new(reader);
        Ok(if has_current_columns {
            Box::new(ProjectedReader::of_all_columns(reader))
        } else {
            Box::new(reader)
        })
    }
}
