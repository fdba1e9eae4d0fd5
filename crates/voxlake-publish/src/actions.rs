//! Lines of a commit in the log of a Delta table.
//!
//! The commits are written here and not by `delta_kernel`: they then have the time of the caller's
//! clock, change files and schema in one step, and use the lowest protocol version, which all
//! readers support. `docs/adr/0040-delta-tables.md` has the reasons.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use voxlake_lake::{DayFile, DayFooter};
use voxlake_model::schema::START_TIME;

use crate::schema::DATE;

/// Application whose transactions mark the versions of this crate.
pub(crate) const APPLICATION: &str = "voxlake";
/// Name of the table.
const TABLE_NAME: &str = "voice_calls";
/// Program that wrote a commit.
const ENGINE: &str = concat!("Voxlake/", env!("CARGO_PKG_VERSION"));

/// One line of a commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Action {
    CommitInfo(CommitInfo),
    Protocol(Protocol),
    MetaData(Metadata),
    Txn(Transaction),
    Add(AddFile),
    Remove(RemoveFile),
}

/// Description of a commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommitInfo {
    /// Milliseconds since 1970.
    pub(crate) timestamp: i64,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    operation_parameters: BTreeMap<String, String>,
    #[serde(default)]
    engine_info: String,
}

/// Versions of the protocol that readers and writers must support.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Protocol {
    min_reader_version: u32,
    min_writer_version: u32,
}

/// Schema and settings of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) id: String,
    name: String,
    format: FileFormat,
    /// The schema as JSON text.
    pub(crate) schema_string: String,
    partition_columns: Vec<String>,
    /// Milliseconds since 1970.
    pub(crate) created_time: i64,
    pub(crate) configuration: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct FileFormat {
    provider: String,
    options: BTreeMap<String, String>,
}

impl Metadata {
    pub(crate) fn new(
        id: String,
        created_time: i64,
        schema_string: String,
        configuration: BTreeMap<String, String>,
    ) -> Self {
        Self {
            id,
            name: TABLE_NAME.to_owned(),
            format: FileFormat { provider: "parquet".to_owned(), options: BTreeMap::new() },
            schema_string,
            partition_columns: vec![DATE.to_owned()],
            created_time,
            configuration,
        }
    }
}

/// Last transaction of an application. It has the version of the commit, so the newest commit is
/// that of the application if they are equal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transaction {
    app_id: String,
    version: u64,
    last_updated: i64,
}

/// File that the version adds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddFile {
    pub(crate) path: String,
    partition_values: BTreeMap<String, String>,
    size: u64,
    /// Milliseconds since 1970.
    modification_time: i64,
    data_change: bool,
    /// [`Statistics`] as JSON text.
    stats: String,
}

/// Statistics of a file, with which readers skip it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    num_records: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    min_values: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    max_values: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    null_count: BTreeMap<&'static str, u64>,
}

/// File that the version no longer has.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RemoveFile {
    pub(crate) path: String,
    /// Milliseconds since 1970.
    deletion_timestamp: i64,
    data_change: bool,
    extended_file_metadata: bool,
    partition_values: BTreeMap<String, String>,
    size: u64,
}

impl AddFile {
    pub(crate) fn new(path: String, day: &DayFile, footer: &DayFooter) -> Self {
        let values = |at: Option<DateTime<Utc>>| {
            let text = at.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true));
            text.map(|text| (START_TIME, text)).into_iter().collect::<BTreeMap<_, _>>()
        };
        let stats = Statistics {
            num_records: footer.rows,
            min_values: values(footer.first_start),
            max_values: values(footer.last_start),
            null_count: footer.first_start.map(|_| (START_TIME, 0)).into_iter().collect(),
        };
        Self {
            path,
            partition_values: partition_of(day.date),
            size: day.meta.size,
            modification_time: day.meta.last_modified.timestamp_millis(),
            data_change: true,
            // Texts and numbers: serialization cannot fail.
            stats: serde_json::to_string(&stats).unwrap_or_default(),
        }
    }
}

impl RemoveFile {
    pub(crate) fn new(path: String, date: NaiveDate, size: u64, now: DateTime<Utc>) -> Self {
        Self {
            path,
            deletion_timestamp: now.timestamp_millis(),
            data_change: true,
            extended_file_metadata: true,
            partition_values: partition_of(date),
            size,
        }
    }
}

fn partition_of(date: NaiveDate) -> BTreeMap<String, String> {
    BTreeMap::from([(DATE.to_owned(), date.to_string())])
}

/// A commit: the lines of one file of the log.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    actions: Vec<Action>,
}

impl Commit {
    /// Starts a commit of `version` at the time `now`. Version 0 creates the table.
    pub(crate) fn new(version: u64, now: DateTime<Utc>) -> Self {
        let timestamp = now.timestamp_millis();
        let (operation, mode) = match version {
            0 => ("CREATE TABLE AS SELECT", "ErrorIfExists"),
            _ => ("WRITE", "Overwrite"),
        };
        let operation_parameters = BTreeMap::from([
            ("mode".to_owned(), mode.to_owned()),
            ("partitionBy".to_owned(), format!("[\"{DATE}\"]")),
        ]);
        let (operation, engine_info) = (operation.to_owned(), ENGINE.to_owned());
        let info = CommitInfo { timestamp, operation, operation_parameters, engine_info };
        let mut actions = vec![Action::CommitInfo(info)];
        if version == 0 {
            actions.push(Action::Protocol(Protocol { min_reader_version: 1, min_writer_version: 2 }));
        }
        let app_id = APPLICATION.to_owned();
        actions.push(Action::Txn(Transaction { app_id, version, last_updated: timestamp }));
        Self { actions }
    }

    pub(crate) fn push(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Parses the lines of a commit. Lines of other kinds, which other programs write, are skipped.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let lines = bytes.split(|byte| *byte == b'\n');
        Self { actions: lines.filter_map(|line| serde_json::from_slice(line).ok()).collect() }
    }

    /// Writes the commit as the lines of its file.
    ///
    /// # Errors
    /// If an action cannot be serialized.
    pub(crate) fn to_bytes(&self) -> Result<Bytes, serde_json::Error> {
        let mut lines = Vec::new();
        for action in &self.actions {
            serde_json::to_writer(&mut lines, action)?;
            lines.push(b'\n');
        }
        Ok(lines.into())
    }

    /// Time of the commit. `None` if it does not say so.
    pub(crate) fn timestamp(&self) -> Option<DateTime<Utc>> {
        self.actions.iter().find_map(|action| match action {
            Action::CommitInfo(info) => DateTime::from_timestamp_millis(info.timestamp),
            _ => None,
        })
    }

    /// Paths of the removed files.
    pub(crate) fn removed(&self) -> impl Iterator<Item = &str> {
        self.actions.iter().filter_map(|action| match action {
            Action::Remove(file) => Some(file.path.as_str()),
            _ => None,
        })
    }
}
