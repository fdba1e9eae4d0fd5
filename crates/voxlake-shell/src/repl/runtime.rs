//! Runtime whose work Ctrl-C cancels, however busy it is.
//!
//! A task can be cancelled only where it awaits, and some joins run for minutes without awaiting.
//! So queries run on a runtime of their own. If a task does not stop in time, its runtime is
//! abandoned and the next query gets a new one.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};
use voxlake_query::query_runtime;

use crate::interrupts::Interrupts;

/// Time for a cancelled task to stop before its runtime is abandoned.
const CANCEL_TIMEOUT: Duration = Duration::from_millis(200);
/// Interval of the progress callback.
const TICK_INTERVAL: Duration = Duration::from_millis(100);

/// Error of work that the user or the system has cancelled.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cancelled")
    }
}

impl std::error::Error for Interrupted {}

/// Runtime of queries, with the signals that cancel them.
pub(crate) struct InterruptibleRuntime {
    /// `None` only temporarily.
    own: Option<Runtime>,
    outer: Handle,
    interrupts: Interrupts,
}

impl InterruptibleRuntime {
    /// `outer` is the runtime that waits for work.
    pub(crate) fn new(outer: Handle, interrupts: Interrupts) -> std::io::Result<Self> {
        Ok(Self { own: Some(query_runtime().build()?), outer, interrupts })
    }

    /// Drops a signal that came while nothing ran, for example to the pager.
    pub(crate) fn drop_pending(&mut self) {
        self.interrupts.drop_pending();
    }

    /// Runs `work`, unless a signal cancels it. `tick` is called at intervals.
    ///
    /// # Errors
    /// [`Interrupted`], or the panic of `work`.
    pub(crate) fn run<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = T> + Send + 'static,
        mut tick: impl FnMut(),
    ) -> anyhow::Result<T> {
        let own = match self.own.take() {
            Some(own) => own,
            None => query_runtime().build()?,
        };
        let mut task = own.spawn(work);
        let interrupts = &mut self.interrupts;
        let mut has_ended = true;
        let done = self.outer.block_on(async {
            loop {
                tokio::select! {
                    done = &mut task => return Some(done),
                    () = interrupts.next() => {}
                    () = tokio::time::sleep(TICK_INTERVAL) => {
                        tick();
                        continue;
                    }
                }
                task.abort();
                // A result at the same instant is dropped, because it may be only the plan of the
                // query.
                has_ended = tokio::time::timeout(CANCEL_TIMEOUT, &mut task).await.is_ok();
                return None;
            }
        });
        if has_ended {
            self.own = Some(own);
        } else {
            own.shutdown_background();
        }
        match done {
            Some(done) => Ok(done?),
            None => Err(Interrupted.into()),
        }
    }
}

impl Drop for InterruptibleRuntime {
    fn drop(&mut self) {
        if let Some(own) = self.own.take() {
            own.shutdown_background();
        }
    }
}
