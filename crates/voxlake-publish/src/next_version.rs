//! The next version of the table: its commit, settings and report.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use voxlake_lake::{PublishedTable, sha256_hex};
use voxlake_model::schema::voice_calls;

use crate::PublishError;
use crate::actions::{Action, AddFile, Commit, Metadata, RemoveFile};
use crate::changes::Changes;
use crate::interval::{format_interval, parse_interval};
use crate::options::DEFAULT_KEEP;
use crate::report::PublishReport;
use crate::schema::DeltaStruct;
use crate::snapshot::TableSnapshot;

/// Setting of the table with the time for which removed files are kept.
const KEEP_FILES: &str = "delta.deletedFileRetentionDuration";
/// Setting of the table with the time for which the log is kept.
const KEEP_LOG: &str = "delta.logRetentionDuration";
/// Digits of a UUID.
const ID_DIGITS: usize = 32;

/// Changed days, once their files were checked.
#[derive(Debug, Default)]
pub(crate) struct PreparedDays {
    /// Days whose files are in the folder of the table, with their calls.
    pub(crate) sound: Vec<(NaiveDate, u64, AddFile)>,
    /// Days that are not published, with reasons.
    pub(crate) damaged: BTreeMap<NaiveDate, String>,
}

/// The next version of the table.
#[derive(Debug)]
pub(crate) struct NextVersion {
    /// Lines of its commit. `None` if nothing has changed.
    pub(crate) commit: Option<Commit>,
    pub(crate) report: PublishReport,
    /// Time for which replaced versions stay readable.
    pub(crate) keep: TimeDelta,
}

impl NextVersion {
    /// Builds the version that follows `newest`, or the first one.
    ///
    /// # Errors
    /// [`PublishError::NewerSchema`] or [`PublishError::ColumnType`] if the table has other columns
    /// than the lake.
    pub(crate) fn new(
        table: &PublishedTable,
        newest: Option<&TableSnapshot>,
        changes: &Changes,
        days: PreparedDays,
        keep: Option<TimeDelta>,
        now: DateTime<Utc>,
    ) -> Result<Self, PublishError> {
        let (metadata, has_new_columns) = next_metadata(table, newest, keep, now)?;
        let keep = keep_of(&metadata);
        let version = newest.map_or(0, |newest| newest.version + 1);
        let mut commit = Commit::new(version, now);
        let has_new_metadata = newest.is_none_or(|newest| newest.metadata != metadata);
        if has_new_metadata {
            commit.push(Action::MetaData(metadata));
        }
        let mut calls = calls_by_date(newest);
        let old_dates: BTreeSet<NaiveDate> = calls.keys().copied().collect();
        let mut new_dates = BTreeSet::new();
        for (date, calls_of_day, file) in days.sound {
            commit.push(Action::Add(file));
            new_dates.insert(date);
            calls.insert(date, calls_of_day);
        }
        let mut removed_dates = BTreeSet::new();
        // The last published version of a damaged day stays.
        for (path, file) in changes.outdated.iter().filter(|(_, file)| !days.damaged.contains_key(&file.date))
        {
            commit.push(Action::Remove(RemoveFile::new(path.clone(), file.date, file.size, now)));
            if !new_dates.contains(&file.date) {
                removed_dates.insert(file.date);
                calls.remove(&file.date);
            }
        }
        let is_new_version = has_new_metadata || !new_dates.is_empty() || !removed_dates.is_empty();
        let report = PublishReport {
            location: table.location(),
            version: if is_new_version { version } else { version.saturating_sub(1) },
            is_new_version,
            added_days: new_dates.difference(&old_dates).count(),
            replaced_days: new_dates.intersection(&old_dates).count(),
            removed_days: removed_dates.len(),
            has_new_columns,
            days: calls.len(),
            calls: calls.values().sum(),
            damaged: days.damaged.into_values().collect(),
            restored_files: 0,
            deleted_files: 0,
        };
        Ok(Self { commit: is_new_version.then_some(commit), report, keep })
    }
}

fn calls_by_date(newest: Option<&TableSnapshot>) -> BTreeMap<NaiveDate, u64> {
    let files = newest.into_iter().flat_map(|newest| newest.files.values());
    files.map(|file| (file.date, file.calls)).collect()
}

/// Returns the settings and schema of the next version, and whether it has new columns.
fn next_metadata(
    table: &PublishedTable,
    newest: Option<&TableSnapshot>,
    keep: Option<TimeDelta>,
    now: DateTime<Utc>,
) -> Result<(Metadata, bool), PublishError> {
    let schema = DeltaStruct::of_table(voice_calls().fields())?;
    let schema_string = schema.to_json();
    let (mut metadata, has_new_columns) = match newest {
        Some(newest) => {
            newest.schema.check_growth(&schema)?;
            let has_new_columns = schema.check_growth(&newest.schema).is_err();
            let mut metadata = newest.metadata.clone();
            metadata.schema_string = schema_string;
            (metadata, has_new_columns)
        }
        None => {
            let id = new_id(&format!("{} {now}", table.location()));
            (Metadata::new(id, now.timestamp_millis(), schema_string, BTreeMap::new()), false)
        }
    };
    let keep = keep.unwrap_or_else(|| keep_of(&metadata));
    for setting in [KEEP_FILES, KEEP_LOG] {
        metadata.configuration.insert(setting.to_owned(), format_interval(keep));
    }
    Ok((metadata, has_new_columns))
}

/// Returns the time for which the table keeps replaced versions.
fn keep_of(metadata: &Metadata) -> TimeDelta {
    metadata.configuration.get(KEEP_FILES).and_then(|text| parse_interval(text)).unwrap_or(DEFAULT_KEEP)
}

/// Returns an id of a table in the form of a UUID.
fn new_id(seed: &str) -> String {
    let hex = sha256_hex(seed, ID_DIGITS);
    [0..8, 8..12, 12..16, 16..20, 20..ID_DIGITS].map(|part| hex.get(part).unwrap_or_default()).join("-")
}
