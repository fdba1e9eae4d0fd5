//! Corrections of the logical plan, as analyzer rules.

use datafusion::prelude::SessionContext;

/// Adds the rules in their order, after DataFusion's own analyzer rules.
pub(super) fn register(_ctx: &SessionContext) {}
