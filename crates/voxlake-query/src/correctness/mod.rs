//! Corrections of statements and plans that DataFusion 55 answers wrongly.
//!
//! A wrong answer is worse than none. Each known case is corrected where the right plan can be made from the wrong
//! one, and otherwise refused with an error that names the construct and a rewrite that works.
//!
//! - [`statement`]: corrections of the parsed statement, before DataFusion plans it
//! - [`analyzer`]: corrections of the logical plan, before DataFusion's optimizer
//! - [`physical`]: corrections of the physical plan, among DataFusion's physical optimizer rules
//!
//! The register of the cases is `tests/wrong_answers/*.slt` of this crate. Each file has the cause, the public issue,
//! the correction, the DataFusion version at which to check again, and statements with their right answers.

mod analyzer;
mod physical;
mod statement;

use datafusion::error::Result;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;

/// Corrects a statement that `state` parsed, or refuses it.
///
/// # Errors
/// [`DataFusionError::Plan`](datafusion::error::DataFusionError::Plan) for a construct that would be answered wrongly.
pub(crate) fn correct_statement(statement: Statement, state: &SessionState) -> Result<Statement> {
    statement::correct(statement, state)
}

/// Adds the corrections of logical plans, and the planner of corrected statements, to `ctx`.
pub(crate) fn register(ctx: &SessionContext) {
    statement::register(ctx);
    analyzer::register(ctx);
}

/// Adds the corrections of physical plans to a session's rules.
pub(crate) fn with_physical_rules(builder: SessionStateBuilder) -> SessionStateBuilder {
    physical::with_rules(builder)
}
