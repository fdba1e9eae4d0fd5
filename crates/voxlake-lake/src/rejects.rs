//! Rejects: records that cannot be stored as calls, kept whole with the reason.
//!
//! There is one file per window or imported file and per day of the fetch, with one JSON object per
//! line. The file name is a hash of its rejects, so the same rejects, fetched again on the same
//! day, are stored once. A record's `id` is a hash of its text, so that the same record in several
//! files counts once.

use std::collections::BTreeSet;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;
use voxlake_model::Reject;

use crate::error::{LakeError, StoreContext as _};
use crate::{Lake, MAX_CONCURRENT_REQUESTS, TimeRange, WriterLock, layout, sha256_hex};

/// Source of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RejectSource {
    /// Window of a fetch.
    Window(TimeRange),
    /// Name of an imported file.
    File(String),
}

/// Rejected records of one source.
#[derive(Clone, Debug)]
pub struct RejectBatch {
    /// Source of the records.
    pub source: RejectSource,
    /// Time of the fetch.
    pub fetched_at: DateTime<Utc>,
    /// The records, each with its reason.
    pub rejects: Vec<Reject>,
}

/// A rejected record in the lake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReject {
    /// Hash of the record's text: 16 hexadecimal digits.
    pub id: String,
    /// Reason of the rejection. It contains nothing of the record.
    pub reason: String,
    /// Time of the fetch.
    pub fetched_at: DateTime<Utc>,
    /// Source of the record. `None` if its line does not contain it.
    pub source: Option<RejectSource>,
    /// The whole record. It contains personal data.
    pub record: String,
}

/// Error of selecting rejects by prefixes of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RejectIdError {
    /// No reject has the id.
    #[error("there is no reject {id:?}: `voxlake rejects list` shows the ids")]
    Unknown {
        /// Id, or prefix of an id.
        id: String,
    },
    /// Several rejects have ids with this prefix.
    #[error("{id:?} matches {matches} rejects: give a longer prefix")]
    Ambiguous {
        /// Prefix of ids.
        id: String,
        /// Number of rejects.
        matches: usize,
    },
}

/// Selects the rejects with the given ids or prefixes of ids. Each has to match exactly one.
///
/// # Errors
/// [`RejectIdError`] for an id that matches no reject, or several.
pub fn select_rejects(
    rejects: Vec<StoredReject>,
    ids: &[String],
) -> Result<Vec<StoredReject>, RejectIdError> {
    for id in ids {
        match rejects.iter().filter(|reject| reject.id.starts_with(id.as_str())).count() {
            0 => return Err(RejectIdError::Unknown { id: id.clone() }),
            1 => {}
            matches => return Err(RejectIdError::Ambiguous { id: id.clone(), matches }),
        }
    }
    let is_selected = |reject: &StoredReject| ids.iter().any(|id| reject.id.starts_with(id.as_str()));
    Ok(rejects.into_iter().filter(is_selected).collect())
}

/// Line of a file of rejects.
#[derive(Serialize, Deserialize)]
struct RejectLine {
    id: String,
    reason: String,
    fetched_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window_from: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window_to: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The record, if it is JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record: Option<Box<RawValue>>,
    /// The record, if it is not JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record_text: Option<String>,
}

impl RejectLine {
    fn into_reject(self) -> StoredReject {
        let window = self.window_from.zip(self.window_to).map(|(from, to)| TimeRange { from, to });
        let record = self.record.map(|record| record.get().to_owned());
        StoredReject {
            id: self.id,
            reason: self.reason,
            fetched_at: self.fetched_at,
            source: window.map(RejectSource::Window).or(self.file.map(RejectSource::File)),
            // A record that is the JSON `null` deserializes as if it were absent.
            record: record.or(self.record_text).unwrap_or_else(|| "null".to_owned()),
        }
    }
}

impl RejectBatch {
    /// Returns the id of the file and its lines. `None` without rejects.
    fn encode(&self) -> Result<Option<(String, String)>, serde_json::Error> {
        // In JSON, line breaks outside of strings are white space, and strings cannot contain them.
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
        let (window, file) = match &self.source {
            RejectSource::Window(window) => (Some(*window), None),
            RejectSource::File(name) => (None, Some(name)),
        };
        let mut lines = String::new();
        for (id, reason, record) in records {
            let json = RawValue::from_string(record.clone()).ok();
            let line = RejectLine {
                id,
                reason,
                fetched_at: self.fetched_at,
                window_from: window.map(|window| window.from),
                window_to: window.map(|window| window.to),
                file: file.cloned(),
                record_text: json.is_none().then_some(record),
                record: json,
            };
            lines.push_str(&serde_json::to_string(&line)?);
            lines.push('\n');
        }
        Ok(Some((file_id, lines)))
    }
}

impl Lake {
    /// Stores rejected records. The same rejects, fetched again on the same day, are stored once.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn write_rejects(&self, lock: &WriterLock, rejected: &RejectBatch) -> Result<(), LakeError> {
        let Some((id, lines)) = rejected.encode().context("encode", "rejects")? else { return Ok(()) };
        self.replace(lock, &layout::rejects(rejected.fetched_at, &id), Bytes::from(lines)).await
    }

    /// Returns the rejected records, each once, in the order of their fetches. Malformed lines are
    /// logged, ignored and kept.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn rejects(&self) -> Result<Vec<StoredReject>, LakeError> {
        let files = self.reject_files().await?;
        let mut files = stream::iter(files)
            .map(|path| async move { self.reject_lines(&path).await })
            .buffered(MAX_CONCURRENT_REQUESTS);
        let mut kept = Vec::new();
        while let Some(lines) = files.try_next().await? {
            kept.extend(lines.into_iter().filter_map(|(_, reject)| reject));
        }
        kept.sort_by(|a, b| (a.fetched_at, &a.id).cmp(&(b.fetched_at, &b.id)));
        let mut seen = BTreeSet::new();
        kept.retain(|reject| seen.insert(reject.id.clone()));
        Ok(kept)
    }

    /// Deletes the rejects with these ids from all files, for example once they could be stored as
    /// calls.
    ///
    /// # Errors
    /// As [`Lake::rejects`], and if a file cannot be written.
    pub async fn delete_rejects(&self, lock: &WriterLock, ids: &BTreeSet<String>) -> Result<(), LakeError> {
        for path in self.reject_files().await? {
            let lines = self.reject_lines(&path).await?;
            let count = lines.len();
            let left: Vec<String> = lines
                .into_iter()
                .filter(|(_, reject)| reject.as_ref().is_none_or(|reject| !ids.contains(&reject.id)))
                .map(|(line, _)| line)
                .collect();
            if left.is_empty() {
                self.delete_file(lock, &path).await?;
            } else if left.len() < count {
                self.replace(lock, &path, Bytes::from(left.join("\n") + "\n")).await?;
            }
        }
        Ok(())
    }

    async fn reject_files(&self) -> Result<Vec<Path>, LakeError> {
        let folder = Path::from(layout::REJECTS);
        let files = self.store().list(Some(&folder)).map_ok(|meta| meta.location);
        let mut files: Vec<Path> = files.try_collect().await.context("list", folder.as_ref())?;
        files.retain(|path| path.extension() == Some(layout::REJECTS_EXTENSION));
        files.sort();
        Ok(files)
    }

    /// Returns the lines of a file, each with its reject if it is well-formed.
    async fn reject_lines(&self, path: &Path) -> Result<Vec<(String, Option<StoredReject>)>, LakeError> {
        let bytes = self.store().get(path).await.context("read", path.as_ref())?;
        let bytes = bytes.bytes().await.context("read", path.as_ref())?;
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let read = lines.map(|(at, line)| {
            let reject = serde_json::from_str::<RejectLine>(line).ok().map(RejectLine::into_reject);
            if reject.is_none() {
                // The parser's message could repeat content of the record.
                tracing::warn!("ignoring line {} of {path}: it is not a reject", at + 1);
            }
            (line.to_owned(), reject)
        });
        Ok(read.collect())
    }
}

/// Hash of a text: 16 hexadecimal digits.
fn id(text: &str) -> String {
    sha256_hex(text, 16)
}

#[cfg(test)]
mod tests {
    use voxlake_model::RejectReason;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn reject(reason: RejectReason, record: &str) -> Reject {
        Reject { reason, record: record.to_owned() }
    }

    #[test]
    fn selection_takes_unique_prefixes() {
        let stored = |id: &str| StoredReject {
            id: id.to_owned(),
            reason: String::new(),
            fetched_at: DateTime::UNIX_EPOCH,
            source: None,
            record: String::new(),
        };
        let select = |ids: &[&str]| {
            let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
            select_rejects(vec![stored("1f3a"), stored("1f4b"), stored("20c0")], &ids)
        };
        let selected = select(&["1f4", "2"]).unwrap();
        assert_eq!(selected.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["1f4b", "20c0"]);
        assert_eq!(
            select(&["1f"]).unwrap_err(),
            RejectIdError::Ambiguous { id: "1f".to_owned(), matches: 2 }
        );
        assert_eq!(select(&["3"]).unwrap_err(), RejectIdError::Unknown { id: "3".to_owned() });
    }

    #[tokio::test]
    async fn stores_rejects_once_and_deletes_them() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock(at("2026-11-03T00:00:00Z")).await.unwrap();
        assert_eq!(lake.rejects().await.unwrap(), []);
        let window = RejectSource::Window(TimeRange {
            from: at("2026-11-01T00:00:00Z"),
            to: at("2026-11-02T00:00:00Z"),
        });
        let records = ["{\n\"engagement_id\": \"x\",\n\"n\": 1.50}", r#"{"a": "\ud800"}"#, "null", "null"];
        let rejected = RejectBatch {
            source: window.clone(),
            fetched_at: at("2026-11-03T10:00:00Z"),
            rejects: vec![
                reject(RejectReason::NoStartTime, records[0]),
                reject(RejectReason::InvalidJson, records[1]),
                reject(RejectReason::NotAnObject, records[2]),
                reject(RejectReason::NotAnObject, records[3]),
            ],
        };
        lake.write_rejects(&lock, &rejected).await.unwrap();
        lake.write_rejects(&lock, &rejected).await.unwrap();
        let file = RejectBatch {
            source: RejectSource::File("calls.ndjson".to_owned()),
            fetched_at: at("2026-11-04T10:00:00Z"),
            rejects: vec![reject(RejectReason::NotAnObject, "null"), reject(RejectReason::NotAnObject, "7")],
        };
        lake.write_rejects(&lock, &file).await.unwrap();
        let files = std::fs::read_dir(folder.path().join("rejects/2026-11-03")).unwrap();
        assert_eq!(files.count(), 1);

        let kept = lake.rejects().await.unwrap();
        let mut texts: Vec<&str> = kept.iter().map(|reject| reject.record.as_str()).collect();
        texts.sort_unstable();
        let whole = "{ \"engagement_id\": \"x\", \"n\": 1.50}";
        assert_eq!(texts, ["7", "null", whole, r#"{"a": "\ud800"}"#]);
        let by_text = |text: &str| kept.iter().find(|reject| reject.record == text).unwrap();
        assert_eq!(by_text(whole).reason, "the record has no start_time");
        assert_eq!(by_text("null").source, Some(window));
        assert_eq!(by_text("7").source, Some(file.source));

        let placed = BTreeSet::from([by_text(whole).id.clone(), by_text("null").id.clone()]);
        lake.delete_rejects(&lock, &placed).await.unwrap();
        let left: Vec<String> =
            lake.rejects().await.unwrap().into_iter().map(|reject| reject.record).collect();
        assert_eq!(left, [r#"{"a": "\ud800"}"#, "7"]);
        let all = lake.rejects().await.unwrap().into_iter().map(|reject| reject.id).collect();
        lake.delete_rejects(&lock, &all).await.unwrap();
        assert_eq!(lake.rejects().await.unwrap(), []);
    }

    #[tokio::test]
    async fn malformed_lines_are_ignored_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock(at("2026-11-03T00:00:00Z")).await.unwrap();
        let rejects = folder.path().join("rejects/2026-11-03");
        std::fs::create_dir_all(&rejects).unwrap();
        std::fs::write(rejects.join("notes.txt"), "not ours").unwrap();
        assert_eq!(lake.rejects().await.unwrap(), []);
        let line = r#"{"id": "1", "reason": "r", "fetched_at": "2026-11-03T00:00:00Z", "record": {}}"#;
        let bad = r#"{"record": "+12055550100"}"#;
        std::fs::write(rejects.join("a.ndjson"), format!("\n{bad}\n{line}\n")).unwrap();
        let kept = lake.rejects().await.unwrap();
        assert_eq!(kept.iter().map(|reject| reject.id.as_str()).collect::<Vec<_>>(), ["1"]);
        lake.delete_rejects(&lock, &BTreeSet::from(["1".to_owned()])).await.unwrap();
        assert_eq!(std::fs::read_to_string(rejects.join("a.ndjson")).unwrap(), format!("{bad}\n"));
    }
}
