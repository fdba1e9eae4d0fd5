//! Rows of kept summaries, added up over the columns that a question leaves out.
//!
//! A summary is of every result in every quarter of an hour; a question about hours needs a thirtieth of its rows. They
//! are added up when the same is asked for a second time, as at a prompt and on a dashboard: a single question
//! would pay for it and gain nothing. What the rows of a summary add up to is all that they say, so nobody sees it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{MemTable, Session};
use datafusion::common::Result;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{LogicalPlanBuilder, col};
use datafusion::physical_plan::collect;
use voxlake_lake::Span;
use voxlake_model::schema::START_TIME;

use super::build::{added_up, typed};
use super::definition::Definition;
use super::kept::held;

/// What is asked for: the spans and the columns, by their places.
type Asked = (Vec<Span>, Vec<usize>);
/// Different things asked for that are remembered; past that all are forgotten.
const REMEMBERED: usize = 64;

/// What has been added up of one summary.
#[derive(Debug, Default)]
pub(crate) struct Merged(Mutex<HashMap<Asked, Option<Arc<[RecordBatch]>>>>);

impl Merged {
    /// `rows`, which are of `spans`, in no more than `columns`, added up where that was asked for before; `None` where
    /// it was not.
    pub(crate) async fn of(
        &self,
        definition: &Definition,
        (spans, columns): (&[Span], &[usize]),
        rows: &[RecordBatch],
        schema: &SchemaRef,
        state: &dyn Session,
    ) -> Result<Option<Arc<[RecordBatch]>>> {
        let asked = (spans.to_vec(), columns.to_vec());
        {
            let mut known = held(&self.0);
            match known.get(&asked) {
                Some(Some(merged)) => return Ok(Some(Arc::clone(merged))),
                Some(None) => {}
                None => {
                    if known.len() >= REMEMBERED {
                        known.clear();
                    }
                    known.insert(asked, None);
                    return Ok(None);
                }
            }
        }
        let narrow = Arc::new(schema.project(columns)?);
        let rows = rows.iter().map(|rows| rows.project(columns)).collect::<Result<Vec<_>, _>>()?;
        let rows = MemTable::try_new(Arc::clone(&narrow), vec![rows])?;
        let rows = LogicalPlanBuilder::scan("rows", provider_as_source(Arc::new(rows)), None)?.build()?;
        let plan = typed(added_up(definition, rows, &col(START_TIME))?, &narrow)?;
        let plan = state.create_physical_plan(&plan).await?;
        let merged = collect(plan, state.task_ctx()).await?.into_iter();
        // Nullability may be stricter in a plan of its own; types are not.
        let merged = merged.map(|rows| RecordBatch::try_new(Arc::clone(&narrow), rows.columns().to_vec()));
        let merged = merged.collect::<Result<Arc<[_]>, _>>()?;
        held(&self.0).insert(asked, Some(Arc::clone(&merged)));
        Ok(Some(merged))
    }
}
