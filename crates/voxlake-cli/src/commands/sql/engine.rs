//! Work that Ctrl-C stops, however busy it is.
//!
//! A statement can only be stopped where it waits, and some join for minutes without waiting. So statements have
//! threads of their own, and one that does not let go when it is told to is left behind with its threads: the next
//! one gets new ones.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Handle, Runtime};

use crate::signals::Interrupts;
use crate::workers;

/// How long a statement that was told to end may take before it is left behind.
const PATIENCE: Duration = Duration::from_millis(200);
/// How often whoever waits is told that work goes on.
const TICK: Duration = Duration::from_millis(100);

/// The user, or the system, wants it to end.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cancelled")
    }
}

impl std::error::Error for Interrupted {}

/// Threads for statements, and an ear for the wish to end.
pub(crate) struct Engine {
    /// None only while it is dropped.
    own: Option<Runtime>,
    outer: Handle,
    interrupts: Interrupts,
}

impl Engine {
    /// `outer` is where the waiting is done.
    pub(crate) fn new(outer: Handle, interrupts: Interrupts) -> std::io::Result<Self> {
        Ok(Self { own: Some(threads()?), outer, interrupts })
    }

    /// Forgets a wish that came while nothing ran, such as one to the pager.
    pub(crate) fn forget(&mut self) {
        self.interrupts.forget();
    }

    /// The result of `work`, unless the wish to end comes first. `tick` is called now and then.
    ///
    /// # Errors
    /// [`Interrupted`]; and where the work itself broke down.
    pub(crate) fn run<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = T> + Send + 'static,
        mut tick: impl FnMut(),
    ) -> anyhow::Result<T> {
        let own = match self.own.take() {
            Some(own) => own,
            None => threads()?,
        };
        let mut task = own.spawn(work);
        let interrupts = &mut self.interrupts;
        let mut has_ended = true;
        let done = self.outer.block_on(async {
            loop {
                tokio::select! {
                    done = &mut task => return Some(done),
                    () = interrupts.next() => {}
                    () = tokio::time::sleep(TICK) => {
                        tick();
                        continue;
                    }
                }
                task.abort();
                // What is done in the same moment is not wanted any more: it may be the plan of what is.
                has_ended = tokio::time::timeout(PATIENCE, &mut task).await.is_ok();
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

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(own) = self.own.take() {
            own.shutdown_background();
        }
    }
}

fn threads() -> std::io::Result<Runtime> {
    workers::builder().build()
}
