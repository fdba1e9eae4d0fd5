//! Selection of faults: by a script, a function or a seed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::fault::Fault;
use super::oddities::Oddities;
use super::seeded::Seeded;
use crate::server::endpoint::Endpoint;
use crate::server::request_info::Asked;

pub(super) type Choice = Arc<dyn Fn(&Asked) -> Option<Fault> + Send + Sync>;

/// Which requests meet which faults: those that a script names, else those that a function chooses,
/// else those that a seed draws. None at all by default.
///
/// ```
/// use voxlake_sim::{Fault, Faults};
///
/// // The first page is cut in its middle, the third one comes twice, and so on without a fault.
/// let faults = Faults::script([(1, Fault::CutInBody), (3, Fault::PageTwice)]);
/// // Every first page fails, whatever its window.
/// let faults = Faults::choose(|asked| (asked.page == 1).then(|| Fault::status(503)));
/// // Every tenth request or so meets something that a client has to get over.
/// let faults = Faults::seeded(7, 0.1);
/// ```
#[derive(Clone, Default)]
pub struct Faults {
    pub(super) script: BTreeMap<(Endpoint, u64), Fault>,
    pub(super) choice: Option<Choice>,
    pub(super) seeded: Option<Seeded>,
    oddities: Oddities,
}

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Faults of the requests for calls with these numbers ([`Asked::number`]), the first one being
    /// 1.
    #[must_use]
    pub fn script(calls: impl IntoIterator<Item = (u64, Fault)>) -> Self {
        Self::none().and_script(Endpoint::VoiceCalls, calls)
    }

    /// Faults of the requests for access tokens with these numbers.
    #[must_use]
    pub fn token_script(tokens: impl IntoIterator<Item = (u64, Fault)>) -> Self {
        Self::none().and_script(Endpoint::Token, tokens)
    }

    /// Whatever the function says about a request. It is asked once for each, also for those of
    /// tokens.
    #[must_use]
    pub fn choose(choice: impl Fn(&Asked) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self { choice: Some(Arc::new(choice)), ..Self::none() }
    }

    /// Each request meets a fault with probability `rate` (0 to 1). Whether and which follows from
    /// the seed and the request's number alone, so that requests made one after another meet
    /// the same faults every time.
    ///
    /// A client can get over all of them: the same request fails at most twice in a row, an access
    /// token dies at most every 50 requests, and of a window at most one read is spoilt (a page
    /// is missing, the count is off, a page token dies). The daily limit is never among them.
    /// Where the draw would break one of these rules, the answer is only slow. Records are odd
    /// as of [`Oddities::seeded`].
    #[must_use]
    pub fn seeded(seed: u64, rate: f64) -> Self {
        Self { seeded: Some(Seeded::new(seed, rate)), oddities: Oddities::seeded(seed, rate), ..Self::none() }
    }

    /// The same, and these faults at these numbers of an endpoint. Both forms of the path to calls
    /// count as one endpoint, [`Endpoint::VoiceCalls`].
    #[must_use]
    pub fn and_script(mut self, to: Endpoint, faults: impl IntoIterator<Item = (u64, Fault)>) -> Self {
        let faults = faults.into_iter();
        self.script.extend(faults.map(|(number, fault)| ((to.counted_as(), number), fault)));
        self
    }

    /// The same with records that are odd in this way.
    #[must_use]
    pub fn with_oddities(mut self, oddities: Oddities) -> Self {
        self.oddities = oddities;
        self
    }

    /// How records are odd.
    #[must_use]
    pub fn oddities(&self) -> Oddities {
        self.oddities
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("script", &self.script)
            .field("choice", &self.choice.as_ref().map(|_| "a function"))
            .field("seeded", &self.seeded)
            .field("oddities", &self.oddities)
            .finish()
    }
}
