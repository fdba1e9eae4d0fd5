//! Scans of day files for other processes.

use std::sync::Arc;

use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use voxlake_engine::table::pinned_scan;

use super::part::{Plan, refused};

/// Pins a scan of the session's day files to their versions, and names the store of the lake.
pub(super) fn pin(node: Plan, lake: &ObjectStoreUrl) -> Result<Plan> {
    let Some(scan) = pinned_scan::file_scan(&node) else { return Ok(node) };
    if !pinned_scan::is_session_scan(scan) {
        return Err(refused("a scan of files outside the lake", "other machines may not have them"));
    }
    Ok(DataSourceExec::from_data_source(pinned_scan::pin(scan, lake.clone())?) as Arc<_>)
}
