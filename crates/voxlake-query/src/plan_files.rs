//! Day files that a plan reads.

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use object_store::path::Path;
use voxlake_engine::LAKE_URL;

use crate::summaries::LastNamesExec;

/// Returns the day files that `plan` reads, without duplicates, sorted by path.
///
/// These are the files that pruning by date left; footers may rule out a file when it is opened.
pub(crate) fn scanned_files(plan: &Arc<dyn ExecutionPlan>) -> Vec<Path> {
    files(plan, LastNamesExec::ran_before)
}

/// Returns the day files that `plan` may read, including those of plans that only run on demand.
pub(crate) fn possible_files(plan: &Arc<dyn ExecutionPlan>) -> Vec<Path> {
    files(plan, |names| Some(names.before()))
}

/// Files of `plan` and of the plans that `further` returns for operators with a plan outside their
/// children.
fn files(
    plan: &Arc<dyn ExecutionPlan>,
    further: fn(&LastNamesExec) -> Option<&Arc<dyn ExecutionPlan>>,
) -> Vec<Path> {
    let mut files = Vec::new();
    // The closure is infallible.
    let _ = plan.apply(|node| {
        if let Some(names) = node.downcast_ref::<LastNamesExec>()
            && let Some(plan) = further(names)
        {
            files.extend(scanned_files(plan));
        }
        if let Some(source) = node.downcast_ref::<DataSourceExec>()
            && let Some(config) = source.data_source().downcast_ref::<FileScanConfig>()
            // Attached files are not files of the lake.
            && config.object_store_url.as_str() == LAKE_URL
        {
            let paths = config.file_groups.iter().flat_map(FileGroup::iter).map(|file| file.path().clone());
            files.extend(paths);
        }
        Ok(TreeNodeRecursion::Continue)
    });
    files.sort_unstable();
    files.dedup();
    files
}
