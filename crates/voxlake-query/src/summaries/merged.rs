//! Rows of kept summaries, added up over the columns that a question leaves out.
//!
//! A summary is of every result in every quarter of an hour; a question about hours needs a thirtieth of its rows. They
//! are added up when another question asks for the same, as at a prompt and on a dashboard: a single question
//! would pay for it and gain nothing. What the rows of a summary add up to is all that they say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{LogicalPlanBuilder, col};
use datafusion::physical_plan::collect;
use voxlake_model::schema::START_TIME;

use super::adding::{added_up, typed};
use super::cover::Piece;
use super::definition::Definition;
use super::kept::held;
use super::rows::{Rows, Used};

/// What is asked for: the pieces and the columns, by their places.
pub(super) type Asked = (Vec<Piece>, Vec<usize>);
/// Different things asked for that are remembered; past that all are forgotten.
const REMEMBERED: usize = 32;

/// What has been added up of one summary.
#[derive(Debug, Default)]
pub(crate) struct Merged(Mutex<HashMap<Asked, Known>>);

/// What is known of what was asked for.
#[derive(Clone, Debug)]
enum Known {
    Asked,
    /// The rows are not so much fewer that it pays to keep them.
    NoUse,
    Rows(Arc<[RecordBatch]>),
}

impl Merged {
    /// What is `asked` for, if it was added up already.
    pub(super) fn known(
        &self,
        definition: &Definition,
        asked: &Asked,
        used: &Used,
    ) -> Option<Arc<[RecordBatch]>> {
        match held(&self.0).get(asked) {
            Some(Known::Rows(rows)) if !used.is_first(definition.name, asked) => Some(Arc::clone(rows)),
            _ => None,
        }
    }

    /// `rows`, which are what is `asked` for and not [`Self::known`], added up; `None` where no question before asked for
    /// them, or where it is of no use.
    pub(super) async fn of(
        &self,
        definition: &Definition,
        asked: &Asked,
        rows: &Rows,
        (state, used): (&dyn Session, &Used),
    ) -> Option<Arc<[RecordBatch]>> {
        let known = held(&self.0).get(asked).cloned();
        match known {
            Some(Known::Asked) if !used.is_first(definition.name, asked) => {
                // What fails here, for want of memory, is read as it is.
                let merged = merged(definition, rows, state).await.ok()?;
                let count = merged.iter().map(RecordBatch::num_rows).sum::<usize>();
                let pays = count <= rows.count() / 2;
                let known = if pays { Known::Rows(Arc::clone(&merged)) } else { Known::NoUse };
                held(&self.0).insert(asked.clone(), known);
                pays.then_some(merged)
            }
            Some(_) => None,
            None => {
                let mut all = held(&self.0);
                if all.len() >= REMEMBERED {
                    all.clear();
                }
                all.insert(asked.clone(), Known::Asked);
                // One question reads the same rows wherever it reads them.
                used.note_first(definition.name, asked.clone());
                None
            }
        }
    }
}

async fn merged(definition: &Definition, rows: &Rows, state: &dyn Session) -> Result<Arc<[RecordBatch]>> {
    let rows = rows.table(state)?;
    let narrow = rows.schema();
    let rows = LogicalPlanBuilder::scan("rows", provider_as_source(rows), None)?.build()?;
    let plan = typed(added_up(definition, rows, &col(START_TIME))?, &narrow)?;
    let plan = state.create_physical_plan(&plan).await?;
    let merged = collect(plan, state.task_ctx()).await?.into_iter();
    // Nullability may be stricter in a plan of its own; types are not.
    let merged = merged.map(|rows| RecordBatch::try_new(Arc::clone(&narrow), rows.columns().to_vec()));
    Ok(merged.collect::<Result<Arc<[_]>, _>>()?)
}
