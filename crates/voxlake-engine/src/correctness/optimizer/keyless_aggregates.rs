//! Keeps conditions without columns above aggregates that return a row for empty input.
//!
//! DataFusion pushes a condition below an aggregate if all columns of the condition are group keys.
//! It does so with a condition without columns as well, such as one on a label in a UNION ALL. An
//! aggregate without keys returns a row even for empty input, so the pushed condition no longer
//! removes it.
//!
//! ```text
//! Filter: Utf8("calls") = Utf8("legs")          stays; DataFusion would plan
//!   Aggregate: groupBy=[[]], aggr=[[count(*)]]  Aggregate: groupBy=[[]], aggr=[[count(*)]]
//!     TableScan: calls                            Filter: Utf8("calls") = Utf8("legs")
//! ```

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::expr::GroupingSet;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// DataFusion's filter pushdown, except for conditions without columns above such aggregates.
#[derive(Debug)]
pub(super) struct KeepFiltersAboveKeylessAggregates {
    push_down_filter: Arc<dyn OptimizerRule + Send + Sync>,
}

impl KeepFiltersAboveKeylessAggregates {
    pub(super) fn new(push_down_filter: Arc<dyn OptimizerRule + Send + Sync>) -> Self {
        Self { push_down_filter }
    }
}

impl OptimizerRule for KeepFiltersAboveKeylessAggregates {
    fn name(&self) -> &str {
        self.push_down_filter.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.push_down_filter.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Filter(filter) = &plan else { return self.push_down_filter.rewrite(plan, config) };
        // DataFusion merges adjacent filters.
        let (mut conditions, mut input) = (vec![&filter.predicate], &filter.input);
        while let LogicalPlan::Filter(below) = input.as_ref() {
            conditions.push(&below.predicate);
            input = &below.input;
        }
        let has_constant = || {
            conditions
                .iter()
                .flat_map(|condition| split_conjunction(condition))
                .any(|condition| condition.column_refs().is_empty())
        };
        if let LogicalPlan::Aggregate(aggregate) = input.as_ref()
            && has_row_for_no_input(aggregate)
            && has_constant()
        {
            return Ok(Transformed::no(plan));
        }
        self.push_down_filter.rewrite(plan, config)
    }
}

/// Returns whether an aggregate has a row for empty input: it has no keys, or a grouping set
/// without keys.
fn has_row_for_no_input(aggregate: &Aggregate) -> bool {
    match aggregate.group_expr.as_slice() {
        [] | [Expr::GroupingSet(GroupingSet::Cube(_) | GroupingSet::Rollup(_))] => true,
        [Expr::GroupingSet(GroupingSet::GroupingSets(sets))] => sets.iter().any(Vec::is_empty),
        _ => false,
    }
}
