//! Conversion of panics in DataFusion to errors, so that the session and its tables survive.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream};
use futures::{FutureExt as _, Stream, StreamExt as _};

/// Runs `work` and converts a panic to an error.
///
/// # Errors
/// The error of `work`, or [`DataFusionError::Execution`] for a panic.
pub(crate) async fn catch_panic<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    // A panic leaves only the state of one query inconsistent, which is dropped.
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| Err(error(panic.as_ref())))
}

/// Runs `work` and converts a panic to an error.
pub(crate) fn catch_panic_sync<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(error(panic.as_ref())))
}

/// Returns `batches` with panics converted to errors.
pub(crate) fn catch_stream_panics(batches: SendableRecordBatchStream) -> SendableRecordBatchStream {
    Box::pin(PanicSafeStream { schema: batches.schema(), batches: Some(batches) })
}

struct PanicSafeStream {
    schema: SchemaRef,
    /// None after a panic.
    batches: Option<SendableRecordBatchStream>,
}

impl Stream for PanicSafeStream {
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

impl RecordBatchStream for PanicSafeStream {
    fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }
}

fn error(panic: &(dyn Any + Send)) -> DataFusionError {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    DataFusionError::Execution(format!("{PANICKED}: {text}"))
}

/// Prefix of the error for a panic.
const PANICKED: &str = "internal error of DataFusion or Voxlake";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::datatypes::Schema;
    use datafusion::physical_plan::stream::RecordBatchStreamAdapter;

    use super::*;

    #[tokio::test]
    async fn panics_become_errors() {
        let failed = catch_panic(async { panic!("a bug in {}", "planning") }).await;
        assert!(failed.map(|(): ()| ()).is_err_and(|error| error.to_string().contains("a bug in planning")));
        assert_eq!(catch_panic(async { Ok(1) }).await.ok(), Some(1));

        let batches = futures::stream::once(async { panic!("a bug") });
        let schema = Arc::new(Schema::empty());
        let mut batches = catch_stream_panics(Box::pin(RecordBatchStreamAdapter::new(schema, batches)));
        assert!(batches.next().await.unwrap().is_err_and(|error| error.to_string().contains("a bug")));
        assert!(batches.next().await.is_none());
    }
}
