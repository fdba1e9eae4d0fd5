//! Planner of the derived tables that corrections of the statement mark.

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::sql::sqlparser::ast::TableFactor;

use super::planned_tables::PlannedTables;
use super::{derived, set_operations, using_joins};

/// Plans marked derived tables; leaves all other relations to DataFusion.
#[derive(Debug, Default)]
pub(super) struct MarkedRelations {
    planned: PlannedTables,
}

impl MarkedRelations {
    pub(super) fn shared() -> Arc<dyn RelationPlanner> {
        Arc::new(Self::default())
    }
}

impl RelationPlanner for MarkedRelations {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        if let TableFactor::Table { name, alias, args: None, .. } = &relation
            && let Some(plan) = self.planned.take(name)
        {
            return Ok(planned(plan, alias.clone()));
        }
        let Some(query) = derived::subquery(&relation) else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let plan = if set_operations::is_marked(query) {
            set_operations::plan(query.clone(), context)?
        } else if using_joins::is_marked(query) {
            using_joins::plan(query.clone(), &self.planned, context)?
        } else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        Ok(planned(plan, None))
    }
}

fn planned(
    plan: LogicalPlan,
    alias: Option<datafusion::sql::sqlparser::ast::TableAlias>,
) -> RelationPlanning {
    RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias)))
}
