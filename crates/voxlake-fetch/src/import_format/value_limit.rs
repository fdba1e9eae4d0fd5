//! Size limit of single JSON values in a stream.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::limits::MAX_VALUE_BYTES;

/// Bytes read of the current value.
#[derive(Clone, Default)]
pub(super) struct ValueLimit(Rc<Cell<u64>>);

/// Reader with a size limit per value.
pub(super) struct LimitedReader<R> {
    inner: R,
    limit: ValueLimit,
}

impl ValueLimit {
    /// Wraps `inner`. Reads fail after [`MAX_VALUE_BYTES`] without a reset.
    pub(super) fn limited<R: Read>(&self, inner: R) -> LimitedReader<R> {
        LimitedReader { inner, limit: self.clone() }
    }

    /// Starts the next value.
    pub(super) fn reset(&self) {
        self.0.set(0);
    }
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(into)?;
        let read = self.limit.0.get() + bytes as u64;
        self.limit.0.set(read);
        if read > MAX_VALUE_BYTES {
            return Err(io::Error::other(format!("a value has more than {} MiB", MAX_VALUE_BYTES >> 20)));
        }
        Ok(bytes)
    }
}
