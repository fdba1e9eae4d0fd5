//! Options of a session.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use voxlake_model::CurrencySymbols;

use crate::remote_engine::RemoteEngine;

/// Options of a [`LakeSession`](crate::LakeSession).
///
/// # Example
/// ```
/// use voxlake_query::SessionOptions;
///
/// let options = SessionOptions::new().skip_damaged(true).memory_limit(Some(2 << 30));
/// assert!(options.skip_damaged);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SessionOptions {
    /// Leave out damaged day files, listed by
    /// [`LakeSession::skipped`](crate::LakeSession::skipped). Opening the session then reads all
    /// footers.
    pub skip_damaged: bool,
    /// Threads per query. Default: the number of cores, or one with a memory limit, because each
    /// sorting thread reserves memory for spilling.
    pub target_partitions: Option<NonZeroUsize>,
    /// Memory limit (bytes) for sorting, grouping and joining in all running queries. Default:
    /// none. Sorts and joins that reach it spill to the system's temporary folder.
    pub memory_limit: Option<usize>,
    /// Ignore stored summaries and scan calls.
    pub no_summaries: bool,
    /// Cache limit for decoded summaries, in compressed bytes per query. Default: 32 MiB. Queries
    /// that read more decode their summaries each time.
    pub max_cached_summary_bytes: Option<u64>,
    /// Source of the time of `now()` and `current_date`. Default: the system clock.
    pub clock: Option<fn() -> DateTime<Utc>>,
    /// Time zone of SQL statements: timestamps are displayed, truncated and compared with text in
    /// its local time. Named queries have a zone of their own. Default: UTC.
    pub timezone: Option<Tz>,
    /// Classes of `result` values that replace or extend the shipped mapping.
    pub result_classes: BTreeMap<String, String>,
    /// Currencies of the symbols in rates. Those of charges are stored with the calls.
    pub currency_symbols: CurrencySymbols,
    /// Engine that runs queries over calls in other processes. Default: none.
    pub engine: Option<Arc<dyn RemoteEngine>>,
}

impl SessionOptions {
    /// Default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`Self::skip_damaged`].
    #[must_use]
    pub fn skip_damaged(self, skip_damaged: bool) -> Self {
        Self { skip_damaged, ..self }
    }

    /// Sets [`Self::target_partitions`].
    #[must_use]
    pub fn target_partitions(self, target_partitions: Option<NonZeroUsize>) -> Self {
        Self { target_partitions, ..self }
    }

    /// Sets [`Self::memory_limit`].
    #[must_use]
    pub fn memory_limit(self, memory_limit: Option<usize>) -> Self {
        Self { memory_limit, ..self }
    }

    /// Sets [`Self::no_summaries`].
    #[must_use]
    pub fn no_summaries(self, no_summaries: bool) -> Self {
        Self { no_summaries, ..self }
    }

    /// Sets [`Self::max_cached_summary_bytes`].
    #[must_use]
    pub fn max_cached_summary_bytes(self, max_cached_summary_bytes: Option<u64>) -> Self {
        Self { max_cached_summary_bytes, ..self }
    }

    /// Sets [`Self::clock`].
    #[must_use]
    pub fn clock(self, clock: Option<fn() -> DateTime<Utc>>) -> Self {
        Self { clock, ..self }
    }

    /// Sets [`Self::timezone`].
    #[must_use]
    pub fn timezone(self, timezone: Option<Tz>) -> Self {
        Self { timezone, ..self }
    }

    /// Sets [`Self::result_classes`].
    #[must_use]
    pub fn result_classes(self, result_classes: BTreeMap<String, String>) -> Self {
        Self { result_classes, ..self }
    }

    /// Sets [`Self::currency_symbols`].
    #[must_use]
    pub fn currency_symbols(self, currency_symbols: CurrencySymbols) -> Self {
        Self { currency_symbols, ..self }
    }

    /// Sets [`Self::engine`].
    #[must_use]
    pub fn engine(self, engine: Option<Arc<dyn RemoteEngine>>) -> Self {
        Self { engine, ..self }
    }
}
