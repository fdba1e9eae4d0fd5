//! Limit of concurrent requests to an object store.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::limit::LimitStore;

/// Maximum concurrent requests of a lake, and of all its clones, to its object store.
///
/// Small requests spend most of their time waiting, about 30 ms each: 32 of them finish 1,000 per
/// second. More would make stores answer with `SlowDown`, and home connections lose packets.
pub const MAX_CONCURRENT_REQUESTS: usize = 32;

/// Limits the concurrent requests to `store`. A request ends when its response was read.
pub(crate) fn limit_requests(store: Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
    Arc::new(LimitStore::new(store, MAX_CONCURRENT_REQUESTS))
}
