//! Summaries that a query's result comes from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;
use voxlake_lake::SummaryPeriod;
use voxlake_model::sync;

use super::plan::Segment;
use super::request::{CachedRows, SummaryRequest};

/// Summaries that a result was computed from.
#[derive(Debug, Default)]
pub(crate) struct SummaryUsage {
    /// Periods by summary name.
    spans: Mutex<BTreeMap<&'static str, BTreeSet<SummaryPeriod>>>,
    /// True if each request is aggregated further. The decision is the same everywhere in a query.
    decided: Mutex<HashMap<(&'static str, SummaryRequest), CachedDecision>>,
}

/// Aggregated rows of a request; `None` if it reads the stored rows.
pub(super) type CachedDecision = Arc<OnceCell<Option<CachedRows>>>;

impl SummaryUsage {
    pub(super) fn note(&self, name: &'static str, segments: &[Segment]) {
        sync::lock(&self.spans).entry(name).or_default().extend(segments.iter().map(|segment| segment.span));
    }

    /// Adds the summaries of `other`.
    pub(crate) fn include(&self, other: &Self) {
        for (name, spans) in other.all() {
            sync::lock(&self.spans).entry(name).or_default().extend(spans);
        }
    }

    pub(crate) fn all(&self) -> BTreeMap<&'static str, BTreeSet<SummaryPeriod>> {
        sync::lock(&self.spans).clone()
    }

    pub(super) fn decided(&self, name: &'static str, wanted: &SummaryRequest) -> CachedDecision {
        Arc::clone(sync::lock(&self.decided).entry((name, wanted.clone())).or_default())
    }
}
