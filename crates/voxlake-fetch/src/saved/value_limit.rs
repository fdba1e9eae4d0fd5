//! A reader that fails where one value is longer than any record or page.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::limits::MAX_VALUE_BYTES;

/// Bytes of the value that is being read.
#[derive(Clone, Default)]
pub(super) struct ValueLimit(Rc<Cell<u64>>);

pub(super) struct Limited<R> {
    inner: R,
    limit: ValueLimit,
}

impl ValueLimit {
    /// `inner`, which fails after [`MAX_VALUE_BYTES`] unless a value ends before.
    pub(super) fn limited<R: Read>(&self, inner: R) -> Limited<R> {
        Limited { inner, limit: self.clone() }
    }

    /// Begins the next value.
    pub(super) fn restart(&self) {
        self.0.set(0);
    }
}

impl<R: Read> Read for Limited<R> {
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
