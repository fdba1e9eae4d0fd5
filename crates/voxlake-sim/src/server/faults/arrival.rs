//! A request as it arrives: what it asks, its number, and the fault that waits for it.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::seeded::History;
use super::selection::{Choice, Faults};
use crate::server::endpoint::Endpoint;
use crate::server::request_info::Asked;

/// What a handler is told of its request.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) asked: Asked,
    pub(crate) fault: Option<Fault>,
}

/// Put into an answer by the handler that let a fault happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Met(pub(crate) &'static str);

/// The faults in force and what happened since they were set.
#[derive(Debug, Default)]
pub(crate) struct Active {
    pub(crate) faults: Faults,
    counts: BTreeMap<Endpoint, u64>,
    history: History,
}

impl Active {
    pub(crate) fn new(faults: Faults) -> Self {
        Self { faults, ..Self::default() }
    }

    /// Numbers the request. Gives the fault that script and seed have for it, and the choice, which
    /// goes between the two: it is a stranger's function, so the caller makes it when it holds
    /// no lock any more.
    pub(crate) fn arrive(&mut self, asked: &mut Asked) -> (Option<Fault>, Option<Choice>, Option<Fault>) {
        let endpoint = asked.endpoint.counted_as();
        let count = self.counts.entry(endpoint).or_default();
        *count += 1;
        asked.number = *count;
        let scripted = self.faults.script.get(&(endpoint, asked.number)).cloned();
        let drawn = self.faults.seeded.and_then(|seeded| seeded.draw(asked, &mut self.history));
        (scripted, self.faults.choice.clone(), drawn)
    }
}
