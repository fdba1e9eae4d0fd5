//! Corrections of statements and plans that DataFusion 55 answers wrongly.
//!
//! A wrong answer is worse than none. Each known case is corrected where the right plan can be made
//! from the wrong one, and otherwise refused with an error that names the construct and a rewrite
//! that works.
//!
//! - [`statement`]: corrections of the parsed statement, before DataFusion plans it
//! - [`voxlake_engine::correctness`]: corrections of plans
//!
//! [`chains`] keeps statements from overflowing the stack.
//!
//! The register of the cases is `tests/wrong_answers/*.slt` of this crate. Each file has the cause,
//! the public issue, the correction, the DataFusion version at which to check again, and statements
//! with their right answers.

mod chains;
mod statement;

use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;

pub(crate) use self::chains::check as check_chains;

/// Corrects a statement that `state` parsed, or refuses it.
///
/// # Errors
/// [`DataFusionError::Plan`] for a construct that would be answered wrongly.
pub(crate) fn correct_statement(statement: Statement, state: &SessionState) -> Result<Statement> {
    let mut statement = statement::correct(statement, state)?;
    chains::balance(&mut statement);
    Ok(statement)
}

/// Adds the corrections of logical plans, corrected functions and the planner of corrected
/// statements to `ctx`.
///
/// # Errors
/// Where DataFusion does not take the planner.
pub(crate) fn register(ctx: &SessionContext) -> Result<()> {
    voxlake_engine::correctness::register(ctx);
    statement::register(ctx)
}
