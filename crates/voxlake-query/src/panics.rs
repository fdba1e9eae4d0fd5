//! Panics of DataFusion as errors, so that the session and what the user made in it stay.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream};
use futures::{FutureExt as _, Stream, StreamExt as _};

/// Runs `work` and turns a panic into an error.
///
/// # Errors
/// Those of `work`, and [`DataFusionError::Execution`] for a panic.
pub(crate) async fn caught<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    // What a panic leaves behind is the state of one query, which is dropped.
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| Err(error(panic.as_ref())))
}

/// Runs `work` and turns a panic into an error.
pub(crate) fn caught_now<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(error(panic.as_ref())))
}

/// Returns `batches` with panics turned into errors.
pub(crate) fn caught_stream(batches: SendableRecordBatchStream) -> SendableRecordBatchStream {
    Box::pin(Caught { schema: batches.schema(), batches: Some(batches) })
}

struct Caught {
    schema: SchemaRef,
    /// None after a panic.
    batches: Option<SendableRecordBatchStream>,
}

impl Stream for Caught {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(batches) = &mut self.batches else { return Poll::Ready(None) };
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| batches.poll_next_unpin(context)));
        polled.unwrap_or_else(|panic| {
            self.batches = None;
            Poll::Ready(Some(Err(error(panic.as_ref()))))
        })
    }
}

impl RecordBatchStream for Caught {
    fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }
}

fn error(panic: &(dyn Any + Send)) -> DataFusionError {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    DataFusionError::Execution(format!("{PANICKED}: {text}"))
}

/// Start of a panic's error message.
const PANICKED: &str = "internal error of DataFusion or Voxlake";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::datatypes::Schema;
    use datafusion::physical_plan::stream::RecordBatchStreamAdapter;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_ends_the_batches() {
        let failed = caught(async { panic!("a bug in {}", "planning") }).await;
        assert!(failed.map(|(): ()| ()).is_err_and(|error| error.to_string().contains("a bug in planning")));
        assert_eq!(caught(async { Ok(1) }).await.ok(), Some(1));

        let batches = futures::stream::once(async { panic!("a bug") });
        let schema = Arc::new(Schema::empty());
        let mut batches = caught_stream(Box::pin(RecordBatchStreamAdapter::new(schema, batches)));
        assert!(batches.next().await.unwrap().is_err_and(|error| error.to_string().contains("a bug")));
        assert!(batches.next().await.is_none());
    }
}
