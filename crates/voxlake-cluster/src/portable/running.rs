//! Reset of plans that have started.
//!
//! Operators keep state in the plan: a sort with a limit narrows the filter of the scan below while
//! it runs. An encoded plan would carry that filter and lose rows.

use datafusion::error::Result;
use datafusion::physical_plan::execution_plan::reset_plan_states;

use super::part::Plan;

/// Returns `plan` with the state of a plan that has not run.
pub(super) fn reset(plan: Plan) -> Result<Plan> {
    reset_plan_states(plan)
}
