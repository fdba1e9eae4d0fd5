//! The log of requests, in the order of their arrival.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::faults::Asked;

/// How many requests are kept, the newest: some 30 MB.
const KEPT: usize = 200_000;

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// What was asked, and when.
    pub asked: Asked,
    /// The status of the answer; `None` while there is none, and for good where the connection was cut before one.
    pub status: Option<u16>,
    /// The [name](super::Fault::name) of the fault that the request met.
    pub fault: Option<&'static str>,
}

#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Requests that are no longer kept.
    dropped: usize,
    requests: VecDeque<Served>,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request; the number is for [`Log::close`].
    pub(crate) fn open(&self, asked: Asked) -> usize {
        let mut kept = self.lock();
        if kept.requests.len() >= KEPT {
            kept.requests.pop_front();
            kept.dropped += 1;
        }
        kept.requests.push_back(Served { asked, status: None, fault: None });
        kept.dropped + kept.requests.len() - 1
    }

    /// Notes what became of it.
    pub(crate) fn close(&self, number: usize, status: Option<u16>, fault: Option<&'static str>) {
        let mut kept = self.lock();
        let place = number.checked_sub(kept.dropped);
        if let Some(served) = place.and_then(|place| kept.requests.get_mut(place)) {
            (served.status, served.fault) = (status, fault);
        }
    }

    pub(crate) fn requests(&self) -> Vec<Served> {
        self.lock().requests.iter().cloned().collect()
    }
}
