//! Checks of an account: scopes of its token, clock skew, and a sample of its records.

use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use serde_json::value::RawValue;
use voxlake_lake::TimeRange;
use voxlake_model::{decode_page, schema};

use crate::client::{PageQuery, check_total};
use crate::response_error::{header, page_error, server_time};
use crate::{ApiClient, Budget, EntityNames, FetchError};

/// Records in the sample.
const SAMPLE_SIZE: u32 = 100;

/// Properties of an access token.
#[derive(Clone, Debug)]
pub struct TokenInfo {
    /// Scopes of the token; `None` if the endpoint does not name them.
    pub scopes: Option<Vec<String>>,
}

/// Findings from one page of the call log.
#[derive(Clone, Debug)]
pub struct ProbeResult {
    /// Response time.
    pub latency: Duration,
    /// Time that the server's clock is ahead of the local one, in whole seconds; `None` if the
    /// response does not name its time.
    pub skew: Option<TimeDelta>,
    /// Records that the API counts in the window.
    pub total_records: Option<u64>,
    /// Records on the page.
    pub records: usize,
    /// Records on the page that cannot be stored as calls.
    pub rejects: usize,
    /// Records on the page with legs.
    pub with_legs: usize,
    /// Fields without a column in the lake; they are stored in `extra`.
    pub unknown_fields: Vec<String>,
    /// Ids of the first two queues on the page.
    pub queue_ids: Vec<String>,
    /// Limit that the response headers name, such as `Daily-limit: 29,996 of 30,000 left`.
    pub limit: Option<String>,
}

impl ApiClient {
    /// Requests an access token and returns its properties.
    ///
    /// # Errors
    /// [`FetchError::InvalidCredentials`] and other errors of the token request.
    pub async fn token_info(&self) -> Result<TokenInfo, FetchError> {
        let token = self.token().await?;
        let scopes = token.scope().map(|scopes| {
            scopes
                .split_whitespace()
                .map(|scope| self.tokens.secrets.redact(scope, Some(token.secret())))
                .collect()
        });
        Ok(TokenInfo { scopes })
    }

    /// Requests one page of the past 24 hours, without retries.
    ///
    /// # Errors
    /// The error of the request.
    pub async fn probe(&self, budget: &Budget) -> Result<ProbeResult, FetchError> {
        let token = self.token().await?;
        let to = self.clock.now();
        let window = TimeRange { from: to - TimeDelta::hours(24), to };
        let sent_at = Instant::now();
        let query = PageQuery { window, filter: &Vec::new() };
        let answer = self.send(budget, &query, None, SAMPLE_SIZE, &token).await?;
        let redacted = |text: &str| self.tokens.secrets.redact(text, Some(token.secret()));
        let (latency, now) = (sent_at.elapsed(), self.clock.local());
        if !answer.status.is_success() {
            return Err(page_error(answer.status, &answer.headers, &answer.body, now, redacted));
        }
        let page = decode_page(&answer.body, now)?;
        check_total(&page)?;
        let records = records(&answer.body);
        Ok(ProbeResult {
            latency,
            skew: server_time(&answer.headers).map(|server| clock_skew(server, now)),
            total_records: page.total_records,
            records: page.calls.num_rows() + page.rejects.len(),
            rejects: page.rejects.len(),
            with_legs: records.iter().filter(|record| has_legs(record)).count(),
            unknown_fields: unknown_fields(&records).iter().map(|name| redacted(name)).collect(),
            queue_ids: queue_ids(&page.calls),
            limit: rate_limit_text(&answer.headers).map(|limit| redacted(&limit)),
        })
    }
}

/// Returns the difference in whole seconds, the precision of the `Date` header.
fn clock_skew(server: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
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
    let mut names = EntityNames::default();
    names.add_calls(calls);
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

fn rate_limit_text(headers: &reqwest::header::HeaderMap) -> Option<String> {
    let kind = header(headers, "X-RateLimit-Type")?;
    let left = header(headers, "X-RateLimit-Remaining")?;
    let limit = header(headers, "X-RateLimit-Limit")?;
    Some(format!("{kind}: {left} of {limit} left"))
}
