//! Locking of mutexes.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex, even if a thread panicked while it held the lock.
///
/// Use it for data that is valid after each step of a change, such as a cache. A panic elsewhere
/// then does not make it unusable.
///
/// ```
/// use std::sync::Mutex;
///
/// use voxlake_model::sync;
///
/// let cache = Mutex::new(vec![1]);
/// sync::lock(&cache).push(2);
/// assert_eq!(*sync::lock(&cache), [1, 2]);
/// ```
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
