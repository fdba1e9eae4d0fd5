//! Locking of mutexes.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex, also if a thread panicked while it held the lock.
///
/// Use it for data that stays valid at each step of a change, such as a cache: there, one panic
/// need not fail every later caller.
///
/// ```
/// use std::sync::Mutex;
///
/// let cache = Mutex::new(vec![1]);
/// voxlake_model::sync::lock(&cache).push(2);
/// assert_eq!(*voxlake_model::sync::lock(&cache), [1, 2]);
/// ```
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
