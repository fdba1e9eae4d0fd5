//! Fields of structs that DataFusion reads early, in a column of its own, and then does not find.
//!
//! It loses that column in a correlated subquery whose value is a constant:
//!
//! ```text
//! (SELECT max('') FROM queue_calls q WHERE q.result >= c.result)
//! there is no column __datafusion_extracted_1 in q
//! ```

use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;

/// Begin of the names of those columns.
const EXTRACTED: &str = "__datafusion_extracted";

/// Leaves fields where the statement reads them if `error`, of planning in `state`, comes from such
/// a column. Returns whether it does.
pub(in crate::correctness) fn leave_in_place(state: &mut SessionState, error: &DataFusionError) -> bool {
    let options = &mut state.config_mut().options_mut().optimizer;
    let lost = options.enable_leaf_expression_pushdown && error.to_string().contains(EXTRACTED);
    options.enable_leaf_expression_pushdown &= !lost;
    lost
}
