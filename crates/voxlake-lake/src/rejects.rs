//! Records without a place in the lake, kept whole, with their reason.
//!
//! One file per window and day of fetching, one JSON object per line. A file's name comes from what
//! it holds, so that the same rejects, met again the same day, are kept once; a record's `id`
//! comes from its text, so that the same record in several files can be counted once.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use voxlake_model::Reject;

use crate::TimeRange;

/// The rejects of one fetched window.
#[derive(Clone, Debug)]
pub struct RejectedWindow {
    /// The window that the API was asked for.
    pub window: TimeRange,
    /// When it was fetched.
    pub fetched_at: DateTime<Utc>,
    /// What had no place.
    pub rejects: Vec<Reject>,
}

#[derive(Serialize)]
struct Line<'a> {
    id: String,
    reason: String,
    fetched_at: DateTime<Utc>,
    window_from: DateTime<Utc>,
    window_to: DateTime<Utc>,
    /// As the API wrote it, or as a string where that is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_text: Option<&'a str>,
}

impl RejectedWindow {
    /// The file's lines and its id; `None` where nothing was rejected.
    pub(crate) fn encode(&self) -> Result<Option<(String, String)>, serde_json::Error> {
        // Line breaks outside strings are only white space, and strings cannot hold them.
        let mut records: Vec<(String, String, String)> = self
            .rejects
            .iter()
            .map(|reject| {
                let record = reject.record.replace(['\n', '\r'], " ");
                (id(&record), reject.reason.to_string(), record)
            })
            .collect();
        records.sort();
        records.dedup();
        if records.is_empty() {
            return Ok(None);
        }
        let file_id = id(&records.iter().map(|(id, ..)| id.as_str()).collect::<String>());
        let mut lines = String::new();
        for (id, reason, record) in &records {
            let json: Result<&RawValue, _> = serde_json::from_str(record);
            let line = Line {
                id: id.clone(),
                reason: reason.clone(),
                fetched_at: self.fetched_at,
                window_from: self.window.from,
                window_to: self.window.to,
                record: json.as_ref().ok().copied(),
                record_text: json.is_err().then_some(record),
            };
            lines.push_str(&serde_json::to_string(&line)?);
            lines.push('\n');
        }
        Ok(Some((file_id, lines)))
    }
}

/// Sixteen hex digits of the text's SHA-256.
fn id(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
