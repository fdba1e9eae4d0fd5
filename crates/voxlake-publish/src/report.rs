//! Results of publications, in data and in words.

use chrono::{DateTime, Utc};
use serde::Serialize;
use voxlake_lake::{counted, group_digits};

/// Result of a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishReport {
    /// Folder or URL of the table.
    pub location: String,
    /// Newest version of the table.
    pub version: u64,
    /// True if the publication wrote that version, false if nothing had changed.
    pub is_new_version: bool,
    /// Days that the version before did not have.
    pub added_days: usize,
    /// Days with other content than in the version before.
    pub replaced_days: usize,
    /// Days that the lake no longer has.
    pub removed_days: usize,
    /// True if the table has columns that it did not have before.
    pub has_new_columns: bool,
    /// Days of the newest version.
    pub days: usize,
    /// Calls of the newest version.
    pub calls: u64,
    /// Damaged day files, with reasons. Their days stay as they were published before.
    pub damaged: Vec<String>,
    /// Data files that were missing in the table and were restored.
    pub restored_files: usize,
    /// Data files that no readable version has, and that were deleted.
    pub deleted_files: usize,
}

impl PublishReport {
    /// Describes the result in one or more lines, without the damaged days.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let content =
            format!("{}, {}", counted(self.days as u64, "day", "days"), counted(self.calls, "call", "calls"));
        let version = self.version;
        let mut lines = vec![if self.is_new_version {
            format!(
                "published version {version}: {} added, {} replaced, {} removed ({content})",
                counted(self.added_days as u64, "day", "days"),
                group_digits(self.replaced_days as u64),
                group_digits(self.removed_days as u64)
            )
        } else {
            format!("unchanged since version {version} ({content})")
        }];
        if self.has_new_columns {
            lines.push("the table has new columns; they are NULL in older days".to_owned());
        }
        if self.restored_files > 0 {
            lines.push(format!(
                "{} restored",
                counted(self.restored_files as u64, "missing file was", "missing files were")
            ));
        }
        if self.deleted_files > 0 {
            let files = counted(self.deleted_files as u64, "file", "files");
            lines.push(format!("{files} of old versions deleted"));
        }
        lines
    }
}

/// State of the published table of a lake. Its JSON has the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PublishedStatus {
    /// Folder or URL of the table.
    pub location: String,
    /// Newest version.
    pub version: u64,
    /// Time of the newest version.
    pub published_at: Option<DateTime<Utc>>,
    /// Days of the newest version.
    pub days: usize,
    /// Calls of the newest version.
    pub calls: u64,
    /// Days that were added, replaced or removed since.
    pub changed_days: usize,
}

impl PublishedStatus {
    /// Describes the status in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let at = self.published_at.map_or_else(String::new, |at| format!(" of {}", at.format("%F %T UTC")));
        let changed = match self.changed_days {
            0 => "up to date".to_owned(),
            days => format!("{} since", counted(days as u64, "day has changed", "days have changed")),
        };
        format!("Delta table, version {}{at}, {changed}", self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_in_words() {
        let mut report = PublishReport {
            location: "lake/published/delta/voice_calls".to_owned(),
            version: 3,
            is_new_version: true,
            added_days: 2,
            replaced_days: 1,
            removed_days: 0,
            has_new_columns: false,
            days: 60,
            calls: 1_234_567,
            damaged: Vec::new(),
            restored_files: 0,
            deleted_files: 0,
        };
        let expected = "published version 3: 2 days added, 1 replaced, 0 removed (60 days, 1,234,567 calls)";
        assert_eq!(report.describe(), [expected]);
        (report.is_new_version, report.restored_files, report.deleted_files) = (false, 1, 2);
        let expected = [
            "unchanged since version 3 (60 days, 1,234,567 calls)",
            "1 missing file was restored",
            "2 files of old versions deleted",
        ];
        assert_eq!(report.describe(), expected);
    }

    #[test]
    fn status_in_words() {
        let mut status = PublishedStatus {
            location: String::new(),
            version: 4,
            published_at: Some(DateTime::UNIX_EPOCH),
            days: 1,
            calls: 2,
            changed_days: 0,
        };
        assert_eq!(status.describe(), "Delta table, version 4 of 1970-01-01 00:00:00 UTC, up to date");
        (status.published_at, status.changed_days) = (None, 2);
        assert_eq!(status.describe(), "Delta table, version 4, 2 days have changed since");
    }
}
