//! Corrections of the logical plan, as analyzer rules.

mod subqueries;

use std::sync::Arc;

use datafusion::prelude::SessionContext;

use self::subqueries::ExactSubqueries;

/// Adds the rules in their order, after DataFusion's own analyzer rules.
pub(super) fn register(ctx: &SessionContext) {
    ctx.add_analyzer_rule(Arc::new(ExactSubqueries));
}
