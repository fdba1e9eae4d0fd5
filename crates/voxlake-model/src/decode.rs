//! Decoding of API pages into calls and rejects.
//!
//! Each record is parsed on its own, so an invalid one does not affect the rest of its page. A
//! record needs an engagement id and a valid start time to be stored. Everything else may be
//! missing, null, empty, unknown or of another type.

use std::borrow::Cow;
use std::fmt;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use thiserror::Error;

use crate::Reject;
use crate::call_batch::CallBatchBuilder;
use crate::charge::CurrencySymbols;
use crate::column::{to_integer, to_text};
use crate::cursor::Cursor;
use crate::limits::MAX_PAGE_RECORDS;

/// Maximum calls of a page of the API.
const MAX_API_PAGE_RECORDS: usize = 100;
/// Size that few records of the summary view fall below.
const MIN_RECORD_BYTES: usize = 500;

/// Content of one response of the endpoint.
#[derive(Debug)]
pub struct Page {
    /// Token of the next page. `None` on the last page.
    pub next_page_token: Option<String>,
    /// Start of the window according to the API. `None` if it is missing.
    pub from: Option<String>,
    /// End of the window according to the API. `None` if it is missing.
    pub to: Option<String>,
    /// Number of records in all pages of the window. `None` if it is missing or invalid.
    pub total_records: Option<u64>,
    /// Calls of the page in the lake's schema and the page's order.
    pub calls: RecordBatch,
    /// Records of the page that cannot be stored as calls.
    pub rejects: Vec<Reject>,
}

/// Reason why a response is not a page. The texts never repeat values of the response.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PageError {
    /// The response is not JSON, is truncated, or is not an object with the list `voice_calls`.
    #[error("the response is not a page of voice calls: {0}")]
    InvalidPage(String),
    /// The calls do not form a record batch: the schema and the columns disagree.
    #[error("the page's calls do not form a record batch")]
    Arrow(#[from] ArrowError),
}

/// Fields around the records that paging needs. The records are parsed one by one later.
#[derive(Deserialize)]
struct Envelope<'a> {
    next_page_token: Option<Value>,
    total_records: Option<Value>,
    from: Option<Value>,
    to: Option<Value>,
    #[serde(borrow, default, deserialize_with = "deserialize_records")]
    voice_calls: Option<Vec<&'a RawValue>>,
}

/// Decodes a response of `GET …/contact_center/voice_calls` that was fetched at `fetched_at`.
///
/// Bytes that are not UTF-8 are replaced by U+FFFD. In JSON they can only occur within strings.
///
/// # Errors
/// [`PageError::InvalidPage`] if the response is not a page. If `voice_calls` is null or missing,
/// the response is a page only if it says that there are no records; otherwise records could be
/// lost silently.
pub fn decode_page(body: &[u8], fetched_at: DateTime<Utc>) -> Result<Page, PageError> {
    decode_page_with(body, fetched_at, &CurrencySymbols::default())
}

/// Decodes a response like [`decode_page`], with the currencies of `symbols`.
///
/// # Errors
/// As [`decode_page`].
pub fn decode_page_with(
    body: &[u8],
    fetched_at: DateTime<Utc>,
    symbols: &CurrencySymbols,
) -> Result<Page, PageError> {
    let body = utf8_lossy(body);
    decode_page_fast(&body, fetched_at, symbols)?
        .map_or_else(|| decode_page_slow(&body, fetched_at, symbols), Ok)
}

/// Converts JSON to text like [`String::from_utf8_lossy`], with U+FFFD for invalid bytes.
///
/// Valid text, the usual case, is checked first. `from_utf8_lossy` alone inspects byte by byte and
/// took 14 % of the time of decoding a page; with the check it is 2 %.
#[must_use]
pub fn utf8_lossy(json: &[u8]) -> Cow<'_, str> {
    str::from_utf8(json).map_or_else(|_| String::from_utf8_lossy(json), Cow::Borrowed)
}

/// Decodes a page in two passes: one finds the ends of its records, the other parses each record.
fn decode_page_slow(
    body: &str,
    fetched_at: DateTime<Utc>,
    symbols: &CurrencySymbols,
) -> Result<Page, PageError> {
    let envelope: Envelope<'_> = serde_json::from_str(body).map_err(|error| {
        PageError::InvalidPage(format!(
            "{:?} error at line {}, column {}",
            error.classify(),
            error.line(),
            error.column()
        ))
    })?;
    let total_records = envelope.total_records.as_ref().and_then(to_count);
    let records = match (envelope.voice_calls, total_records) {
        (Some(records), _) => records,
        (None, Some(0)) => Vec::new(),
        (None, _) => return Err(PageError::InvalidPage("it has no voice_calls".to_owned())),
    };
    let records = records.iter().map(|record| record.get());
    let (calls, rejects) = decode_records_with(records, fetched_at, symbols)?;
    let next_page_token = envelope.next_page_token.as_ref().and_then(to_token);
    let (from, to) = (envelope.from.as_ref().and_then(to_token), envelope.to.as_ref().and_then(to_token));
    Ok(Page { next_page_token, from, to, total_records, calls, rejects })
}

fn to_count(value: &Value) -> Option<u64> {
    to_integer(value).and_then(|number| u64::try_from(number).ok())
}

fn to_token(value: &Value) -> Option<String> {
    to_text(value).filter(|token| !token.is_empty())
}

/// Deserializes the records of a page, at most [`MAX_PAGE_RECORDS`].
fn deserialize_records<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Vec<&'de RawValue>>, D::Error> {
    struct Records;
    impl<'de> Visitor<'de> for Records {
        type Value = Option<Vec<&'de RawValue>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of records")
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
            json.deserialize_seq(self)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
            let mut records = Vec::new();
            while let Some(record) = values.next_element()? {
                if records.len() == MAX_PAGE_RECORDS {
                    return Err(A::Error::custom("too many records"));
                }
                records.push(record);
            }
            Ok(Some(records))
        }
    }
    json.deserialize_option(Records)
}

/// Decodes a page in one pass. `None` if its envelope has an unusual form.
fn decode_page_fast(
    body: &str,
    fetched_at: DateTime<Utc>,
    symbols: &CurrencySymbols,
) -> Result<Option<Page>, ArrowError> {
    let mut calls = CallBatchBuilder::new(MAX_API_PAGE_RECORDS.min(body.len() / MIN_RECORD_BYTES), symbols)?;
    calls.add_json_bytes(body.len())?;
    let mut json = Cursor::new(body);
    let Some(DecodedEnvelope { next_page_token, from, to, total_records, rejects }) =
        decode_envelope_fast(&mut json, &mut calls)
    else {
        return Ok(None);
    };
    let calls = calls.finish(fetched_at)?;
    Ok(Some(Page { next_page_token, from, to, total_records, calls, rejects }))
}

/// Fields around the calls of a page, and the rejected records.
struct DecodedEnvelope {
    next_page_token: Option<String>,
    from: Option<String>,
    to: Option<String>,
    total_records: Option<u64>,
    rejects: Vec<Reject>,
}

fn decode_envelope_fast(json: &mut Cursor<'_>, calls: &mut CallBatchBuilder) -> Option<DecodedEnvelope> {
    let (mut next_page_token, mut from, mut to) = (None, None, None);
    let (mut total_records, mut rejects) = (None, None);
    json.require(b'{')?;
    loop {
        let name = json.string()?;
        json.require(b':')?;
        match &*name {
            "next_page_token" if next_page_token.is_none() => next_page_token = Some(json.shallow_value()?),
            "from" if from.is_none() => from = Some(json.shallow_value()?),
            "to" if to.is_none() => to = Some(json.shallow_value()?),
            "total_records" if total_records.is_none() => total_records = Some(json.shallow_value()?),
            "voice_calls" if rejects.is_none() => rejects = Some(decode_records_fast(json, calls)?),
            "next_page_token" | "from" | "to" | "total_records" | "voice_calls" => return None,
            _ => {
                json.value::<IgnoredAny>()?;
            }
        }
        if !json.skip(b',') {
            break;
        }
    }
    json.require(b'}')?;
    json.is_at_end().then_some(DecodedEnvelope {
        next_page_token: next_page_token.as_ref().and_then(to_token),
        from: from.as_ref().and_then(to_token),
        to: to.as_ref().and_then(to_token),
        total_records: total_records.as_ref().and_then(to_count),
        rejects: rejects?,
    })
}

fn decode_records_fast(json: &mut Cursor<'_>, calls: &mut CallBatchBuilder) -> Option<Vec<Reject>> {
    let (mut records, mut rejects) = (0, Vec::new());
    json.require(b'[')?;
    if json.skip(b']') {
        return Some(rejects);
    }
    loop {
        if let Err((reason, record)) = calls.append_next(json)? {
            rejects.push(Reject { reason, record: record.to_owned() });
        }
        records += 1;
        if records > MAX_PAGE_RECORDS {
            return None;
        }
        if !json.skip(b',') {
            break;
        }
    }
    json.require(b']')?;
    Some(rejects)
}

/// Decodes records, each the JSON text of one call, that were fetched at `fetched_at`.
///
/// # Errors
/// If the records have 2 GiB or more in total, or if the schema itself is invalid. Invalid records
/// are returned as rejects.
pub fn decode_records<'a>(
    records: impl IntoIterator<Item = &'a str>,
    fetched_at: DateTime<Utc>,
) -> Result<(RecordBatch, Vec<Reject>), ArrowError> {
    decode_records_with(records, fetched_at, &CurrencySymbols::default())
}

/// Decodes records like [`decode_records`], with the currencies of `symbols`.
///
/// # Errors
/// As [`decode_records`].
pub fn decode_records_with<'a>(
    records: impl IntoIterator<Item = &'a str>,
    fetched_at: DateTime<Utc>,
    symbols: &CurrencySymbols,
) -> Result<(RecordBatch, Vec<Reject>), ArrowError> {
    let records = records.into_iter();
    let (mut calls, mut rejects) = (CallBatchBuilder::new(records.size_hint().0, symbols)?, Vec::new());
    for record in records {
        calls.add_json_bytes(record.len())?;
        if let Err(reason) = calls.append(record) {
            rejects.push(Reject { reason, record: record.to_owned() });
        }
    }
    Ok((calls.finish(fetched_at)?, rejects))
}

#[cfg(test)]
mod tests;
