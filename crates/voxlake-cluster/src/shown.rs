//! Display of operators.

use std::sync::Arc;

use datafusion::physical_plan::{ExecutionPlan, displayable};

/// Start of the comments of a column in the display of an operator.
const COMMENTS: &str = ", metadata: {";

/// Display of an operator without the comments of columns, whose order is random.
pub(crate) fn shown(node: &Arc<dyn ExecutionPlan>) -> String {
    let mut shown = displayable(node.as_ref()).one_line().to_string();
    while let Some(start) = shown.find(COMMENTS) {
        let length = shown[start..].find('}').map_or(shown.len() - start, |end| end + 1);
        shown.replace_range(start..start + length, "");
    }
    shown
}
