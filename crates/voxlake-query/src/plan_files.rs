//! The lake's files that a plan reads.

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use object_store::path::Path;
use voxlake_engine::LAKE_URL;

use crate::summaries::LastNamesExec;

/// The day files that `plan` reads, each once, sorted by path.
///
/// Counts what pruning by date left over; footers may rule out more of a file once it is opened.
pub(crate) fn files_of(plan: &Arc<dyn ExecutionPlan>) -> Vec<Path> {
    files(plan, LastNamesExec::ran_before)
}

/// The files that `plan` may read, also where that shows while it runs.
pub(crate) fn possible_files_of(plan: &Arc<dyn ExecutionPlan>) -> Vec<Path> {
    files(plan, |names| Some(names.before()))
}

/// The files of `plan` and of what `further` gives for steps that have a plan in addition to
/// their children.
fn files(
    plan: &Arc<dyn ExecutionPlan>,
    further: fn(&LastNamesExec) -> Option<&Arc<dyn ExecutionPlan>>,
) -> Vec<Path> {
    let mut files = Vec::new();
    // The visit never fails: its closure does not.
    let _ = plan.apply(|node| {
        if let Some(names) = node.downcast_ref::<LastNamesExec>()
            && let Some(plan) = further(names)
        {
            files.extend(files_of(plan));
        }
        if let Some(source) = node.downcast_ref::<DataSourceExec>()
            && let Some(config) = source.data_source().downcast_ref::<FileScanConfig>()
            // Files that a user attached are none of the lake's.
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
