//! Struct fields that DataFusion extracts into separate columns and then does not find.
//!
//! It loses such a column in a correlated subquery with a constant value, such as
//! `(SELECT max('') FROM calls q WHERE q.f['result'] >= o.f['result'])`. The rule
//! `extract_leaf_expressions` turns the filter of the subquery
//!
//! ```text
//! Aggregate: groupBy=[], aggr=[max('')]
//!   SubqueryAlias: q
//!     Filter: get_field(calls.f, 'result') >= get_field(outer_ref(o.f), 'result')
//!       TableScan: calls
//! ```
//! into
//! ```text
//! Aggregate: groupBy=[], aggr=[max('')]
//!   SubqueryAlias: q
//!     Projection: calls.f, calls.result
//!       Filter: __datafusion_extracted_2 >= get_field(outer_ref(o.f), 'result')
//!         Projection: get_field(calls.f, 'result') AS __datafusion_extracted_2,
//!                     calls.f, calls.result
//!           TableScan: calls
//! ```
//!
//! Later, `scalar_subquery_to_join` fails with "no field named q.__datafusion_extracted_2". The
//! statement is then planned again without the extraction, which keeps the first plan.

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
