//! Outcome of a comparison with the API.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use voxlake_lake::group_digits;

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

/// Maximum number of mismatches that a description lists.
const MAX_LISTED_MISMATCHES: usize = 20;

impl ComparisonReceipt {
    /// Describes the outcome, with values of the API unescaped.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for Mismatch { date, slice, lake, api, .. } in self.mismatches.iter().take(MAX_LISTED_MISMATCHES) {
            let (lake, api) = (group_digits(*lake), group_digits(*api));
            lines.push(format!("DIFFERS {date}, {slice}: {lake} in the lake, {api} in the API"));
        }
        match self.mismatches.len().saturating_sub(MAX_LISTED_MISMATCHES) {
            0 => {}
            more => lines.push(format!("and {more} more")),
        }
        lines.extend(self.describe_skipped());
        if self.explained_by_rejects > 0 {
            lines.push(format!(
                "In {} slices the API counts records that are rejects: `voxlake rejects list` shows them",
                group_digits(self.explained_by_rejects)
            ));
        }
        if self.mismatches.iter().any(|one| one.lake > one.api) && !self.repaired_days.is_empty() {
            lines.push(
                "The lake has more calls than the API: fetching a day again deletes no calls.".to_owned(),
            );
        }
        lines.push(self.describe_totals());
        if self.stopped.as_deref() == Some("interrupted") {
            lines.push("Interrupted; run again to compare the rest.".to_owned());
        }
        if self.left_for_next_run > 0 && self.stopped.is_none() {
            lines
                .push("Stopped at the maximum number of requests; run again to compare the rest.".to_owned());
        }
        if !self.repaired_days.is_empty() {
            let days: Vec<String> = self.repaired_days.iter().map(ToString::to_string).collect();
            lines.push(format!("Fetched again: {}", days.join(", ")));
        }
        lines
    }

    fn describe_skipped(&self) -> Vec<String> {
        let ignored = self.ignored.iter();
        let mut lines: Vec<String> = ignored
            .map(|(parameter, reason)| format!("Not compared: the API ignores {parameter}: {reason}"))
            .collect();
        if !self.countries_without_code.is_empty() {
            let countries = self.countries_without_code.join(", ");
            lines.push(format!("Not compared: countries whose code is not known: {countries}"));
        }
        if !self.unknown_values.is_empty() {
            let values = self.unknown_values.join(", ");
            lines.push(format!("Not compared: the API does not know {values}"));
        }
        lines
    }

    fn describe_totals(&self) -> String {
        let [compared, equal, before, left] =
            [self.compared, self.equal, self.confirmed_before, self.not_compared].map(group_digits);
        let days = match self.days {
            1 => "1 settled day".to_owned(),
            days => format!("{} settled days", group_digits(days as u64)),
        };
        format!(
            "{days}: {compared} slices compared, {equal} equal; {before} confirmed earlier; {left} not compared; \
             requests: {}.",
            group_digits(self.requests)
        )
    }
}
