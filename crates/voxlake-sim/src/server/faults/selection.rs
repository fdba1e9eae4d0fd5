//! Selection of faults: by a script, a function or a seed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::anomalies::Anomalies;
use super::fault::Fault;
use super::seeded::Seeded;
use crate::server::endpoint::Endpoint;
use crate::server::request_info::RequestInfo;

pub(super) type Choice = Arc<dyn Fn(&RequestInfo) -> Option<Fault> + Send + Sync>;

/// Selection of faults by request: from a script, else from a function, else from a seed. None by
/// default.
///
/// ```
/// use voxlake_sim::{Fault, Faults};
///
/// // The first response is cut, the third repeats the page before, all others are correct.
/// let faults = Faults::script([(1, Fault::CutInBody), (3, Fault::PageTwice)]);
/// // The first page of every window fails.
/// let faults = Faults::choose(|request| (request.page == 1).then(|| Fault::status(503)));
/// // About 10 % of the requests meet a fault from which a client can recover.
/// let faults = Faults::seeded(7, 0.1);
/// ```
#[derive(Clone, Default)]
pub struct Faults {
    pub(super) script: BTreeMap<(Endpoint, u64), Fault>,
    pub(super) choice: Option<Choice>,
    pub(super) seeded: Option<Seeded>,
    anomalies: Anomalies,
}

impl Faults {
    /// Creates a selection without faults.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Injects faults into the requests for calls with these numbers ([`RequestInfo::number`], from
    /// 1).
    #[must_use]
    pub fn script(calls: impl IntoIterator<Item = (u64, Fault)>) -> Self {
        Self::none().and_script(Endpoint::VoiceCalls, calls)
    }

    /// Injects faults into the requests for access tokens with these numbers.
    #[must_use]
    pub fn token_script(tokens: impl IntoIterator<Item = (u64, Fault)>) -> Self {
        Self::none().and_script(Endpoint::Token, tokens)
    }

    /// Injects the faults that a function returns. It is called once per request, including token
    /// requests.
    #[must_use]
    pub fn choose(choice: impl Fn(&RequestInfo) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self { choice: Some(Arc::new(choice)), ..Self::none() }
    }

    /// Injects a fault into each request with probability `rate` (0 to 1).
    ///
    /// The fault follows from the seed and the request's number, so that sequential requests meet
    /// the same faults in every run. Records have the anomalies of [`Anomalies::seeded`].
    ///
    /// A client can recover from all of them. The same request fails at most twice in a row. An
    /// access token is revoked at most every 50 requests. At most one read of a window is corrupted
    /// (a missing page, a wrong count, an expired page token). The daily limit is never reached. A
    /// fault that would break one of these rules becomes a slow response.
    #[must_use]
    pub fn seeded(seed: u64, rate: f64) -> Self {
        Self {
            seeded: Some(Seeded::new(seed, rate)),
            anomalies: Anomalies::seeded(seed, rate),
            ..Self::none()
        }
    }

    /// Returns the selection with further scripted faults, by request number at an endpoint. Both
    /// paths to the calls count as [`Endpoint::VoiceCalls`].
    #[must_use]
    pub fn and_script(mut self, to: Endpoint, faults: impl IntoIterator<Item = (u64, Fault)>) -> Self {
        let faults = faults.into_iter();
        self.script.extend(faults.map(|(number, fault)| ((to.counted_as(), number), fault)));
        self
    }

    /// Returns the selection with anomalous records.
    #[must_use]
    pub fn with_anomalies(mut self, anomalies: Anomalies) -> Self {
        self.anomalies = anomalies;
        self
    }

    /// Returns the configured anomalies.
    #[must_use]
    pub fn anomalies(&self) -> Anomalies {
        self.anomalies
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("script", &self.script)
            .field("choice", &self.choice.as_ref().map(|_| "a function"))
            .field("seeded", &self.seeded)
            .field("anomalies", &self.anomalies)
            .finish()
    }
}
