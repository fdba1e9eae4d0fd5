//! Corrections of the parsed statement.

use datafusion::error::Result;
use datafusion::sql::parser::Statement;

/// Applies the corrections in their order.
pub(super) fn correct(statement: Statement) -> Result<Statement> {
    Ok(statement)
}
