//! Threads for blocking work: a pool for merges, the runtime's blocking threads for other I/O.

use std::io;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, LazyLock};

use tokio::sync::oneshot;

/// Threads that run blocking work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Executor {
    /// One pool per process, with a thread per core.
    MergePool,
    /// The runtime's blocking threads.
    Blocking,
}

impl Executor {
    /// Runs `work` on a thread of this executor.
    ///
    /// # Errors
    /// If `work` panics.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        static POOL: LazyLock<MergePool> = LazyLock::new(|| {
            MergePool::start(std::thread::available_parallelism().map_or(1, NonZeroUsize::get))
        });
        match self {
            Self::MergePool => POOL.run(work).await,
            Self::Blocking => spawn_blocking_io(move || Ok(work())).await,
        }
    }
}

/// Runs blocking I/O on a blocking thread of the runtime.
pub(crate) async fn spawn_blocking_io<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other).and_then(|done| done)
}

type Job = Box<dyn FnOnce() + Send>;

/// Threads that merge days. They live as long as the process.
struct MergePool(Vec<MergeThread>);

struct MergeThread {
    jobs: Sender<Job>,
    /// Jobs that are queued or running.
    pending: Arc<AtomicUsize>,
}

impl MergePool {
    fn start(count: usize) -> Self {
        let start_thread = |_| {
            let (jobs, queue) = mpsc::channel::<Job>();
            let work = move || queue.into_iter().for_each(|job| job());
            let thread = std::thread::Builder::new().name("merger".to_owned()).spawn(work);
            thread.ok().map(|_| MergeThread { jobs, pending: Arc::new(AtomicUsize::new(0)) })
        };
        Self((0..count).filter_map(start_thread).collect())
    }

    /// Runs `work` on the first of the least busy threads.
    ///
    /// Merges that follow each other thus run on the same thread. Allocators keep memory for each
    /// thread that once needed much; spread over several threads, merges would keep several times
    /// the memory of one.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
        let stopped = || io::Error::other("the threads that merge days have stopped");
        let thread = self.0.iter().min_by_key(|thread| thread.pending.load(Relaxed)).ok_or_else(stopped)?;
        thread.pending.fetch_add(1, Relaxed);
        let pending = Arc::clone(&thread.pending);
        let (result_tx, result_rx) = oneshot::channel();
        let job: Job = Box::new(move || {
            // A panic must not end the thread. The sender is dropped then, which the receiver
            // reports as an error.
            let result = std::panic::catch_unwind(AssertUnwindSafe(work));
            // Decremented before the result is sent: the caller's next merge finds the thread idle.
            pending.fetch_sub(1, Relaxed);
            // The receiver may have been dropped; then nothing is left to do.
            drop(result.map(|value| result_tx.send(value)));
        });
        thread.jobs.send(job).map_err(|_| stopped())?;
        result_rx.await.map_err(|_| io::Error::other("merging the day panicked"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_leaves_the_thread_usable() {
        let pool = MergePool::start(2);
        let thread = || std::thread::current().id();
        let first = pool.run(thread).await.unwrap();
        let panicked = pool.run(|| std::panic::resume_unwind(Box::new("a bug"))).await.map(|(): ()| ());
        assert!(panicked.unwrap_err().to_string().contains("panicked"));
        assert_eq!(pool.run(thread).await.unwrap(), first);
        assert_ne!(thread(), first);
        // A merge that starts while the first thread is busy runs on another one.
        let (resume, wait) = mpsc::channel::<()>();
        let busy = pool.run(move || (wait.recv().unwrap(), thread()));
        let concurrent = async { (pool.run(thread).await, resume.send(()).unwrap()) };
        let (busy, (concurrent, ())) = futures::join!(busy, concurrent);
        assert_eq!(busy.unwrap().1, first);
        assert_ne!(concurrent.unwrap(), first);
    }
}
