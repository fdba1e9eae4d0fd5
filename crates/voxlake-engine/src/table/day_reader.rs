//! Readers of day files, each of the version that the lake listed.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, Weak};

use bytes::Bytes;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{ParquetFileMetrics, ParquetRowSelection};
use datafusion::execution::cache::cache_manager::FileMetadataCache;
use datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::parquet::errors::{ParquetError, Result as ParquetResult};
use datafusion::parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::future::{BoxFuture, FutureExt as _};
use futures::lock::Mutex as AsyncMutex;
use object_store::path::Path;
use voxlake_lake::{DayRangeReader, Lake, LakeError};
use voxlake_model::sync;

use crate::parquet_footers::{cache_footer, cached_footer};

/// Files of one scan. Readers of the same file share its handle and the bytes that came with its
/// footer: DataFusion opens a file a second time after it has read the Bloom filters, and once for
/// each part of a file that is split by rows.
#[derive(Debug)]
pub(super) struct ScanFiles {
    lake: Lake,
    cache: Arc<FileMetadataCache>,
    /// Size up to which files of an object store are read whole, with their footer.
    whole_file_bytes: u64,
    files: Mutex<HashMap<Path, SharedFile>>,
}

/// File that several readers may share.
#[derive(Debug, Default)]
struct SharedFile {
    reader: Weak<FileState>,
    /// Keeps the file of parts that may start later. There are fewer such files than threads.
    kept: Option<Arc<FileState>>,
}

#[derive(Debug)]
struct FileState {
    ranges: DayRangeReader,
    /// Held while the footer is loaded, so that concurrent readers load it once.
    footer: AsyncMutex<()>,
}

impl ScanFiles {
    /// Creates the files of a scan. Parsed footers are kept in `cache`.
    pub(super) fn new(lake: Lake, cache: Arc<FileMetadataCache>, whole_file_bytes: u64) -> Self {
        Self { lake, cache, whole_file_bytes, files: Mutex::default() }
    }

    /// Creates a reader of `file`. Nothing is read yet.
    pub(super) fn reader(
        &self,
        partition: usize,
        file: &PartitionedFile,
        metrics: &ExecutionPlanMetricsSet,
    ) -> DayFileReader {
        let location = file.object_meta.location.clone();
        DayFileReader {
            metrics: ParquetFileMetrics::new(partition, location.as_ref(), metrics),
            file: self.share(location, file),
            cache: Arc::clone(&self.cache),
            whole_file_bytes: self.whole_file_bytes,
        }
    }

    fn share(&self, location: Path, file: &PartitionedFile) -> Arc<FileState> {
        let mut files = sync::lock(&self.files);
        let shared = files.entry(location).or_default();
        let state = shared.reader.upgrade().unwrap_or_else(|| {
            let ranges = self.lake.range_reader(&file.object_meta);
            Arc::new(FileState { ranges, footer: AsyncMutex::default() })
        });
        shared.reader = Arc::downgrade(&state);
        if file.extension::<ParquetRowSelection>().is_some() {
            shared.kept = Some(Arc::clone(&state));
        }
        state
    }
}

/// Reader of one day file.
pub(super) struct DayFileReader {
    file: Arc<FileState>,
    cache: Arc<FileMetadataCache>,
    metrics: ParquetFileMetrics,
    whole_file_bytes: u64,
}

impl DayFileReader {
    async fn read(&self, ranges: &[Range<u64>]) -> ParquetResult<Vec<Bytes>> {
        let bytes: u64 = ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum();
        self.metrics.bytes_scanned.add(usize::try_from(bytes).unwrap_or(usize::MAX));
        let file = &self.file.ranges;
        if file.meta().size <= self.whole_file_bytes {
            file.read_whole().await.map_err(into_parquet_error)?;
        }
        file.read(ranges).await.map_err(into_parquet_error)
    }

    /// Returns the footer, with the page index on request, from the cache or else from the file.
    async fn footer(&self, page_index: bool) -> Result<Arc<ParquetMetaData>, LakeError> {
        let ranges = &self.file.ranges;
        let _loading = self.file.footer.lock().await;
        let footer = match cached_footer(&*self.cache, ranges.meta()) {
            Some(footer) if !page_index || has_page_index(&footer) => return Ok(footer),
            Some(footer) => ranges.page_index(footer).await?,
            None => ranges.parquet_footer(self.whole_file_bytes, page_index).await?,
        };
        let footer = Arc::new(footer);
        cache_footer(&*self.cache, ranges.meta(), Arc::clone(&footer));
        Ok(footer)
    }
}

impl AsyncFileReader for DayFileReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move { Ok(self.read(&[range]).await?.into_iter().next().unwrap_or_default()) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        async move { self.read(&ranges).await }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        let policy = options.map_or(PageIndexPolicy::Skip, ArrowReaderOptions::column_index_policy);
        async move { self.footer(policy != PageIndexPolicy::Skip).await.map_err(into_parquet_error) }.boxed()
    }
}

impl Drop for DayFileReader {
    fn drop(&mut self) {
        let ratio = &self.metrics.scan_efficiency_ratio;
        ratio.add_part(self.metrics.bytes_scanned.value());
        // Several readers may share the file, and each sets the same total.
        ratio.set_total(usize::try_from(self.file.ranges.meta().size).unwrap_or(usize::MAX));
    }
}

fn into_parquet_error(error: LakeError) -> ParquetError {
    ParquetError::External(Box::new(error))
}

fn has_page_index(footer: &ParquetMetaData) -> bool {
    footer.column_index().is_some() && footer.offset_index().is_some()
}
