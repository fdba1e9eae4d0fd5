//! Schemas of plan nodes over corrected inputs.

use std::sync::Arc;

use datafusion::common::DFSchema;
use datafusion::error::Result;
use datafusion::logical_expr::{LogicalPlan, Union};

/// Recomputes the schema of a node from its inputs. A column of a union is nullable if it is
/// nullable in any input.
pub(super) fn with_schema(node: LogicalPlan) -> Result<LogicalPlan> {
    match node {
        LogicalPlan::Union(Union { inputs, schema }) => {
            let is_nullable =
                |column: usize| inputs.iter().any(|input| input.schema().field(column).is_nullable());
            let fields = schema.iter().enumerate().map(|(column, (table, field))| {
                let nullable = field.is_nullable() || is_nullable(column);
                (table.cloned(), Arc::new(field.as_ref().clone().with_nullable(nullable)))
            });
            let schema = DFSchema::new_with_metadata(fields.collect(), schema.metadata().clone())?;
            Ok(LogicalPlan::Union(Union { inputs, schema: schema.into() }))
        }
        node => node.recompute_schema(),
    }
}
