//! Struct fields that DataFusion extracts into separate columns and then does not find.
//!
//! It loses such a column in a correlated subquery with a constant value:
//!
//! ```text
//! (SELECT max('') FROM queue_calls q WHERE q.result >= c.result)
//! there is no column __datafusion_extracted_1 in q
//! ```

use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;

/// Prefix of the names of these columns.
const EXTRACTED: &str = "__datafusion_extracted";

/// Disables the extraction of fields in `state` if `error`, from planning with `state`, is caused
/// by it. Returns whether it is.
pub(crate) fn leave_in_place(state: &mut SessionState, error: &DataFusionError) -> bool {
    let options = &mut state.config_mut().options_mut().optimizer;
    let lost = options.enable_leaf_expression_pushdown && error.to_string().contains(EXTRACTED);
    options.enable_leaf_expression_pushdown &= !lost;
    lost
}
