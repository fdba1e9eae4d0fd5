//! Outcome of a comparison with the API.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::slice::Slice;

/// Outcome of a comparison. Its JSON has the same names.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct ComparisonReceipt {
    /// Location of the lake.
    pub lake: String,
    /// Number of selected days.
    pub days: usize,
    /// Number of slices compared in this run.
    pub compared: u64,
    /// Number of compared slices whose counts are equal.
    pub equal: u64,
    /// Number of slices whose equality earlier runs recorded, on days that have not changed since.
    pub confirmed_before: u64,
    /// Number of slices not compared.
    pub not_compared: u64,
    /// Number of those that the next run compares.
    pub left_for_next_run: u64,
    /// Slices whose value the API no longer knows, such as deleted queues.
    pub unknown_values: Vec<String>,
    /// Number of slices with more calls in the API, which the rejects of the day explain.
    pub explained_by_rejects: u64,
    /// Number of requests.
    pub requests: u64,
    /// Slices whose counts differ.
    pub mismatches: Vec<Mismatch>,
    /// Parameters that the API does not apply, with the reason.
    pub ignored: BTreeMap<String, String>,
    /// Countries of the lake whose codes are unknown.
    pub countries_without_code: Vec<String>,
    /// Days that were fetched again.
    pub repaired_days: Vec<NaiveDate>,
    /// Reason for which the comparison ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// Slice whose counts differ.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Mismatch {
    /// Day of the slice.
    pub date: NaiveDate,
    /// Description of the slice.
    pub slice: String,
    /// Number of calls in the lake.
    pub lake: u64,
    /// Number of calls in the API.
    pub api: u64,
    #[serde(skip)]
    pub(super) compared: Slice,
}
