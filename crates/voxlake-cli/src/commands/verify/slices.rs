//! Slices of days that are compared with the API, and their counts in the lake.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{Date32Type, Int64Type};
use chrono::NaiveDate;
use voxlake_fetch::{CallFilter, FilterParameter};
use voxlake_query::LakeSession;

use super::super::query;
use crate::countries;

/// Calls of a day selected by one condition on top of the scope of the lake.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    /// Parameter and value; `None` for all calls of the day.
    pub(super) condition: Option<(FilterParameter, String)>,
    /// Description of the value, such as the name of a queue.
    pub(super) label: String,
}

/// Slices are equal if their conditions are: labels are ignored.
impl PartialEq for Slice {
    fn eq(&self, other: &Self) -> bool {
        self.condition == other.condition
    }
}

impl Eq for Slice {}

impl PartialOrd for Slice {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Slice {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.condition.cmp(&other.condition)
    }
}

impl Slice {
    /// Returns the name of the slice in the recorded checks of the lake.
    pub(super) fn name(&self) -> String {
        match &self.condition {
            None => "total".to_owned(),
            Some((parameter, value)) => format!("{}={value}", parameter.name()),
        }
    }

    /// Describes the slice.
    pub(super) fn describe(&self) -> String {
        match &self.condition {
            None => "all calls".to_owned(),
            Some((parameter, _)) => format!("{parameter} {}", self.label),
        }
    }

    /// Returns the scope of the lake with the condition of the slice; `None` if the scope has a
    /// condition on the same parameter.
    pub(super) fn filter(&self, scope: &CallFilter) -> Option<CallFilter> {
        match &self.condition {
            None => Some(scope.clone()),
            Some((parameter, _)) if scope.values(*parameter).next().is_some() => None,
            Some((parameter, value)) => scope.clone().with(*parameter, [value.clone()]).ok(),
        }
    }
}

/// The lake's counts of the slices of each day.
pub(super) type Counts = BTreeMap<NaiveDate, BTreeMap<Slice, u64>>;

/// Counts of the lake, and countries that have no code.
pub(super) struct LakeCounts {
    pub(super) counts: Counts,
    pub(super) countries_without_code: Vec<String>,
}

/// Counts the slices of the days from `from` to `to`, the last not included.
pub(super) async fn count(
    session: &LakeSession,
    from: NaiveDate,
    to: NaiveDate,
) -> anyhow::Result<LakeCounts> {
    let mut found = LakeCounts { counts: Counts::new(), countries_without_code: Vec::new() };
    let within = format!("date >= '{from}' AND date < '{to}'");
    for row in rows(session, &format!("SELECT date, '' AS value, '' AS label, count(*) AS calls FROM voice_calls WHERE {within} GROUP BY date")).await? {
        found.add(row.0, Slice { condition: None, label: String::new() }, row.3);
    }
    for (parameter, sql) in queries(&within) {
        for (date, value, label, calls) in rows(session, &sql).await? {
            let value = match parameter {
                FilterParameter::CountryIsoCodes => match countries::code(&value) {
                    Some(code) => code.to_owned(),
                    None => {
                        found.countries_without_code.push(value);
                        continue;
                    }
                },
                _ => value,
            };
            found.add(date, Slice { condition: Some((parameter, value)), label }, calls);
        }
    }
    found.add_known_values();
    found.countries_without_code.sort();
    found.countries_without_code.dedup();
    Ok(found)
}

impl LakeCounts {
    fn add(&mut self, date: NaiveDate, slice: Slice, calls: u64) {
        *self.counts.entry(date).or_default().entry(slice).or_default() += calls;
    }

    /// Adds values without calls in the lake: the API may count some.
    fn add_known_values(&mut self) {
        let known = [
            FilterParameter::Direction,
            FilterParameter::Distribution,
            FilterParameter::Types,
            FilterParameter::NumberTypes,
        ];
        for slices in self.counts.values_mut() {
            for parameter in known {
                for value in parameter.known_values().unwrap_or_default() {
                    let condition = Some((parameter, (*value).to_owned()));
                    slices.entry(Slice { condition, label: (*value).to_owned() }).or_default();
                }
            }
            let none = FilterParameter::NO_QUEUE.to_owned();
            let condition = Some((FilterParameter::CcQueueIds, none.clone()));
            slices.entry(Slice { condition, label: none }).or_default();
        }
    }
}

/// Returns the queries of the counts by parameter: date, value, label and calls. A call counts once
/// for each of its distinct values.
fn queries(within: &str) -> [(FilterParameter, String); 6] {
    let by_column = |column: &str| {
        format!(
            "SELECT date, {column} AS value, {column} AS label, count(*) AS calls FROM voice_calls \
             WHERE {within} AND {column} IS NOT NULL GROUP BY date, {column}"
        )
    };
    let by_list = |list: &str| {
        format!(
            "SELECT date, value, value AS label, count(*) AS calls \
             FROM (SELECT date, unnest(array_distinct({list})) AS value FROM voice_calls WHERE {within}) AS values_of_calls \
             WHERE value IS NOT NULL GROUP BY date, value"
        )
    };
    let number_types = "make_array(caller_number_type, callee_number_type)";
    // A call counts once per queue id, regardless of its names. Null and empty lists count as none.
    let queues = format!(
        "SELECT date, value, max(label) AS label, count(*) AS calls FROM ( \
             SELECT DISTINCT date, start_time, engagement_id, value, first_value(label) OVER (PARTITION BY value ORDER BY label) AS label \
             FROM (SELECT date, start_time, engagement_id, queue['cc_queue_id'] AS value, queue['queue_name'] AS label \
                 FROM (SELECT *, unnest(queues) AS queue FROM voice_calls WHERE {within}) AS entries) AS ids \
             WHERE value IS NOT NULL) AS calls GROUP BY date, value \
         UNION ALL SELECT date, 'none', 'none', count(*) FROM voice_calls \
         WHERE {within} AND coalesce(cardinality(queues), 0) = 0 GROUP BY date"
    );
    [
        (FilterParameter::Direction, by_column("direction")),
        (FilterParameter::Distribution, by_list("distributions")),
        (FilterParameter::Types, by_list("types")),
        (FilterParameter::NumberTypes, by_list(number_types)),
        (FilterParameter::CountryIsoCodes, by_column("country_name")),
        (FilterParameter::CcQueueIds, queues),
    ]
}

type Row = (NaiveDate, String, String, u64);

async fn rows(session: &LakeSession, sql: &str) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for batch in session.sql(sql).await?.collect().await? {
        let (dates, values) =
            (batch.column(0).as_primitive::<Date32Type>(), batch.column(1).as_string::<i32>());
        let labels = batch.column(2).as_string::<i32>();
        let calls = batch.column(3).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let Some(date) = dates.value_as_date(row) else { continue };
            let label = if labels.is_null(row) { values.value(row) } else { labels.value(row) };
            let calls = u64::try_from(calls.value(row)).unwrap_or(0);
            rows.push((date, values.value(row).to_owned(), label.to_owned(), calls));
        }
    }
    Ok(rows)
}

/// Opens a session over the day files.
pub(super) async fn session(settings: &crate::config::Settings) -> anyhow::Result<LakeSession> {
    query::open(settings, false).await
}
