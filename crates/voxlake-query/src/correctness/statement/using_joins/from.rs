//! Plans of FROM items with USING and NATURAL joins.

use datafusion::common::{Column, DFSchema, plan_datafusion_err, plan_err};
use datafusion::error::Result;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, TableFactor, TableWithJoins,
    Visit, Visitor,
};

use super::merging::{factor_merges, item_merges, merges};
use super::renames::{Renamed, follow, table_name};
use crate::correctness::statement::derived;
use crate::correctness::statement::planned_tables::PlannedTables;

/// Qualifier of columns that belong to both sides of a FULL join.
const MERGED: &str = "using";

/// One item of FROM, of which the joins that merge columns are planned.
pub(super) struct FromItem {
    /// Columns of `*`, in order, of the part that is planned.
    pub(super) visible: Vec<Column>,
    /// All columns of that part.
    pub(super) columns: Vec<Column>,
    pub(super) renamed: Vec<Renamed>,
    /// Names of the tables that are not planned: those that use columns of the tables before them.
    pub(super) rest: Vec<Option<Ident>>,
}

impl FromItem {
    /// Plans an item's joins up to the first lateral one, and puts the plan in their place. An item
    /// without USING and NATURAL is planned only where its columns are needed.
    pub(super) fn plan(
        item: &mut TableWithJoins,
        columns_are_needed: bool,
        planned: &PlannedTables,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<Self> {
        let last_merge = item.joins.iter().rposition(merges).map(|at| at + 1);
        let last_merge = last_merge.or(factor_merges(&item.relation).then_some(0));
        let lateral = std::iter::once(&item.relation)
            .chain(item.joins.iter().map(|join| &join.relation))
            .position(is_lateral);
        let end = match (last_merge, lateral) {
            (Some(merge), Some(lateral)) if lateral <= merge => {
                return plan_err!(
                    "USING and NATURAL joins are not supported with LATERAL or UNNEST before them: write ON"
                );
            }
            (None, _) if !columns_are_needed => return Ok(Self::unplanned(item)),
            (_, Some(0)) => return Ok(Self::unplanned(item)),
            (_, lateral) => lateral.unwrap_or(item.joins.len() + 1),
        };
        let rest = item.joins.split_off(end - 1);
        let relation = std::mem::replace(&mut item.relation, derived::named(ObjectName(vec![])));
        let joins = std::mem::take(&mut item.joins);
        let scope = Scope::of_item(TableWithJoins { relation, joins }, planned, context)?;
        let columns = scope.plan.schema().columns();
        item.relation = derived::named(planned.put(scope.plan));
        let names = rest.iter().map(|join| table_name(&join.relation)).collect();
        item.joins = rest;
        Ok(Self { visible: scope.visible, columns, renamed: scope.renamed, rest: names })
    }

    fn unplanned(item: &TableWithJoins) -> Self {
        let factors = std::iter::once(&item.relation).chain(item.joins.iter().map(|join| &join.relation));
        Self { visible: vec![], columns: vec![], renamed: vec![], rest: factors.map(table_name).collect() }
    }
}

/// Returns whether a table can use columns of the tables before it.
fn is_lateral(factor: &TableFactor) -> bool {
    match factor {
        TableFactor::Derived { lateral, .. } | TableFactor::Function { lateral, .. } => *lateral,
        TableFactor::UNNEST { array_exprs, .. } => array_exprs.iter().any(names_columns),
        _ => false,
    }
}

fn names_columns(expr: &SqlExpr) -> bool {
    struct Names;
    impl Visitor for Names {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &SqlExpr) -> std::ops::ControlFlow<()> {
            match expr {
                SqlExpr::Identifier(_) | SqlExpr::CompoundIdentifier(_) | SqlExpr::Subquery(_) => {
                    std::ops::ControlFlow::Break(())
                }
                _ => std::ops::ControlFlow::Continue(()),
            }
        }
    }
    expr.visit(&mut Names).is_break()
}

/// Joined tables and what a SELECT sees of them.
struct Scope {
    plan: LogicalPlan,
    visible: Vec<Column>,
    renamed: Vec<Renamed>,
}

impl Scope {
    fn of_item(
        item: TableWithJoins,
        planned: &PlannedTables,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<Self> {
        let mut scope = Self::of_factor(item.relation, planned, context)?;
        for join in item.joins {
            let Join { relation, join_operator, .. } = join;
            let right = Self::of_factor(relation, planned, context)?;
            scope = scope.join(right, join_operator, context)?;
        }
        Ok(scope)
    }

    fn of_factor(
        factor: TableFactor,
        planned: &PlannedTables,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<Self> {
        let plan = match factor {
            TableFactor::NestedJoin { table_with_joins, alias } if item_merges(&table_with_joins) => {
                let scope = Self::of_item(*table_with_joins, planned, context)?;
                let Some(alias) = alias else { return Ok(scope) };
                let plan = LogicalPlanBuilder::from(scope.plan)
                    .project(scope.visible.into_iter().map(Expr::Column))?
                    .build()?;
                let mut table = derived::named(planned.put(plan));
                if let TableFactor::Table { alias: name, .. } = &mut table {
                    *name = Some(alias);
                }
                context.plan(table)?
            }
            factor => context.plan(factor)?,
        };
        Ok(Self { visible: plan.schema().columns(), plan, renamed: vec![] })
    }

    fn join(
        self,
        right: Self,
        operator: JoinOperator,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<Self> {
        let (join, constraint) = kind(operator)?;
        let keys = match constraint {
            JoinConstraint::Using(names) => names
                .into_iter()
                .map(|name| match name.0.as_slice() {
                    [part] if let Some(ident) = part.as_ident() => Ok(context.normalize_ident(ident.clone())),
                    _ => plan_err!("USING takes names of columns without a table, got {name}"),
                })
                .collect::<Result<Vec<_>>>()?,
            JoinConstraint::Natural => self.common_names(&right),
            JoinConstraint::On(condition) => {
                let condition = self.condition(&right, condition, context)?;
                return self.joined(right, join, Some(condition));
            }
            JoinConstraint::None => return self.joined(right, join, None),
        };
        self.merge(right, join, keys)
    }

    /// Names that both sides have, in the order of the left side.
    fn common_names(&self, right: &Self) -> Vec<String> {
        let right = &right.visible;
        let is_common = |name: &String| right.iter().any(|column| column.name == *name);
        self.visible.iter().map(|column| column.name.clone()).filter(is_common).collect()
    }

    /// Plans an ON condition, which may name columns of both sides.
    fn condition(
        &self,
        right: &Self,
        mut condition: SqlExpr,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<Expr> {
        let renamed: Vec<_> = self.renamed.iter().chain(&right.renamed).cloned().collect();
        follow(&mut condition, &renamed, context);
        let schema: DFSchema = self.plan.schema().join(right.plan.schema())?;
        context.sql_to_expr(condition, &schema)
    }

    fn joined(mut self, right: Self, join: JoinType, condition: Option<Expr>) -> Result<Self> {
        self.plan = LogicalPlanBuilder::from(self.plan).join_on(right.plan, join, condition)?.build()?;
        match join {
            JoinType::LeftSemi | JoinType::LeftAnti => {}
            JoinType::RightSemi | JoinType::RightAnti => {
                self.visible = right.visible;
                self.renamed = right.renamed;
            }
            _ => {
                self.visible.extend(right.visible);
                self.renamed.extend(right.renamed);
            }
        }
        Ok(self)
    }

    /// Joins on equal columns of these names, and merges each pair into one column.
    fn merge(self, right: Self, join: JoinType, mut names: Vec<String>) -> Result<Self> {
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        let pairs = names
            .iter()
            .map(|name| Ok((self.column(name, "left")?, right.column(name, "right")?)))
            .collect::<Result<Vec<_>>>()?;
        let equal =
            pairs.iter().map(|(left, right)| Expr::Column(left.clone()).eq(Expr::Column(right.clone())));
        let condition = equal.reduce(Expr::and).unwrap_or_else(|| lit(true));
        let scope = self.joined(right, join, Some(condition))?;
        match join {
            JoinType::Inner | JoinType::Left => {
                let (kept, dropped) = pairs.into_iter().unzip();
                scope.keep(kept, dropped)
            }
            JoinType::Right => {
                let (dropped, kept) = pairs.into_iter().unzip();
                scope.keep(kept, dropped)
            }
            JoinType::Full => scope.coalesce(pairs),
            // One side alone is seen.
            _ => Ok(scope),
        }
    }

    /// The only column of this name.
    fn column(&self, name: &str, side: &str) -> Result<Column> {
        let mut columns = self.visible.iter().filter(|column| column.name == name);
        match (columns.next(), columns.next()) {
            (Some(column), None) => Ok(column.clone()),
            (Some(_), Some(_)) => {
                plan_err!(
                    "the column {name} of a USING or NATURAL join is more than once in its {side} side: write ON"
                )
            }
            (None, _) => Err(plan_datafusion_err!(
                "the column {name} of a USING join is not in its {side} side, which has {}",
                self.visible.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
            )),
        }
    }

    /// Keeps one column of each pair under its name and renames the other.
    fn keep(mut self, kept: Vec<Column>, dropped: Vec<Column>) -> Result<Self> {
        self.visible.retain(|column| !kept.contains(column) && !dropped.contains(column));
        self.visible.splice(0..0, kept);
        self.rename(dropped, vec![])
    }

    /// Merges both columns of each pair into a third one and renames them.
    fn coalesce(mut self, pairs: Vec<(Column, Column)>) -> Result<Self> {
        let is_merged = |column: &Column| pairs.iter().any(|(left, right)| column == left || column == right);
        self.visible.retain(|column| !is_merged(column));
        let table = self.free_qualifier();
        let merged: Vec<(Column, Expr)> = pairs
            .iter()
            .map(|(left, right)| {
                let value = coalesce(vec![Expr::Column(left.clone()), Expr::Column(right.clone())]);
                let column = Column::new(Some(table.as_str()), &left.name);
                let value = value.alias_qualified(column.relation.clone(), &column.name);
                (column, value)
            })
            .collect();
        let (columns, values): (Vec<_>, Vec<_>) = merged.into_iter().unzip();
        self.visible.splice(0..0, columns);
        self.rename(pairs.into_iter().flat_map(|(left, right)| [left, right]).collect(), values)
    }

    /// A qualifier that no column has.
    fn free_qualifier(&self) -> String {
        let columns = self.plan.schema().columns();
        let is_free = |qualifier: &String| {
            let has_it = |column: &Column| {
                column.relation.as_ref().is_some_and(|table| table.table() == qualifier.as_str())
            };
            !columns.iter().any(has_it)
        };
        let numbered = (2..).map(|number| format!("{MERGED}_{number}"));
        std::iter::once(MERGED.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
    }

    /// Puts `new` columns before those of the plan and renames the `dropped` ones.
    fn rename(mut self, dropped: Vec<Column>, new: Vec<Expr>) -> Result<Self> {
        if dropped.is_empty() {
            return Ok(self);
        }
        let columns = self.plan.schema().columns().into_iter().map(|column| {
            if dropped.contains(&column) {
                let renamed = Renamed::new(column.clone());
                Expr::Column(column.clone()).alias_qualified(column.relation, renamed.name)
            } else {
                Expr::Column(column)
            }
        });
        let columns: Vec<Expr> = new.into_iter().chain(columns).collect();
        self.plan = LogicalPlanBuilder::from(self.plan).project(columns)?.build()?;
        self.renamed.extend(dropped.into_iter().map(Renamed::new));
        Ok(self)
    }
}

fn kind(operator: JoinOperator) -> Result<(JoinType, JoinConstraint)> {
    use JoinOperator as J;
    Ok(match operator {
        J::Join(on) | J::Inner(on) => (JoinType::Inner, on),
        J::CrossJoin(JoinConstraint::None) => (JoinType::Inner, JoinConstraint::None),
        J::Left(on) | J::LeftOuter(on) => (JoinType::Left, on),
        J::Right(on) | J::RightOuter(on) => (JoinType::Right, on),
        J::FullOuter(on) => (JoinType::Full, on),
        J::LeftSemi(on) => (JoinType::LeftSemi, on),
        J::RightSemi(on) => (JoinType::RightSemi, on),
        J::LeftAnti(on) => (JoinType::LeftAnti, on),
        J::RightAnti(on) => (JoinType::RightAnti, on),
        _ => return plan_err!("this kind of join is not supported together with USING or NATURAL"),
    })
}
