//! Control flow of the visitors of a statement.

use std::ops::ControlFlow;

use datafusion::error::{DataFusionError, Result};

/// Result of a visitor's step.
pub(super) fn flow(result: Result<()>) -> ControlFlow<DataFusionError> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}
