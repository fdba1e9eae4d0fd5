//! Corrections of the physical plan, as physical optimizer rules.

use datafusion::execution::SessionStateBuilder;

/// Puts the rules among DataFusion's own.
pub(super) fn with_rules(builder: SessionStateBuilder) -> SessionStateBuilder {
    builder
}
