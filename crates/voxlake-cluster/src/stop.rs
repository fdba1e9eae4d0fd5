//! Signal that stops the streams of a task.

use std::pin::Pin;
use std::task::{Context, Poll};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::exec_err;
use datafusion::error::Result;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream};
use futures::channel::oneshot;
use futures::future::{FusedFuture as _, Shared};
use futures::{FutureExt as _, Stream, StreamExt as _};

/// Stops the streams of its signal when it is dropped.
#[derive(Debug)]
pub(crate) struct StopOnDrop {
    _sender: oneshot::Sender<()>,
}

/// Signal that stops streams.
#[derive(Clone, Debug)]
pub(crate) struct StopSignal {
    stopped: Shared<oneshot::Receiver<()>>,
}

/// Creates a signal and its guard.
pub(crate) fn stop_signal() -> (StopOnDrop, StopSignal) {
    let (sender, receiver) = oneshot::channel();
    (StopOnDrop { _sender: sender }, StopSignal { stopped: receiver.shared() })
}

impl StopSignal {
    /// Returns a stream that fails once the signal is given.
    pub(crate) fn stops(&self, batches: SendableRecordBatchStream) -> SendableRecordBatchStream {
        Box::pin(StoppableStream { batches, stopped: self.stopped.clone() })
    }
}

/// Batches until a signal.
struct StoppableStream {
    batches: SendableRecordBatchStream,
    stopped: Shared<oneshot::Receiver<()>>,
}

impl Stream for StoppableStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // `Shared` must not be polled after its end.
        if self.stopped.is_terminated() || self.stopped.poll_unpin(cx).is_ready() {
            return Poll::Ready(Some(exec_err!("the task was cancelled")));
        }
        self.batches.poll_next_unpin(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.batches.size_hint()
    }
}

impl RecordBatchStream for StoppableStream {
    fn schema(&self) -> SchemaRef {
        self.batches.schema()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::datatypes::Schema;
    use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
    use futures::stream;

    use super::*;

    fn batches(
        batches: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
    ) -> SendableRecordBatchStream {
        Box::pin(RecordBatchStreamAdapter::new(Arc::new(Schema::empty()), batches))
    }

    #[tokio::test]
    async fn signals_end_waiting_streams() {
        let (guard, signal) = stop_signal();
        let mut waiting = signal.stops(batches(stream::pending()));
        assert!(futures::poll!(waiting.next()).is_pending());
        drop(guard);
        for _ in 0..2 {
            let error = waiting.next().await.unwrap().unwrap_err().to_string();
            assert!(error.contains("the task was cancelled"), "{error}");
        }
    }

    #[tokio::test]
    async fn batches_pass_without_a_signal() {
        let (_guard, signal) = stop_signal();
        let empty = RecordBatch::new_empty(Arc::new(Schema::empty()));
        let passed = signal.stops(batches(stream::iter([Ok(empty.clone()), Ok(empty)])));
        assert_eq!(passed.count().await, 2);
    }
}
