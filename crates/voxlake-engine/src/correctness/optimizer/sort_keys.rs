//! Sort keys that repeat an earlier one are left out, and no others.
//!
//! DataFusion's rule also leaves out those that an earlier key determines, by dependencies that do
//! not always hold: [`hidden_keys`](crate::correctness). A key too many costs a comparison of equal
//! rows.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::{LogicalPlan, Sort};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// DataFusion's elimination of duplicated expressions, except in sorts.
#[derive(Debug)]
pub(super) struct KeepSortKeys {
    eliminate_duplicated_expr: Arc<dyn OptimizerRule + Send + Sync>,
}

impl KeepSortKeys {
    pub(super) fn new(eliminate_duplicated_expr: Arc<dyn OptimizerRule + Send + Sync>) -> Self {
        Self { eliminate_duplicated_expr }
    }
}

impl OptimizerRule for KeepSortKeys {
    fn name(&self) -> &str {
        self.eliminate_duplicated_expr.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.eliminate_duplicated_expr.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Sort(Sort { mut expr, input, fetch }) = plan else {
            return self.eliminate_duplicated_expr.rewrite(plan, config);
        };
        let (keys, mut seen) = (expr.len(), HashSet::new());
        // Rows that are equal by a key are equal by its repetition, in either direction.
        expr.retain(|key| seen.insert(key.expr.clone()));
        let is_changed = expr.len() < keys;
        Ok(Transformed::new_transformed(LogicalPlan::Sort(Sort { expr, input, fetch }), is_changed))
    }
}
