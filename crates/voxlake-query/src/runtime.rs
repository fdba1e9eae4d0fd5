//! Runtime of queries.

use std::num::NonZeroUsize;

use tokio::runtime::Builder;

/// Stack of each thread. Planning and running a statement recurse into its expressions; the limits
/// of this crate leave half of this free without optimization. Only used pages take memory.
const STACK_BYTES: usize = 64 << 20;
/// Minimum number of threads for blocking work. tokio's limit of 512 would reserve 32 GiB of
/// addresses for their stacks.
const MIN_BLOCKING_THREADS: usize = 12;

/// Returns the configuration of a runtime whose stacks suffice for all allowed statements.
///
/// The main thread of a process may have a smaller stack: queries are spawned on the runtime.
///
/// ```
/// let runtime = voxlake_query::query_runtime().build()?;
/// let task = runtime.spawn(async { 1 + 1 });
/// assert_eq!(runtime.block_on(task)?, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn query_runtime() -> Builder {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let mut builder = Builder::new_multi_thread();
    builder
        .thread_stack_size(STACK_BYTES)
        .max_blocking_threads((2 * cores).max(MIN_BLOCKING_THREADS))
        .enable_all();
    builder
}
