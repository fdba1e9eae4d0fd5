//! Definitions of the summaries.
//!
//! A definition is SQL in `queries/summaries` that returns a row per call, or per call and queue.
//! Its aggregated rows are stored in the lake; the SQL itself answers where nothing is stored. So
//! both give the same result.

use chrono::NaiveDate;
use datafusion::arrow::datatypes::Schema;
use voxlake_lake::{Fingerprint, SummaryPeriod};

/// Version of the definitions. Increase it when a change of functions or aggregation changes the
/// content of summaries; this rebuilds all of them.
const DEFINITION_VERSION: &str = "2";

/// Time resolution of a summary's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    /// A quarter of an hour: hours and days of all time zones consist of these.
    Quarter,
    /// A UTC hour: serves time zones whose offsets are whole hours.
    Hour,
    /// A UTC day; in the summary of a month or year, that month or year.
    Day,
}

/// Definition of a summary.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    /// Name, and name of its table function.
    pub(crate) name: &'static str,
    /// Query of the unaggregated rows; `$queue` restricts it to calls through some queues.
    pub(crate) sql: &'static str,
    pub(crate) grain: Grain,
    /// Finer summary that this one aggregates further. It is used instead of the finer one where a
    /// query does not need its resolution, and has no table function.
    pub(crate) coarser_than: Option<&'static str>,
    /// Columns that are summed, ignoring NULL.
    pub(crate) sums: &'static [&'static str],
    /// Columns of which the maximum is kept. All others are group columns.
    pub(crate) latest: &'static [&'static str],
}

/// Name of the summary of names.
pub(crate) const NAME_SUMMARY: &str = "name_summary";

/// Calls by quarter hour; the base of two coarser summaries.
const CALL_SUMMARY: Definition = Definition {
    name: "call_summary",
    sql: include_str!("../../../../queries/summaries/call_summary.sql"),
    grain: Grain::Quarter,
    coarser_than: None,
    sums: &["calls", "calls_with_charge", "calls_with_unreadable_charge", "seconds", "charge"],
    latest: &["largest_charge"],
};

/// All summaries, finer ones before those that aggregate them.
pub(crate) const DEFINITIONS: [Definition; 8] = [
    CALL_SUMMARY,
    Definition {
        name: "call_hours",
        grain: Grain::Hour,
        coarser_than: Some(CALL_SUMMARY.name),
        ..CALL_SUMMARY
    },
    Definition {
        name: "call_totals",
        grain: Grain::Day,
        coarser_than: Some(CALL_SUMMARY.name),
        ..CALL_SUMMARY
    },
    Definition {
        name: "country_summary",
        sql: include_str!("../../../../queries/summaries/country_summary.sql"),
        grain: Grain::Day,
        coarser_than: None,
        sums: &["calls", "calls_with_charge", "calls_with_unreadable_charge", "seconds", "charge"],
        latest: &[],
    },
    Definition {
        name: "duration_summary",
        sql: include_str!("../../../../queries/summaries/duration_summary.sql"),
        grain: Grain::Day,
        coarser_than: None,
        sums: &["calls"],
        latest: &[],
    },
    Definition {
        name: NAME_SUMMARY,
        sql: include_str!("../../../../queries/summaries/name_summary.sql"),
        grain: Grain::Day,
        coarser_than: None,
        sums: &[],
        latest: &["last_use"],
    },
    Definition {
        name: "queue_duration_summary",
        sql: include_str!("../../../../queries/summaries/queue_duration_summary.sql"),
        grain: Grain::Day,
        coarser_than: None,
        sums: &["calls"],
        latest: &["last_start"],
    },
    Definition {
        name: "queue_summary",
        sql: include_str!("../../../../queries/summaries/queue_summary.sql"),
        grain: Grain::Day,
        coarser_than: None,
        sums: &[
            "calls",
            "calls_with_charge",
            "calls_with_unreadable_charge",
            "charge",
            "charge_auto",
            "charge_legs",
            "charge_split",
            "charge_first",
            "charge_last",
            "outside_auto",
            "outside_auto_calls",
            "outside_legs",
            "outside_legs_calls",
        ],
        latest: &["last_start"],
    },
];

impl Grain {
    /// Length in ms. Rows of the summary of a month or year may be longer.
    pub(crate) fn length_ms(self) -> i64 {
        const MINUTE_MS: i64 = 60 * 1000;
        match self {
            Self::Quarter => 15 * MINUTE_MS,
            Self::Hour => 60 * MINUTE_MS,
            Self::Day => 24 * 60 * MINUTE_MS,
        }
    }
}

impl Definition {
    /// Constructors of the periods that it is stored by, shortest first; each is built from the one
    /// before.
    pub(crate) fn spans(&self) -> &'static [fn(NaiveDate) -> SummaryPeriod] {
        match (self.grain, self.coarser_than) {
            // A year would have the same rows as its months together, so years are not stored.
            (Grain::Quarter, _) => &[SummaryPeriod::Day, SummaryPeriod::Month],
            (Grain::Hour, _) => &[SummaryPeriod::Month],
            (Grain::Day, None) => &[SummaryPeriod::Day, SummaryPeriod::Month, SummaryPeriod::Year],
            (Grain::Day, Some(_)) => &[SummaryPeriod::Month, SummaryPeriod::Year],
        }
    }

    /// Returns whether the columns at these indices include all group columns of `schema`.
    pub(crate) fn has_all_groups(&self, schema: &Schema, columns: &[usize]) -> bool {
        schema.fields().iter().enumerate().all(|(place, field)| {
            let name = field.name().as_str();
            columns.contains(&place) || self.sums.contains(&name) || self.latest.contains(&name)
        })
    }

    /// Fingerprint of a summary built by this definition from `sources`.
    pub(crate) fn source(&self, sources: impl IntoIterator<Item = Fingerprint>) -> Fingerprint {
        // Without comments, so that summaries stay valid when only a comment changes.
        let is_comment = |line: &&str| line.trim_start().starts_with("--");
        let sql = self.sql.lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n");
        let definition = [DEFINITION_VERSION.to_owned(), self.name.to_owned(), sql];
        Fingerprint::from_parts(
            definition.into_iter().chain(sources.into_iter().map(|source| source.to_string())),
        )
    }
}
