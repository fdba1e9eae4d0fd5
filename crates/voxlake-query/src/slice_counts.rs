//! Counts of the calls of each day by the values that the filters of the API select.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use datafusion::arrow::array::{Array as _, AsArray as _};
use datafusion::arrow::datatypes::{Date32Type, Int64Type};

use crate::{LakeSession, QueryError};

/// Property of calls by which they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SliceDimension {
    /// All calls.
    Total,
    /// `direction`.
    Direction,
    /// `distributions`.
    Distribution,
    /// `types`.
    Type,
    /// `caller_number_type` and `callee_number_type`.
    NumberType,
    /// `country_name`.
    Country,
    /// Ids of `queues`; `none` for calls without a queue.
    Queue,
}

/// Number of calls of a day with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SliceRow {
    /// Day.
    pub date: NaiveDate,
    /// Property.
    pub dimension: SliceDimension,
    /// Value of the property.
    pub value: String,
    /// Value in words, such as the name of a queue.
    pub label: String,
    /// Number of calls.
    pub calls: u64,
}

/// Counts the calls of each day from the first of `dates` to the last. A call counts once for each
/// distinct value.
///
/// # Errors
/// [`QueryError`] if the day files cannot be read.
pub async fn count_slices(
    session: &LakeSession,
    dates: impl IntoIterator<Item = NaiveDate>,
) -> Result<Vec<SliceRow>, QueryError> {
    let mut found = Vec::new();
    let dates: BTreeSet<NaiveDate> = dates.into_iter().collect();
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Ok(found) };
    let predicate = format!("date >= '{first}' AND date <= '{last}'");
    for (dimension, sql) in queries(&predicate) {
        for batch in session.sql(&sql).await?.collect().await? {
            let (dates, values) =
                (batch.column(0).as_primitive::<Date32Type>(), batch.column(1).as_string::<i32>());
            let labels = batch.column(2).as_string::<i32>();
            let calls = batch.column(3).as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                let Some(date) = dates.value_as_date(row) else { continue };
                let label = if labels.is_null(row) { values.value(row) } else { labels.value(row) };
                found.push(SliceRow {
                    date,
                    dimension,
                    value: values.value(row).to_owned(),
                    label: label.to_owned(),
                    calls: u64::try_from(calls.value(row)).unwrap_or(0),
                });
            }
        }
    }
    Ok(found)
}

/// Returns the query of each dimension, with the columns date, value, label and calls.
fn queries(predicate: &str) -> [(SliceDimension, String); 7] {
    let total = format!(
        "SELECT date, '' AS value, '' AS label, count(*) AS calls FROM voice_calls WHERE {predicate} GROUP BY date"
    );
    let by_column = |column: &str| {
        format!(
            "SELECT date, {column} AS value, {column} AS label, count(*) AS calls FROM voice_calls \
             WHERE {predicate} AND {column} IS NOT NULL GROUP BY date, {column}"
        )
    };
    let by_list = |list: &str| {
        format!(
            "SELECT date, value, value AS label, count(*) AS calls \
             FROM (SELECT date, unnest(array_distinct({list})) AS value FROM voice_calls WHERE {predicate}) AS values_of_calls \
             WHERE value IS NOT NULL GROUP BY date, value"
        )
    };
    // A call counts once per queue id, also if the queue was renamed.
    let queues = format!(
        "SELECT date, value, max(label) AS label, count(*) AS calls FROM ( \
             SELECT DISTINCT date, start_time, engagement_id, value, first_value(label) OVER (PARTITION BY value ORDER BY label) AS label \
             FROM (SELECT date, start_time, engagement_id, queue['cc_queue_id'] AS value, queue['queue_name'] AS label \
                 FROM (SELECT *, unnest(queues) AS queue FROM voice_calls WHERE {predicate}) AS entries) AS ids \
             WHERE value IS NOT NULL) AS calls GROUP BY date, value \
         UNION ALL SELECT date, 'none', 'none', count(*) FROM voice_calls \
         WHERE {predicate} AND coalesce(cardinality(queues), 0) = 0 GROUP BY date"
    );
    [
        (SliceDimension::Total, total),
        (SliceDimension::Direction, by_column("direction")),
        (SliceDimension::Distribution, by_list("distributions")),
        (SliceDimension::Type, by_list("types")),
        (SliceDimension::NumberType, by_list("make_array(caller_number_type, callee_number_type)")),
        (SliceDimension::Country, by_column("country_name")),
        (SliceDimension::Queue, queues),
    ]
}
