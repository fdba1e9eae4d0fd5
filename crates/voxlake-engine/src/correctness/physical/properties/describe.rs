//! Nodes that hide properties as data.

use std::sync::Arc;

use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties as _};
use serde::{Deserialize, Serialize};

use super::hide::{Hidden, HidePropertiesExec};

/// Description of a node that hides properties of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HiddenNode {
    hidden: Hidden,
    benefits_from_partitions: bool,
}

/// Returns the description of `node`; `None` if it is another node.
pub(crate) fn hidden_node(node: &Arc<dyn ExecutionPlan>) -> Option<HiddenNode> {
    let (hidden, benefits_from_partitions) = node.downcast_ref::<HidePropertiesExec>()?.parts();
    Some(HiddenNode { hidden, benefits_from_partitions })
}

/// Rebuilds the described node over `input`.
pub(crate) fn hide_again(input: Arc<dyn ExecutionPlan>, node: HiddenNode) -> Arc<dyn ExecutionPlan> {
    Arc::new(HidePropertiesExec::new(input, node.hidden, node.benefits_from_partitions))
}

/// Hides all properties of `input`; returns it unchanged if it has none.
pub(crate) fn hide_all(input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    if Hidden::All.has_any(input.equivalence_properties()) {
        return Arc::new(HidePropertiesExec::new(input, Hidden::All, true));
    }
    input
}
