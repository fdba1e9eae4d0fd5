//! A page of the API's JSON → calls, and rejects for what cannot be placed.
//!
//! Each record is parsed on its own, so that one which is broken leaves the rest of its page
//! unharmed. A record needs an engagement id and a readable start time to have a place in the lake;
//! everything else may be missing, null, empty, unknown or of the wrong type.

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
use crate::column::{integer, text};
use crate::cursor::Cursor;
use crate::limits::MAX_PAGE_RECORDS;

/// Calls on the API's largest page.
const MAX_API_PAGE_RECORDS: usize = 100;
/// Bytes that a record of the summary view hardly has less than.
const MIN_RECORD_BYTES: usize = 500;

/// What one answer of the endpoint holds.
#[derive(Debug)]
pub struct Page {
    /// Token of the page after this one; `None` on the last.
    pub next_page_token: Option<String>,
    /// First moment of the window, as the API repeats it; `None` if it does not.
    pub from: Option<String>,
    /// End of the window, as the API repeats it; `None` if it does not.
    pub to: Option<String>,
    /// Number of records in all pages of the window, where the API said one that can be read.
    pub total_records: Option<u64>,
    /// The page's calls, in the lake's schema and the page's order.
    pub calls: RecordBatch,
    /// The page's records that have no place in the lake.
    pub rejects: Vec<Reject>,
}

/// Why an answer is not a page. The texts never repeat the answer's values.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PageError {
    /// The answer is not JSON, is cut short, or is not an object with the list `voice_calls`.
    #[error("the answer is not a page of voice calls: {0}")]
    InvalidPage(String),
    /// The calls do not form a record batch; the schema and the columns disagree.
    #[error("the page's calls do not form a record batch")]
    Arrow(#[from] ArrowError),
}

/// Only what paging needs is read of the envelope; the records stay raw text until their turn.
#[derive(Deserialize)]
struct Envelope<'a> {
    next_page_token: Option<Value>,
    total_records: Option<Value>,
    from: Option<Value>,
    to: Option<Value>,
    #[serde(borrow, default, deserialize_with = "bounded")]
    voice_calls: Option<Vec<&'a RawValue>>,
}

/// Decodes one answer of `GET …/contact_center/voice_calls`, fetched at `fetched_at`.
///
/// Bytes that are not UTF-8 are replaced by U+FFFD: they can only stand inside strings.
///
/// # Errors
/// Where the answer is no page at all. A page whose `voice_calls` is null or absent is one only if
/// it also says that there are no records: otherwise records would be lost without a word.
pub fn decode_page(body: &[u8], fetched_at: DateTime<Utc>) -> Result<Page, PageError> {
    decode_page_with(body, fetched_at, &CurrencySymbols::default())
}

/// As [`decode_page`]; charges are read with the currencies of `symbols`.
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

/// JSON as text, with U+FFFD for what is not UTF-8, as [`String::from_utf8_lossy`] has it: that one
/// alone took 14 % of the time of decoding a page, looking at byte after byte, where asking first
/// takes 2 %.
#[must_use]
pub fn utf8_lossy(json: &[u8]) -> Cow<'_, str> {
    str::from_utf8(json).map_or_else(|_| String::from_utf8_lossy(json), Cow::Borrowed)
}

/// A page that is read twice: to find the ends of its records, and record by record.
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
    let total_records = envelope.total_records.as_ref().and_then(count);
    let records = match (envelope.voice_calls, total_records) {
        (Some(records), _) => records,
        (None, Some(0)) => Vec::new(),
        (None, _) => return Err(PageError::InvalidPage("it has no list voice_calls".to_owned())),
    };
    let records = records.iter().map(|record| record.get());
    let (calls, rejects) = decode_records_with(records, fetched_at, symbols)?;
    let next_page_token = envelope.next_page_token.as_ref().and_then(token);
    let (from, to) = (envelope.from.as_ref().and_then(token), envelope.to.as_ref().and_then(token));
    Ok(Page { next_page_token, from, to, total_records, calls, rejects })
}

fn count(value: &Value) -> Option<u64> {
    integer(value).and_then(|number| u64::try_from(number).ok())
}

fn token(value: &Value) -> Option<String> {
    text(value).filter(|token| !token.is_empty())
}

/// The records of a page, which may have [`MAX_PAGE_RECORDS`].
fn bounded<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Vec<&'de RawValue>>, D::Error> {
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

/// A page read in one go, without finding the ends of its records first. `None` where its envelope
/// is anything but plain.
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

/// What a page says around its calls, and what they left.
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
        next_page_token: next_page_token.as_ref().and_then(token),
        from: from.as_ref().and_then(token),
        to: to.as_ref().and_then(token),
        total_records: total_records.as_ref().and_then(count),
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

/// Decodes records, each the JSON text of one call, fetched at `fetched_at`.
///
/// # Errors
/// Where the records have 2 GiB or more in all, and where the schema itself is at fault; whatever
/// else the records hold ends up in calls or rejects.
pub fn decode_records<'a>(
    records: impl IntoIterator<Item = &'a str>,
    fetched_at: DateTime<Utc>,
) -> Result<(RecordBatch, Vec<Reject>), ArrowError> {
    decode_records_with(records, fetched_at, &CurrencySymbols::default())
}

/// As [`decode_records`]; charges are read with the currencies of `symbols`.
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
