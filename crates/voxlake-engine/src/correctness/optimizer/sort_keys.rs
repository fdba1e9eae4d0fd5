//! Removes only those sort keys that repeat an earlier one.
//!
//! DataFusion's rule also removes keys that an earlier key determines, by dependencies that do not
//! always hold: [`hidden_keys`](crate::correctness). An unnecessary key costs only comparisons of
//! equal rows.
//!
//! For `SELECT a, count(*) AS n FROM t GROUP BY a ORDER BY a, n, a`, in which `a` determines `n`:
//!
//! ```text
//! Sort: a, n, a
//!   Aggregate: groupBy=[a], aggr=[count(*) AS n]
//! ```
//! becomes
//! ```text
//! Sort: a, n                                        DataFusion: `Sort: a`
//!   Aggregate: groupBy=[a], aggr=[count(*) AS n]
//! ```

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::{LogicalPlan, Sort};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// DataFusion's rule `eliminate_duplicated_expr`, except for sorts.
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
