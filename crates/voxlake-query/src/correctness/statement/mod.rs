//! Corrections of the parsed statement.
//!
//! Most of them need the tree alone. Those that need the columns of tables mark their place with a
//! derived table, which [`relations`] plans, so that it knows the columns of everything below.

mod derived;
mod flow;
mod ignored_clauses;
mod planned_tables;
mod precedence;
mod relations;
mod set_operations;
mod using_joins;

use std::ops::ControlFlow;

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{VisitMut, VisitorMut};

use self::ignored_clauses::IgnoredClauses;
use self::precedence::Precedence;
use self::relations::MarkedRelations;
use self::set_operations::MarkSetOperations;
use self::using_joins::MarkUsingJoins;

/// Applies the corrections in their order.
pub(super) fn correct(mut statement: Statement, state: &SessionState) -> Result<Statement> {
    apply(&mut statement, &mut Precedence::default())?;
    apply(&mut statement, &mut IgnoredClauses { state })?;
    apply(&mut statement, &mut MarkSetOperations)?;
    apply(&mut statement, &mut MarkUsingJoins)?;
    Ok(statement)
}

/// Adds the planner of what [`correct`] marks.
pub(super) fn register(ctx: &SessionContext) -> Result<()> {
    ctx.register_relation_planner(MarkedRelations::shared())
}

fn apply(statement: &mut Statement, correction: &mut impl VisitorMut<Break = DataFusionError>) -> Result<()> {
    let flow = match statement {
        Statement::Statement(statement) => statement.visit(correction),
        Statement::Explain(explain) => return apply(&mut explain.statement, correction),
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => query.visit(correction),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Statement::CreateExternalTable(_) | Statement::Reset(_) => ControlFlow::Continue(()),
    };
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}
