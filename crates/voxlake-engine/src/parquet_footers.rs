//! Parsed Parquet footers of day files in DataFusion's cache, each for one version of its file.

use std::sync::Arc;

use datafusion::datasource::physical_plan::parquet::CachedParquetMetaData;
use datafusion::execution::cache::cache_manager::{CachedFileMetadataEntry, FileMetadataCache};
use datafusion::parquet::file::metadata::ParquetMetaData;
use object_store::ObjectMeta;

/// Returns the cached footer of the version of a file that `meta` describes.
pub(crate) fn cached_footer(cache: &FileMetadataCache, meta: &ObjectMeta) -> Option<Arc<ParquetMetaData>> {
    // DataFusion itself compares sizes and times only, which two versions may share.
    let cached = cache.get(&meta.location).filter(|cached| cached.meta == *meta)?;
    let footer = cached.file_metadata.as_any().downcast_ref::<CachedParquetMetaData>()?;
    Some(Arc::clone(footer.parquet_metadata()))
}

/// Caches the footer of the version of a file that `meta` describes.
pub(crate) fn cache_footer(cache: &FileMetadataCache, meta: &ObjectMeta, footer: Arc<ParquetMetaData>) {
    let footer = Arc::new(CachedParquetMetaData::new(footer));
    cache.put(&meta.location, CachedFileMetadataEntry::new(meta.clone(), footer));
}
