//! Which summaries there are: what a row of each is of, and how rows add up.
//!
//! A summary is defined once, by SQL in `queries/summaries` that gives a row for each call (or call and
//! queue). Added up it is what a lake keeps; as it is, it answers where nothing was kept. So the two cannot
//! say different things.

use chrono::NaiveDate;
use datafusion::arrow::datatypes::Schema;
use voxlake_lake::{Fingerprint, SummaryPeriod};

/// Changed when a function or a way of adding up changes what summaries say, so that older ones are made anew.
const EDITION: &str = "2";

/// How long the time is that a row of a summary may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    /// A quarter of an hour: every time zone's hours and days are made of those.
    Quarter,
    /// A UTC hour: those time zones' hours and days are made of these whose clocks differ from UTC by whole hours.
    Hour,
    /// A UTC day or, in the summary of a month or a year, that month or year.
    Day,
}

/// A summary: which rows it has and what becomes of them when they are added up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    /// The name, by which questions call it as a function.
    pub(crate) name: &'static str,
    /// Its rows, one by one; `$queue` keeps to calls through some queues.
    pub(crate) sql: &'static str,
    pub(crate) grain: Grain,
    /// The summary by the quarter of an hour that this one adds up further. It is read in the other's place where an
    /// answer tells apart no less, and is no function itself.
    pub(crate) coarser_than: Option<&'static str>,
    /// Columns that are added up; NULLs are left out.
    pub(crate) sums: &'static [&'static str],
    /// Columns of which the greatest value stays. All others are grouped by.
    pub(crate) latest: &'static [&'static str],
}

/// Name of the summary of the names that calls use.
pub(crate) const NAME_SUMMARY: &str = "name_summary";

/// Calls by the quarter of an hour, which others add up further.
const CALL_SUMMARY: Definition = Definition {
    name: "call_summary",
    sql: include_str!("../../../../queries/summaries/call_summary.sql"),
    grain: Grain::Quarter,
    coarser_than: None,
    sums: &["calls", "calls_with_charge", "calls_with_unreadable_charge", "seconds", "charge"],
    latest: &[],
};

/// All summaries; each after those that are finer than it.
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
    /// How long it is (ms); a row may be of longer, where it is of a month or a year.
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
    /// The kinds of spans that it is kept by, the shortest first; each is made from the one before.
    pub(crate) fn spans(&self) -> &'static [fn(NaiveDate) -> SummaryPeriod] {
        match (self.grain, self.coarser_than) {
            // A year's hours are no fewer than those of its months, and a day is short as it is.
            (Grain::Quarter, _) => &[SummaryPeriod::Day, SummaryPeriod::Month],
            (Grain::Hour, _) => &[SummaryPeriod::Month],
            (Grain::Day, None) => &[SummaryPeriod::Day, SummaryPeriod::Month, SummaryPeriod::Year],
            (Grain::Day, Some(_)) => &[SummaryPeriod::Month, SummaryPeriod::Year],
        }
    }

    /// Whether `columns` of `schema`, by their places, are all that rows are grouped by.
    pub(crate) fn has_all_groups(&self, schema: &Schema, columns: &[usize]) -> bool {
        schema.fields().iter().enumerate().all(|(place, field)| {
            let name = field.name().as_str();
            columns.contains(&place) || self.sums.contains(&name) || self.latest.contains(&name)
        })
    }

    /// What a summary says that was made by this definition from `sources`.
    pub(crate) fn source(&self, sources: impl IntoIterator<Item = Fingerprint>) -> Fingerprint {
        // Comments are left out, so that summaries stay valid when only a comment changes.
        let is_comment = |line: &&str| line.trim_start().starts_with("--");
        let sql = self.sql.lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n");
        let definition = [EDITION.to_owned(), self.name.to_owned(), sql];
        Fingerprint::from_parts(
            definition.into_iter().chain(sources.into_iter().map(|source| source.to_string())),
        )
    }
}
