//! Scans of day files that can be sent to another process.
//!
//! A scan of a session reads through the session's store, caches and readers. A pinned scan names
//! the lake's store by a URL of its own, and the version of each file. Its readers fail if a file
//! was replaced.

use std::sync::Arc;

use datafusion::common::{Result, internal_err, not_impl_err};
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_plan::ExecutionPlan;

use crate::names::LAKE_URL;
use crate::table::pinned_source::PinnedSource;

/// Returns the configuration of a scan of files; `None` for other nodes.
#[must_use]
pub fn file_scan(node: &Arc<dyn ExecutionPlan>) -> Option<&FileScanConfig> {
    node.downcast_ref::<DataSourceExec>()?.data_source().downcast_ref::<FileScanConfig>()
}

/// Returns whether `scan` reads the day files of a session.
#[must_use]
pub fn is_session_scan(scan: &FileScanConfig) -> bool {
    scan.object_store_url.as_str() == LAKE_URL
}

/// Returns whether `scan` is pinned to versions of its files.
#[must_use]
pub fn is_pinned(scan: &FileScanConfig) -> bool {
    scan.file_source().is::<PinnedSource>()
}

/// Turns the scan of a session into a pinned scan of the store at `url`, with the same paths.
///
/// # Errors
/// If the scan reads parts of files by rows, which cannot be sent.
pub fn pin(scan: &FileScanConfig, url: ObjectStoreUrl) -> Result<FileScanConfig> {
    let Some(parquet) = scan.file_source().downcast_ref::<ParquetSource>() else {
        return not_impl_err!("a scan of {} files cannot be sent", scan.file_source().file_type());
    };
    let mut pinned = scan.clone();
    for file in pinned.file_groups.iter().flat_map(FileGroup::files) {
        if file.extension::<ParquetRowSelection>().is_some() {
            return not_impl_err!("a scan of rows within {} cannot be sent", file.object_meta.location);
        }
    }
    let groups = pinned.file_groups.iter().map(|group| {
        group.iter().cloned().map(|mut file| {
            // Describes the columns that the session's readers show. Pinned readers show all.
            file.arrow_schema = None;
            file
        })
    });
    pinned.file_groups = groups.map(|files| FileGroup::new(files.collect())).collect();
    pinned.object_store_url = url;
    with_source(&pinned, parquet)
}

/// Returns a pinned scan without its readers: a plain scan of Parquet files. `None` for other
/// scans.
#[must_use]
pub fn without_pins(scan: &FileScanConfig) -> Option<FileScanConfig> {
    let parquet = Arc::clone(&scan.file_source().downcast_ref::<PinnedSource>()?.parquet);
    let mut plain = scan.clone();
    plain.file_source = parquet;
    Some(plain)
}

/// Turns the plain scan of [`without_pins`] into a pinned scan. `e_tags` are the entity tags of its
/// files, by file group.
///
/// # Errors
/// If the entity tags do not fit the files, or the scan is not of Parquet files.
pub fn with_pins(scan: &FileScanConfig, e_tags: Vec<Vec<Option<String>>>) -> Result<FileScanConfig> {
    let Some(parquet) = scan.file_source().downcast_ref::<ParquetSource>() else {
        return internal_err!("not a scan of Parquet files");
    };
    if !scan.file_groups.iter().map(FileGroup::len).eq(e_tags.iter().map(Vec::len)) {
        return internal_err!("the entity tags do not fit the files");
    }
    let mut pinned = scan.clone();
    let groups = scan.file_groups.iter().zip(e_tags).map(|(group, tags)| {
        let files = group.iter().cloned().zip(tags).map(|(mut file, tag)| {
            file.object_meta.e_tag = tag;
            file
        });
        FileGroup::new(files.collect())
    });
    pinned.file_groups = groups.collect();
    with_source(&pinned, parquet)
}

/// Returns the entity tags of a scan's files, by file group.
#[must_use]
pub fn e_tags(scan: &FileScanConfig) -> Vec<Vec<Option<String>>> {
    let tags = |group: &FileGroup| group.iter().map(|file| file.object_meta.e_tag.clone()).collect();
    scan.file_groups.iter().map(tags).collect()
}

fn with_source(scan: &FileScanConfig, parquet: &ParquetSource) -> Result<FileScanConfig> {
    let mut pinned = scan.clone();
    pinned.file_source = Arc::new(PinnedSource { parquet: Arc::new(parquet.clone()) });
    Ok(pinned)
}
