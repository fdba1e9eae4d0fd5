//! Scans of day files that can be sent to another process.
//!
//! A scan of a session reads through the session's store, caches and readers. A pinned scan names
//! the lake's store by a URL of its own, and the version of each file. Its readers fail if a file
//! was replaced.

use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::{Result, internal_err, not_impl_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_plan::ExecutionPlan;
use serde::{Deserialize, Serialize};
use voxlake_lake::arrow_list_schema;

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
    let schema = arrow_schema(pinned.file_schema());
    let groups = pinned.file_groups.iter().map(|group| {
        group.iter().cloned().map(|mut file| {
            file.arrow_schema = file.arrow_schema.map(|_| Arc::clone(&schema));
            file
        })
    });
    pinned.file_groups = groups.map(|files| FileGroup::new(files.collect())).collect();
    pinned.object_store_url = url;
    with_source(&pinned, parquet)
}

/// Returns a pinned scan without its readers and pins: a plain scan of Parquet files. `None` for
/// other scans.
#[must_use]
pub fn without_pins(scan: &FileScanConfig) -> Option<FileScanConfig> {
    let parquet = Arc::clone(&scan.file_source().downcast_ref::<PinnedSource>()?.parquet);
    let mut plain = scan.clone();
    plain.file_source = parquet;
    let groups = scan.file_groups.iter().map(|group| {
        let files = group.iter().cloned().map(|file| PartitionedFile { arrow_schema: None, ..file });
        FileGroup::new(files.collect())
    });
    plain.file_groups = groups.collect();
    Some(plain)
}

/// Properties of a pinned file that a plain scan lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePin {
    /// Entity tag of its version.
    pub e_tag: Option<String>,
    /// True if it has the columns of the model.
    pub has_current_columns: bool,
}

/// Turns the plain scan of [`without_pins`] into a pinned scan. `pins` describe its files, by file
/// group.
///
/// # Errors
/// If the pins do not fit the files, or the scan is not of Parquet files.
pub fn with_pins(scan: &FileScanConfig, pins: Vec<Vec<FilePin>>) -> Result<FileScanConfig> {
    let Some(parquet) = scan.file_source().downcast_ref::<ParquetSource>() else {
        return internal_err!("not a scan of Parquet files");
    };
    if !scan.file_groups.iter().map(FileGroup::len).eq(pins.iter().map(Vec::len)) {
        return internal_err!("the versions do not fit the files");
    }
    let mut pinned = scan.clone();
    let schema = arrow_schema(scan.file_schema());
    let groups = scan.file_groups.iter().zip(pins).map(|(group, pins)| {
        let files = group.iter().cloned().zip(pins).map(|(mut file, pin)| {
            file.object_meta.e_tag = pin.e_tag;
            file.arrow_schema = pin.has_current_columns.then(|| Arc::clone(&schema));
            file
        });
        FileGroup::new(files.collect())
    });
    pinned.file_groups = groups.collect();
    with_source(&pinned, parquet)
}

/// Returns the pins of a scan's files, by file group.
#[must_use]
pub fn pins(scan: &FileScanConfig) -> Vec<Vec<FilePin>> {
    let pin = |file: &PartitionedFile| FilePin {
        e_tag: file.object_meta.e_tag.clone(),
        has_current_columns: file.arrow_schema.is_some(),
    };
    scan.file_groups.iter().map(|group| group.iter().map(pin).collect()).collect()
}

/// Returns the Arrow schema of files with all columns of the model, for a table with the columns of
/// `table`, some of which may be dictionaries.
fn arrow_schema(table: &SchemaRef) -> SchemaRef {
    let columns = arrow_list_schema();
    let columns = columns.fields().iter().map(|column| {
        let shown = table.field_with_name(column.name()).map(|field| field.data_type().clone());
        Arc::new(Field::clone(column).with_data_type(shown.unwrap_or_else(|_| column.data_type().clone())))
    });
    Arc::new(Schema::new(columns.collect::<Vec<_>>()))
}

fn with_source(scan: &FileScanConfig, parquet: &ParquetSource) -> Result<FileScanConfig> {
    let mut pinned = scan.clone();
    pinned.file_source = Arc::new(PinnedSource { parquet: Arc::new(parquet.clone()) });
    Ok(pinned)
}
