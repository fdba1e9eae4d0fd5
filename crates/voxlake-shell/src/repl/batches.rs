//! Batches of a running query.

use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt as _;
use voxlake_query::{QueryProgress, QueryResult};

use super::progress::Progress;
use super::runtime::InterruptibleRuntime;

/// Batches of a running query, with a progress line while waiting.
pub(crate) struct Batches {
    /// `None` after a cancellation.
    answer: Option<QueryResult>,
    schema: SchemaRef,
    query_progress: QueryProgress,
    progress: Progress,
}

impl Batches {
    pub(crate) fn new(answer: QueryResult, begun: Instant) -> Self {
        let (schema, query_progress) = (answer.schema(), answer.progress());
        Self { answer: Some(answer), schema, query_progress, progress: Progress::since(begun) }
    }

    /// Waits for the next batch; `None` at the end.
    ///
    /// # Errors
    /// [`Interrupted`](super::runtime::Interrupted), or the
    /// [`QueryError`](voxlake_query::QueryError) of the query.
    pub(crate) fn next(&mut self, runtime: &mut InterruptibleRuntime) -> anyhow::Result<Option<RecordBatch>> {
        let Some(mut answer) = self.answer.take() else { return Ok(None) };
        let next = async move {
            let batch = answer.next().await;
            (answer, batch)
        };
        let (answer, batch) = runtime.run(next, || self.progress.tick(Some(&self.query_progress)))?;
        self.answer = Some(answer);
        Ok(batch.transpose()?)
    }

    /// Removes the progress line for good.
    pub(crate) fn end_progress(&mut self) {
        self.progress.end();
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(crate) fn progress(&self) -> &QueryProgress {
        &self.query_progress
    }
}
