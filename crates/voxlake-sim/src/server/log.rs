//! Request log, in order of arrival.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use tokio::sync::watch;

use super::request_info::RequestInfo;
use crate::sync;

/// Maximum log entries; older ones are dropped. About 30 MB.
const MAX_LOG_ENTRIES: usize = 200_000;

/// A request and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestLogEntry {
    /// The request.
    pub request: RequestInfo,
    /// Status of the response; `None` until there is one, and if the connection was cut before it.
    pub status: Option<u16>,
    /// The [name](super::Fault::name) of the applied fault.
    pub fault: Option<&'static str>,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    buffer: Mutex<LogBuffer>,
    /// Number of requests received.
    arrived: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct LogBuffer {
    /// Number of dropped entries.
    dropped: usize,
    entries: VecDeque<RequestLogEntry>,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, LogBuffer> {
        sync::lock(&self.buffer)
    }

    /// Adds a request and returns its number for [`Log::close`].
    pub(crate) fn open(&self, request: RequestInfo) -> usize {
        let mut buffer = self.lock();
        if buffer.entries.len() >= MAX_LOG_ENTRIES {
            buffer.entries.pop_front();
            buffer.dropped += 1;
        }
        buffer.entries.push_back(RequestLogEntry { request, status: None, fault: None });
        let arrived = buffer.dropped + buffer.entries.len();
        self.arrived.send_replace(arrived);
        arrived - 1
    }

    /// Records the outcome of a request.
    pub(crate) fn close(&self, number: usize, status: Option<u16>, fault: Option<&'static str>) {
        let mut buffer = self.lock();
        let place = number.checked_sub(buffer.dropped);
        if let Some(entry) = place.and_then(|place| buffer.entries.get_mut(place)) {
            (entry.status, entry.fault) = (status, fault);
        }
    }

    /// Waits until this many requests have arrived.
    pub(crate) async fn wait_for(&self, requests: usize) {
        // Fails only without a sender, which lives as long as the log.
        let _ = self.arrived.subscribe().wait_for(|arrived| *arrived >= requests).await;
    }

    pub(crate) fn requests(&self) -> Vec<RequestLogEntry> {
        self.lock().entries.iter().cloned().collect()
    }
}
