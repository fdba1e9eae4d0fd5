//! One look at an account: what its token may do, how its clock stands, what its answers look like.

use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use serde_json::value::RawValue;
use voxlake_lake::TimeRange;
use voxlake_model::{decode_page, schema};

use crate::answer::{header, page_error, server_time};
use crate::client::{PageQuery, check_count};
use crate::{ApiClient, Budget, FetchError, Names};

/// Records that are looked at.
const LOOKED_AT: u32 = 100;

/// What a token request gave.
#[derive(Clone, Debug)]
pub struct Access {
    /// The token's scopes, where the endpoint says.
    pub scopes: Option<Vec<String>>,
}

/// What one page of the call log showed.
#[derive(Clone, Debug)]
pub struct Sight {
    /// How long the answer took.
    pub took: Duration,
    /// By how much the server's clock is ahead of ours, to the second; `None` where it does not
    /// say.
    pub skew: Option<TimeDelta>,
    /// Records that the API counts in the window.
    pub total_records: Option<u64>,
    /// Records on the page, and those of them without a place in the lake.
    pub records: usize,
    /// Records of the page that have no place in the lake.
    pub rejects: usize,
    /// Records of the page with details of their legs.
    pub with_legs: usize,
    /// Fields of records that the lake has no column for; kept in `extra`.
    pub unknown_fields: Vec<String>,
    /// Ids of the first two queues on the page.
    pub queue_ids: Vec<String>,
    /// The API's limits as its headers name them, such as `Daily-limit: 29,996 of 30,000 left`.
    pub limit: Option<String>,
}

impl ApiClient {
    /// Asks for a token.
    ///
    /// # Errors
    /// Whatever a token is refused by.
    pub async fn access(&self) -> Result<Access, FetchError> {
        let token = self.token().await?;
        let scopes = token.scope().map(|scopes| {
            scopes
                .split_whitespace()
                .map(|scope| self.tokens.secrets.redacted(scope, Some(token.secret())))
                .collect()
        });
        Ok(Access { scopes })
    }

    /// Asks for one page of the 24 hours before now, once.
    ///
    /// # Errors
    /// Whatever the request fails by.
    pub async fn look(&self, budget: &Budget) -> Result<Sight, FetchError> {
        let token = self.token().await?;
        let to = self.clock.now();
        let window = TimeRange { from: to - TimeDelta::hours(24), to };
        let left_at = Instant::now();
        let query = PageQuery { window, filter: &Vec::new() };
        let answer = self.send(budget, &query, None, LOOKED_AT, &token).await?;
        let redacted = |text: &str| self.tokens.secrets.redacted(text, Some(token.secret()));
        let (took, now) = (left_at.elapsed(), self.clock.local());
        if !answer.status.is_success() {
            return Err(page_error(answer.status, &answer.headers, &answer.body, now, redacted));
        }
        let page = decode_page(&answer.body, now)?;
        check_count(&page)?;
        let records = records(&answer.body);
        Ok(Sight {
            took,
            skew: server_time(&answer.headers).map(|server| skew(server, now)),
            total_records: page.total_records,
            records: page.calls.num_rows() + page.rejects.len(),
            rejects: page.rejects.len(),
            with_legs: records.iter().filter(|record| has_legs(record)).count(),
            unknown_fields: unknown_fields(&records).iter().map(|name| redacted(name)).collect(),
            queue_ids: queue_ids(&page.calls),
            limit: limit(&answer.headers).map(|limit| redacted(&limit)),
        })
    }
}

/// The `Date` header has whole seconds, so less than one says nothing.
fn skew(server: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
    TimeDelta::seconds((server - now).num_seconds())
}

fn records(body: &[u8]) -> Vec<Value> {
    #[derive(serde::Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        voice_calls: Vec<&'a RawValue>,
    }
    let body = String::from_utf8_lossy(body);
    let page: Option<Page<'_>> = serde_json::from_str(&body).ok();
    let records = page.into_iter().flat_map(|page| page.voice_calls);
    records.filter_map(|record| serde_json::from_str(record.get()).ok()).collect()
}

fn queue_ids(calls: &RecordBatch) -> Vec<String> {
    let mut names = Names::default();
    names.add(calls);
    let mut ids: Vec<String> = names.queues.into_iter().map(|(id, _)| id).collect();
    ids.dedup();
    ids.truncate(2);
    ids
}

fn has_legs(record: &Value) -> bool {
    record.get(schema::VOICE_CALL_DETAILS).and_then(Value::as_array).is_some_and(|legs| !legs.is_empty())
}

fn unknown_fields(records: &[Value]) -> Vec<String> {
    let schema = schema::voice_calls();
    let fields = records.iter().filter_map(Value::as_object).flat_map(|record| record.keys());
    let mut unknown: Vec<String> =
        fields.filter(|field| schema.index_of(field).is_err()).map(ToOwned::to_owned).collect();
    unknown.sort();
    unknown.dedup();
    unknown
}

fn limit(headers: &reqwest::header::HeaderMap) -> Option<String> {
    let kind = header(headers, "X-RateLimit-Type")?;
    let left = header(headers, "X-RateLimit-Remaining")?;
    let limit = header(headers, "X-RateLimit-Limit")?;
    Some(format!("{kind}: {left} of {limit} left"))
}
