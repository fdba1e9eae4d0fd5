//! Rows with texts at the places of their ids.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::error::Result;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::projection::ProjectionExec;
use voxlake_functions::text_groups::{TextGroupFunction, TextGroups};

use super::super::part::{Plan, refused};
use super::ids::{Within, groups_of};

/// Columns of rows with ids, and their places in rows with texts.
#[derive(Debug)]
pub(super) struct Layout {
    schema: SchemaRef,
    columns: Vec<Place>,
}

/// Column of rows with ids.
#[derive(Debug)]
struct Place {
    /// Place of the column, or of the first text.
    index: usize,
    /// Groups whose ids it holds.
    groups: Option<Arc<TextGroups>>,
}

impl Layout {
    /// Returns the layout of the rows of `plan`; `None` if they have no ids.
    pub(super) fn of(plan: &Plan) -> Option<Self> {
        let schema = plan.schema();
        let (mut columns, mut next) = (Vec::new(), 0);
        for index in 0..schema.fields().len() {
            let groups = groups_of(plan, index, Within::Plan);
            let width = groups.as_ref().map_or(1, |groups| groups.columns());
            columns.push(Place { index: next, groups });
            next += width;
        }
        let has_ids = columns.iter().any(|column| column.groups.is_some());
        has_ids.then(|| Self { schema, columns })
    }

    /// Returns the columns with the texts of `expr`, if that is a column with ids.
    pub(super) fn texts_of(&self, expr: &Arc<dyn PhysicalExpr>) -> Option<impl Iterator<Item = Column>> {
        let index = expr.downcast_ref::<Column>()?.index();
        self.columns.get(index)?.groups.as_ref()?;
        Some(self.texts(index))
    }

    /// Returns `expr`, which uses no ids, over rows with texts.
    pub(super) fn moved(&self, expr: &Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let moved = Arc::clone(expr).transform_up(|part| {
            let Some(column) = part.downcast_ref::<Column>() else { return Ok(Transformed::no(part)) };
            let place = self.columns.get(column.index()).filter(|place| place.groups.is_none());
            let place = place.ok_or_else(|| refused(format!("the order {expr}"), "it uses group ids"))?;
            Ok(Transformed::yes(Arc::new(Column::new(column.name(), place.index)) as _))
        })?;
        Ok(moved.data)
    }

    /// Reads the texts of the ids that `input` returns.
    pub(super) fn with_texts(&self, input: Plan) -> Result<Plan> {
        let mut exprs = Vec::new();
        for (index, field) in self.schema.fields().iter().enumerate() {
            let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), index));
            let Some(groups) = &self.columns[index].groups else {
                exprs.push(ProjectionExpr { expr: column, alias: field.name().clone() });
                continue;
            };
            for text in 0..groups.columns() {
                let alias = text_name(field, text);
                let function = TextGroupFunction::Text {
                    index: text,
                    field: Arc::new(Field::new(&alias, DataType::Utf8, true)),
                };
                let expr = self.call(&function, groups, vec![Arc::clone(&column)], &input.schema())?;
                exprs.push(ProjectionExpr { expr, alias });
            }
        }
        Ok(Arc::new(ProjectionExec::try_new(exprs, input)?))
    }

    /// Assigns ids to the texts that `input` returns.
    pub(super) fn with_ids(&self, input: Plan) -> Result<Plan> {
        let mut exprs = Vec::new();
        for (index, (place, field)) in self.columns.iter().zip(self.schema.fields()).enumerate() {
            let expr = match &place.groups {
                Some(groups) => {
                    let texts = self.texts(index).map(|text| Arc::new(text) as _).collect();
                    self.call(&TextGroupFunction::Code, groups, texts, &input.schema())?
                }
                None => Arc::new(Column::new(field.name(), place.index)) as _,
            };
            exprs.push(ProjectionExpr { expr, alias: field.name().clone() });
        }
        Ok(Arc::new(ProjectionExec::try_new(exprs, input)?))
    }

    /// Columns with the texts of the column at `index`.
    fn texts(&self, index: usize) -> impl Iterator<Item = Column> {
        let place = &self.columns[index];
        let count = place.groups.as_ref().map_or(0, |groups| groups.columns());
        (0..count)
            .map(move |text| Column::new(&text_name(self.schema.field(index), text), place.index + text))
    }

    fn call(
        &self,
        function: &TextGroupFunction,
        groups: &Arc<TextGroups>,
        args: Vec<Arc<dyn PhysicalExpr>>,
        schema: &Schema,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let function = Arc::new(function.of(groups));
        Ok(Arc::new(ScalarFunctionExpr::try_new(function, args, schema, Arc::new(ConfigOptions::default()))?))
    }
}

/// Name of the column with the text at `index` of the groups of the column `id`.
fn text_name(id: &Field, index: usize) -> String {
    format!("__text_{index}_of_{}", id.name())
}
