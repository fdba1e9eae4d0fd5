//! Notices about charges that determine or distort a total: a few calls with a large share of it,
//! and charges that cannot be read.
//!
//! Most answers need summaries only: calls are read if the largest charge may matter, or if there
//! are unreadable charges.

use std::collections::HashMap;

use datafusion::arrow::array::{AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::{Decimal128Type, Int64Type};
use datafusion::common::ScalarValue;

use crate::error::QueryError;
use crate::session::LakeSession;

/// Maximum number of calls that a notice about large charges lists.
const MAX_LARGE_CALLS: usize = 5;
/// A notice lists calls that make up more than one part in this number of a total, if they are
/// fewer than one in this number of the calls.
const PARTS: i128 = 10;
/// Maximum number of texts in a notice about unreadable charges.
const MAX_TEXTS: usize = 5;
/// Maximum length of such a text, in characters.
const MAX_TEXT_CHARS: usize = 40;
/// Millionths per unit of a charge.
const MILLIONTHS: u128 = 1_000_000;

const SUMS: &str = "\
    SELECT arrow_cast(charge_currency, 'Utf8') AS charge_currency, CAST(sum(calls_with_charge) AS BIGINT) AS charged, \
        CAST(sum(calls_with_unreadable_charge) AS BIGINT) AS unreadable, \
        CAST(sum(charge) AS DECIMAL(38, 6)) AS charge, CAST(max(largest_charge) AS DECIMAL(38, 6)) AS largest \
    FROM call_summary($from, $to, $queue, 'all') WHERE $direction = 'all' OR direction = $direction \
    GROUP BY 1 ORDER BY 1 NULLS LAST";

/// Condition of the calls that count.
const SELECTED: &str = "start_time >= $from AND start_time < $to \
    AND through_queues($queue, queues, voice_call_details) AND ($direction = 'all' OR direction = $direction)";

/// Charges of one currency, in millionths. Credits count by their absolute amount.
struct CurrencyCharges {
    currency: Option<String>,
    /// Sum of the absolute amounts.
    total: i128,
    /// Number of calls with a charge.
    count: i128,
    /// Ids and absolute amounts of the largest charges, largest first.
    largest: Vec<(String, i128)>,
}

/// Returns the notices for a query with these values. It must take from, to and queue.
pub(super) async fn charge_notices(
    session: &LakeSession,
    values: &HashMap<String, ScalarValue>,
) -> Result<Vec<String>, QueryError> {
    let all_directions = ScalarValue::Utf8(Some("all".to_owned()));
    let mut own = HashMap::from([("direction".to_owned(), all_directions)]);
    let used =
        values.iter().filter(|(name, _)| ["from", "to", "queue", "direction"].contains(&name.as_str()));
    own.extend(used.map(|(name, value)| (name.clone(), value.clone())));
    let mut notices = Vec::new();
    let mut unreadable = 0;
    for batch in run(session, SUMS, own.clone()).await? {
        let currencies = batch.column(0).as_string::<i32>();
        let counts = |column: usize| batch.column(column).as_primitive::<Int64Type>();
        let amounts = |column: usize| batch.column(column).as_primitive::<Decimal128Type>();
        for (row, currency) in currencies.iter().enumerate() {
            unreadable += counts(2).value(row);
            let (charge, largest) = (amounts(3).value(row), amounts(4).value(row));
            if counts(1).value(row) > 0 && may_be_dominated(charge, largest) {
                notices.extend(large_charges(session, &own, currency).await?.notice());
            }
        }
    }
    if unreadable > 0 {
        notices.push(unreadable_notice(unreadable, &unreadable_texts(session, own).await?));
    }
    Ok(notices)
}

/// Returns whether some calls may make up a large share of `sum`, in view of the largest charge.
fn may_be_dominated(sum: i128, largest: i128) -> bool {
    largest.saturating_mul(MAX_LARGE_CALLS as i128 * PARTS) > sum.abs()
}

async fn run(
    session: &LakeSession,
    sql: &str,
    values: HashMap<String, ScalarValue>,
) -> Result<Vec<RecordBatch>, QueryError> {
    session.execute_statement(&session.parse(sql)?, sql, values).await?.collect().await
}

/// Reads the largest charges of a currency, and the sum of all.
async fn large_charges(
    session: &LakeSession,
    values: &HashMap<String, ScalarValue>,
    currency: Option<&str>,
) -> Result<CurrencyCharges, QueryError> {
    let mut values = values.clone();
    values.insert("currency".to_owned(), ScalarValue::Utf8(currency.map(str::to_owned)));
    let charged = format!(
        "FROM voice_calls WHERE {SELECTED} AND charge_amount IS NOT NULL \
         AND charge_currency IS NOT DISTINCT FROM $currency"
    );
    let sums = format!("SELECT CAST(sum(abs(charge_amount)) AS DECIMAL(38, 6)), count(*) {charged}");
    let largest = format!(
        "SELECT arrow_cast(engagement_id, 'Utf8'), CAST(abs(charge_amount) AS DECIMAL(38, 6)) {charged} \
         ORDER BY abs(charge_amount) DESC, start_time, engagement_id LIMIT {MAX_LARGE_CALLS}"
    );
    let mut charges =
        CurrencyCharges { currency: currency.map(str::to_owned), total: 0, count: 0, largest: Vec::new() };
    for batch in run(session, &sums, values.clone()).await? {
        charges.total += batch.column(0).as_primitive::<Decimal128Type>().iter().flatten().sum::<i128>();
        charges.count +=
            batch.column(1).as_primitive::<Int64Type>().iter().flatten().map(i128::from).sum::<i128>();
    }
    for batch in run(session, &largest, values).await? {
        let ids = batch.column(0).as_string::<i32>().iter().flatten();
        let amounts = batch.column(1).as_primitive::<Decimal128Type>().iter().flatten();
        charges.largest.extend(ids.map(str::to_owned).zip(amounts));
    }
    Ok(charges)
}

impl CurrencyCharges {
    /// Number of the largest charges to list; 0 if no few calls dominate the total.
    ///
    /// These are the fewest that together exceed a tenth of the total, and all that exceed it each.
    /// They have to be fewer than a tenth of the calls.
    fn dominant(&self) -> usize {
        let is_large = |amount: i128| amount.saturating_mul(PARTS) > self.total;
        let mut sum = 0_i128;
        let together = self.largest.iter().position(|(_, amount)| {
            sum = sum.saturating_add(*amount);
            is_large(sum)
        });
        let each = self.largest.iter().take_while(|(_, amount)| is_large(*amount)).count();
        let Some(together) = together else { return 0 };
        let number = each.max(together + 1);
        if number as i128 * PARTS < self.count { number } else { 0 }
    }

    /// Notice about the charges that dominate the total.
    fn notice(&self) -> Option<String> {
        let large = &self.largest[..self.dominant()];
        if large.is_empty() {
            return None;
        }
        let sum: i128 = large.iter().map(|(_, amount)| amount).sum();
        let permille = sum.saturating_mul(1000) / self.total.max(1);
        let calls = large.iter().map(|(id, amount)| format!("{id} ({})", format_amount(*amount)));
        let (calls, count) = (calls.collect::<Vec<_>>().join(", "), large.len());
        let verb = if count == 1 { "call makes" } else { "calls make" };
        let currency = self.currency.as_deref().unwrap_or("of an unknown currency");
        let of = if self.currency.is_some() { "in " } else { "" };
        Some(format!(
            "{count} {verb} up {}.{} % of the charges {of}{currency}: {calls}",
            permille / 10,
            permille % 10
        ))
    }
}

/// Formats an amount in millionths, with at least two digits after the point.
fn format_amount(millionths: i128) -> String {
    let amount = millionths.unsigned_abs();
    let fraction = format!("{:06}", amount % MILLIONTHS);
    let digits = fraction.trim_end_matches('0').len().max(2);
    format!("{}.{}", amount / MILLIONTHS, &fraction[..digits])
}

/// Reads the most frequent texts of unreadable charges, one more than a notice lists.
async fn unreadable_texts(
    session: &LakeSession,
    values: HashMap<String, ScalarValue>,
) -> Result<Vec<(String, i64)>, QueryError> {
    let sql = format!(
        "SELECT arrow_cast(charge, 'Utf8') AS charge, count(*) AS calls FROM voice_calls WHERE {SELECTED} AND charge_amount IS NULL \
         AND nonblank(charge) IS NOT NULL GROUP BY 1 ORDER BY calls DESC, charge LIMIT {}",
        MAX_TEXTS + 1
    );
    let mut texts = Vec::new();
    for batch in run(session, &sql, values).await? {
        let counts = batch.column(1).as_primitive::<Int64Type>().iter().flatten();
        texts.extend(batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned).zip(counts));
    }
    Ok(texts)
}

/// Notice about unreadable charges, with their texts.
fn unreadable_notice(calls: i64, texts: &[(String, i64)]) -> String {
    let shown = texts.iter().take(MAX_TEXTS).map(|(text, calls)| {
        let cut = text.chars().nth(MAX_TEXT_CHARS).map_or("", |_| "…");
        let text = text.chars().take(MAX_TEXT_CHARS).collect::<String>() + cut;
        if *calls == 1 { format!("{text:?}") } else { format!("{text:?} ({calls})") }
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    let more = if texts.len() > MAX_TEXTS { " and others" } else { "" };
    let have = if calls == 1 { "call has" } else { "calls have" };
    format!("{calls} {have} a charge that cannot be read and is in no sum: {shown}{more}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_lake::{TestLake, call, queue};
    use crate::{Params, QueryLibrary};

    fn charges(count: i128, largest: &[i128], total: i128) -> CurrencyCharges {
        let largest = largest.iter().enumerate().map(|(at, amount)| (format!("c{at}"), *amount)).collect();
        CurrencyCharges { currency: Some("USD".to_owned()), total, count, largest }
    }

    #[test]
    fn few_calls_dominate_more_than_a_tenth() {
        for (count, largest, total, expected) in [
            (100, [5, 4, 3, 2, 1], 100, 3),
            // A tenth is not more than a tenth.
            (100, [5, 5, 0, 0, 0], 100, 0),
            (100, [1, 1, 1, 1, 1], 100, 0),
            (100, [50, 20, 5, 1, 1], 100, 2),
            // Three of thirty calls are as large a part of the calls.
            (30, [5, 4, 3, 2, 1], 100, 0),
            (31, [5, 4, 3, 2, 1], 100, 3),
            (11, [90, 1, 1, 1, 1], 100, 1),
            (10, [90, 1, 1, 1, 1], 100, 0),
            (100, [0, 0, 0, 0, 0], 0, 0),
        ] {
            assert_eq!(charges(count, &largest, total).dominant(), expected, "{count} {largest:?}");
        }
        let notice = charges(100, &[12_500_000, 250, 0, 0, 0], 30_000_000).notice();
        assert_eq!(notice.as_deref(), Some("1 call makes up 41.6 % of the charges in USD: c0 (12.50)"));
    }

    #[test]
    fn amounts_keep_their_digits() {
        assert_eq!(format_amount(12_500_000), "12.50");
        assert_eq!(format_amount(1), "0.000001");
        assert_eq!(format_amount(100_123_400), "100.1234");
    }

    /// Calls of a cent and some other charges.
    fn lake(other: &[&str]) -> TestLake {
        let cents = (0..60).map(|at| (format!("cent{at}"), "$0.01"));
        let other = other.iter().enumerate().map(|(at, charge)| (format!("call{at}"), *charge));
        TestLake::with_calls(cents.chain(other).map(|(id, charge)| {
            call(&id, "2026-11-02T08:00:00Z", json!({"charge": charge, "queues": [queue("Sales")]}))
        }))
    }

    async fn notices(lake: &TestLake, query: &str, more: &[(&str, &str)]) -> Vec<String> {
        let library = QueryLibrary::shipped().unwrap();
        let params =
            [("from", "2026-11-01"), ("to", "2026-12-01")].iter().chain(more).copied().collect::<Params>();
        let answer = lake.session().await.run(library.get(query).unwrap(), &params).await.unwrap();
        assert_eq!(answer.notices(), [""; 0]);
        answer.charge_notices().to_vec()
    }

    #[tokio::test]
    async fn large_and_unreadable_charges_are_listed() {
        let lake = lake(&["$2", "-€7", "free", "free", "n/a", "$0.40", ""]);
        let expected = [
            "2 calls make up 80.0 % of the charges in USD: call0 (2.00), call5 (0.40)",
            "3 calls have a charge that cannot be read and is in no sum: \"free\" (2), \"n/a\"",
        ];
        for query in ["charges", "queue_charges", "top_consumers"] {
            assert_eq!(notices(&lake, query, &[]).await, expected, "{query}");
        }
        assert_eq!(notices(&lake, "charges", &[("queue", "Sales")]).await, expected);
        assert_eq!(notices(&lake, "top_consumers", &[("direction", "outbound")]).await, [""; 0]);
        assert_eq!(notices(&lake, "call_volume", &[]).await, [""; 0]);
    }

    #[tokio::test]
    async fn even_charges_have_no_notice() {
        assert_eq!(notices(&lake(&[]), "charges", &[]).await, [""; 0]);
        assert_eq!(notices(&TestLake::empty(), "charges", &[]).await, [""; 0]);
    }

    #[tokio::test]
    async fn long_texts_are_cut() {
        let long = "x".repeat(100);
        let texts = [long.as_str(), "a", "b", "c", "d", "e"];
        let notices = notices(&lake(&texts), "charges", &[]).await;
        assert!(notices[0].ends_with("\"a\", \"b\", \"c\", \"d\", \"e\" and others"), "{notices:?}");
        let notice = unreadable_notice(1, &[(long.clone(), 1)]);
        assert!(notice.ends_with(&format!("{}…\"", &long[..40])), "{notice}");
    }
}
