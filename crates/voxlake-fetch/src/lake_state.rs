//! Coverage and damaged days of a lake before a sync.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use futures::StreamExt as _;
use voxlake_lake::{Coverage, DayFile, Lake, LakeError, ScopeId, TimeRange, WriterLock};

use crate::clock::Clock;
use crate::options::SyncOptions;
use crate::{Event, FetchError, OnEvent};

/// Footers read concurrently while planning.
const CONCURRENT_FOOTERS: usize = 16;

/// Coverage of the days of a lake, under one scope.
#[derive(Default)]
pub(crate) struct LakeState {
    /// Trusted coverage by day.
    pub(crate) coverage: BTreeMap<NaiveDate, Coverage>,
    /// Days whose damaged files were quarantined.
    pub(crate) quarantined: BTreeSet<NaiveDate>,
    /// Days with coverage from the future, which is not trusted.
    pub(crate) untrusted: Vec<NaiveDate>,
}

impl LakeState {
    /// Loads the coverage of the days that the period of `options` touches. A repair quarantines
    /// damaged day files.
    pub(crate) async fn load(
        lake: &Lake,
        lock: &WriterLock,
        options: &SyncOptions,
        scope: Option<ScopeId>,
        clock: &Clock,
        on_event: OnEvent<'_>,
    ) -> Result<Self, FetchError> {
        let period = TimeRange {
            from: options.from.unwrap_or(DateTime::<Utc>::MIN_UTC),
            to: options.to.unwrap_or(DateTime::<Utc>::MAX_UTC),
        };
        let days = lake.days().await?;
        let touched =
            days.into_iter().filter(|day| !TimeRange::of_day(day.date).intersection(&period).is_empty());
        let loaded: Vec<_> = futures::stream::iter(touched)
            .map(|day| async move { (load_coverage(lake, &day, options.repair).await, day) })
            .buffered(CONCURRENT_FOOTERS)
            .collect()
            .await;
        let mut state = Self::default();
        for (coverage, day) in loaded {
            match coverage {
                Err(LakeError::Damaged { path, .. }) if options.repair => {
                    let to = lake.quarantine(lock, &day, clock()).await?;
                    on_event(Event::Quarantined { path: &path, to: &to });
                    state.quarantined.insert(day.date);
                }
                other => {
                    let (now, coverage) = (clock().trunc_subsecs(0), other?);
                    if coverage.ranges().iter().any(|range| !range.is_trusted_at(now)) {
                        state.untrusted.push(day.date);
                    }
                    state.coverage.insert(day.date, coverage.of_scope(scope).trusted_at(now));
                }
            }
        }
        Ok(state)
    }

    /// Returns the first day that was ever fetched. Day files without coverage do not count: they
    /// hold only calls from windows of other days.
    pub(crate) fn first_day(&self) -> Option<NaiveDate> {
        let fetched = self.coverage.iter().filter(|(_, coverage)| !coverage.ranges().is_empty());
        fetched.map(|(date, _)| *date).chain(self.quarantined.iter().copied()).min()
    }
}

/// Loads the coverage of a day from its footer. A repair reads the whole file, since any part of it
/// may be damaged.
async fn load_coverage(lake: &Lake, day: &DayFile, repair: bool) -> Result<Coverage, LakeError> {
    if repair { Ok(lake.read_day(day.date).await?.coverage) } else { lake.coverage(day).await }
}
