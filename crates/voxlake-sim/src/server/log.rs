//! Request log, in order of arrival.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::request_info::Asked;

/// Maximum log entries; older ones are dropped. About 30 MB.
const KEPT: usize = 200_000;

/// A request and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// The request.
    pub asked: Asked,
    /// Status of the response; `None` until there is one, and if the connection was cut before it.
    pub status: Option<u16>,
    /// The [name](super::Fault::name) of the applied fault.
    pub fault: Option<&'static str>,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    kept: Mutex<Kept>,
    /// Number of requests received.
    arrived: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Number of dropped entries.
    dropped: usize,
    requests: VecDeque<Served>,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request and returns its number for [`Log::close`].
    pub(crate) fn open(&self, asked: Asked) -> usize {
        let mut kept = self.lock();
        if kept.requests.len() >= KEPT {
            kept.requests.pop_front();
            kept.dropped += 1;
        }
        kept.requests.push_back(Served { asked, status: None, fault: None });
        let arrived = kept.dropped + kept.requests.len();
        self.arrived.send_replace(arrived);
        arrived - 1
    }

    /// Records the outcome of a request.
    pub(crate) fn close(&self, number: usize, status: Option<u16>, fault: Option<&'static str>) {
        let mut kept = self.lock();
        let place = number.checked_sub(kept.dropped);
        if let Some(served) = place.and_then(|place| kept.requests.get_mut(place)) {
            (served.status, served.fault) = (status, fault);
        }
    }

    /// Waits until this many requests have arrived.
    pub(crate) async fn wait_for(&self, requests: usize) {
        // Fails only without a sender, which lives as long as the log.
        let _ = self.arrived.subscribe().wait_for(|arrived| *arrived >= requests).await;
    }

    pub(crate) fn requests(&self) -> Vec<Served> {
        self.lock().requests.iter().cloned().collect()
    }
}
