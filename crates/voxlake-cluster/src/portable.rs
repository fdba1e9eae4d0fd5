//! Plans that run in other processes with the same result.
//!
//! [`portable`] applies the corrections below, then checks every operator and expression against a
//! list of those that are known to work. Everything else is refused by name: a plan that might
//! answer differently never leaves the process.
//!
//! - `running`: a plan that has started is reset
//! - `exchanges`: no operator relies on an order or a constant from another stage
//! - `empty_inputs`: inputs without rows, and the row of a statement without a table, become scans
//!   in memory
//! - `memory_scans`: scans in memory carry only rows
//! - `union_joins`: branches of a union with a join run in one partition
//! - `shared_joins`: nested-loop joins that mark rows of a shared side run in one partition
//! - `collected_joins`: hash joins keep the number of partitions that the operators above expect
//! - `limits`: limits keep the order of their input, and no sort moves across one that skips rows
//! - `text_groups`: groups travel between stages as texts, not as ids
//! - `scans`: scans of day files name the lake and the version of each file

mod collected_joins;
mod empty_inputs;
mod exchanges;
mod expressions;
mod limits;
mod memory_scans;
mod operators;
mod part;
mod running;
mod scans;
mod shared_joins;
mod text_groups;
mod union_joins;

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;

use self::part::Plan;

/// Returns a plan with the result of `plan` that runs in other processes. They find the lake at
/// `lake`.
///
/// # Errors
/// [`NotPortable`](crate::ClusterError::NotPortable) for a plan with an operator, expression or
/// function that could behave differently there.
pub fn portable(plan: Plan, lake: &ObjectStoreUrl) -> Result<Plan> {
    let plan = running::reset(plan)?;
    let corrected = plan.transform_up(|node| {
        let before = Arc::clone(&node);
        let node = empty_inputs::replace(node)?;
        let node = memory_scans::plain(node)?;
        let node = union_joins::merge_partitions(node)?;
        let node = shared_joins::merge_partitions(node)?;
        let node = collected_joins::replace(node)?;
        let node = limits::fix(node)?;
        let node = scans::pin(node, lake)?;
        Ok(changed(&before, node))
    })?;
    let sent = corrected.data.transform_up(|node| {
        let before = Arc::clone(&node);
        Ok(changed(&before, text_groups::send_texts(node)?))
    })?;
    let plan = exchanges::hide_properties(sent.data)?;
    text_groups::check(&plan)?;
    operators::check(&plan)?;
    Ok(plan)
}

fn changed(before: &Plan, after: Plan) -> Transformed<Plan> {
    if Arc::ptr_eq(before, &after) { Transformed::no(after) } else { Transformed::yes(after) }
}
