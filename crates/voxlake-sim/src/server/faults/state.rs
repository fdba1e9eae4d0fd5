//! An incoming request with its number and its fault.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::seeded::History;
use super::selection::{Choice, Faults};
use crate::server::endpoint::Endpoint;
use crate::server::request_info::RequestInfo;

/// A request and its fault, as handlers receive it.
#[derive(Debug, Clone)]
pub(crate) struct RequestContext {
    pub(crate) info: RequestInfo,
    pub(crate) fault: Option<Fault>,
}

/// Extension of a response to which a fault was applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AppliedFault(pub(crate) &'static str);

/// The active faults, with the counters since they were set.
#[derive(Debug, Default)]
pub(crate) struct FaultState {
    pub(crate) faults: Faults,
    counts: BTreeMap<Endpoint, u64>,
    history: History,
}

impl FaultState {
    pub(crate) fn new(faults: Faults) -> Self {
        Self { faults, ..Self::default() }
    }

    /// Numbers the request and returns its scripted fault, the choice function and its seeded
    /// fault, in order of priority. The caller calls the user's function after it has released the
    /// lock.
    pub(crate) fn admit(&mut self, info: &mut RequestInfo) -> (Option<Fault>, Option<Choice>, Option<Fault>) {
        let endpoint = info.endpoint.counted_as();
        let count = self.counts.entry(endpoint).or_default();
        *count += 1;
        info.number = *count;
        let scripted = self.faults.script.get(&(endpoint, info.number)).cloned();
        let drawn = self.faults.seeded.and_then(|seeded| seeded.draw(info, &mut self.history));
        (scripted, self.faults.choice.clone(), drawn)
    }
}
