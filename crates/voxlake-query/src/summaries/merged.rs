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
use super::kept::locked;
use super::rows::Rows;

/// What is asked for: rows of these pieces in these columns, by their places.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    pub(super) pieces: Vec<Piece>,
    pub(super) columns: Vec<usize>,
}

/// Rows that were added up, in the columns that were asked for.
pub(super) type Fewer = Arc<[RecordBatch]>;

/// Different things wanted that are remembered; past that all are forgotten.
const REMEMBERED: usize = 32;
/// Bytes of rows that are kept at most; past that all are forgotten.
const MOST: usize = 128 << 20;

/// What has been added up of one summary.
#[derive(Debug, Default)]
pub(super) struct Merged(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    known: HashMap<Wanted, Known>,
    bytes: usize,
}

/// What is known of what was asked for.
#[derive(Clone, Debug)]
enum Known {
    Asked,
    /// The rows are too many, or not so much fewer that it pays to keep them.
    NoUse,
    Rows(Fewer),
}

impl Merged {
    /// What a question wants, added up from what `read` reads; `None` where none wanted it before, or where it is of no
    /// use. It is to be asked once for a question, which else could see rows of both kinds.
    pub(super) async fn of(
        &self,
        definition: &Definition,
        wanted: &Wanted,
        state: &dyn Session,
        read: impl Future<Output = Option<Rows>>,
    ) -> Option<Fewer> {
        let known = locked(&self.0).known.get(wanted).cloned();
        match known {
            Some(Known::Rows(rows)) => return Some(rows),
            Some(Known::NoUse) => return None,
            None => {
                locked(&self.0).note(wanted, Known::Asked, 0);
                return None;
            }
            Some(Known::Asked) => {}
        }
        let rows = read.await?;
        // What fails here, for want of memory, is read as it is.
        let merged = merged(definition, &rows, state).await.ok()?;
        let count = merged.iter().map(RecordBatch::num_rows).sum::<usize>();
        let bytes = size(&merged);
        let pays = count <= rows.count() / 2 && bytes <= MOST / 2;
        let known = if pays { Known::Rows(Arc::clone(&merged)) } else { Known::NoUse };
        locked(&self.0).note(wanted, known, if pays { bytes } else { 0 });
        pays.then_some(merged)
    }
}

impl Memory {
    fn note(&mut self, wanted: &Wanted, known: Known, bytes: usize) {
        if let Some(Known::Rows(before)) = self.known.remove(wanted) {
            self.bytes -= size(&before);
        }
        if self.known.len() >= REMEMBERED || self.bytes + bytes > MOST {
            *self = Self::default();
        }
        self.known.insert(wanted.clone(), known);
        self.bytes += bytes;
    }
}

/// Bytes of some rows in memory.
fn size(rows: &Fewer) -> usize {
    rows.iter().map(RecordBatch::get_array_memory_size).sum()
}

async fn merged(definition: &Definition, rows: &Rows, state: &dyn Session) -> Result<Fewer> {
    let rows = rows.table(state)?;
    let narrow = rows.schema();
    let rows = LogicalPlanBuilder::scan("rows", provider_as_source(rows), None)?.build()?;
    let plan = typed(added_up(definition, rows, &col(START_TIME))?, &narrow)?;
    let plan = state.create_physical_plan(&plan).await?;
    let merged = collect(plan, state.task_ctx()).await?.into_iter();
    // Nullability may be stricter in a plan of its own; types are not.
    let merged = merged.map(|rows| RecordBatch::try_new(Arc::clone(&narrow), rows.columns().to_vec()));
    Ok(merged.collect::<Result<Fewer, _>>()?)
}
