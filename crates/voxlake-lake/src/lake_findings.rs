//! Verification of all day files of a lake.

use std::num::NonZeroUsize;

use chrono::{DateTime, NaiveDate, Utc};
use futures::StreamExt as _;
use serde::Serialize;

use crate::checksum::Checksum;
use crate::column_layout::describe_outdated_days;
use crate::day::DayFile;
use crate::digits::counted;
use crate::error::LakeError;
use crate::lake::Lake;
use crate::repeated_engagements::RepeatedEngagements;

/// Findings of a verification. Its JSON has the same names.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct LakeFindings {
    /// Location of the lake.
    pub lake: String,
    /// Findings of each day.
    pub days: Vec<DayFindings>,
    /// Number of calls.
    pub calls: u64,
    /// Combined checksum of all days with calls.
    pub checksum: String,
    /// Unexpected files that other readers of the folder would read as calls.
    pub strangers: Vec<String>,
    /// Number of engagements with several start times: valid, but they may be counted more than
    /// once.
    pub engagements_under_several_starts: u64,
    /// The first of these engagements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub several_starts: Vec<RepeatedEngagement>,
    /// Days whose files have an outdated column layout. They can be read.
    pub outdated_days: usize,
    /// True if all files are intact and none is unexpected.
    pub clean: bool,
    /// True if a day file is damaged.
    #[serde(skip)]
    pub damaged: bool,
    /// Engagements with several start times.
    #[serde(skip)]
    pub repeated: RepeatedEngagements,
}

/// Engagement with several start times.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RepeatedEngagement {
    /// Id of the engagement.
    pub engagement_id: String,
    /// Its start times.
    pub start_times: Vec<DateTime<Utc>>,
}

/// Findings of a day.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DayFindings {
    /// UTC date.
    pub date: NaiveDate,
    /// Number of calls.
    pub calls: u64,
    /// Checksum of the calls; absent if the file cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Violations of the guarantees of day files.
    pub faults: Vec<String>,
}

impl LakeFindings {
    /// Verifies `files`, the day files of a lake, as many concurrently as there are cores. Calls
    /// `on_progress` twice for each file. `describe` returns the text of an error with its causes.
    ///
    /// # Errors
    /// [`LakeError`] for an error other than a damaged file or one with a newer schema.
    pub async fn collect(
        lake: &Lake,
        files: &[DayFile],
        on_progress: impl Fn() + Send + Sync,
        describe: fn(&LakeError) -> String,
    ) -> Result<Self, LakeError> {
        let CheckedDays { days, checksums, outdated, damaged } =
            check_days(lake, files, &on_progress, describe).await?;
        let repeated = lake.repeated_engagements(files, &on_progress).await?;
        let strangers = lake.unexpected_files().await?;
        let several_starts = repeated.named.iter().map(|(id, starts)| RepeatedEngagement {
            engagement_id: id.clone(),
            start_times: starts.iter().copied().collect(),
        });
        Ok(Self {
            lake: lake.location().to_owned(),
            calls: days.iter().map(|day| day.calls).sum(),
            checksum: Checksum::combine(checksums).to_string(),
            clean: strangers.is_empty() && days.iter().all(|day| day.faults.is_empty()),
            days,
            outdated_days: outdated,
            strangers,
            engagements_under_several_starts: repeated.engagements,
            several_starts: several_starts.collect(),
            damaged,
            repeated,
        })
    }
}

impl LakeFindings {
    /// Describes the findings and the checksum; `each_day` also lists the intact days. Repeated
    /// engagements are not included.
    ///
    /// The lines contain names of files. Callers escape control characters before printing them.
    #[must_use]
    pub fn describe(&self, each_day: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for day in &self.days {
            if each_day && let Some(checksum) = &day.checksum {
                let calls = counted(day.calls, "call", "calls");
                lines.push(format!("{}  {checksum}  {calls}", day.date));
            }
            lines.extend(day.faults.iter().map(|fault| format!("FAULT {}: {fault}", day.date)));
        }
        lines.extend(self.strangers.iter().map(|path| {
            format!("FAULT {path} is not a day file, and tools that read the folder would take it for calls")
        }));
        let faulty = self.days.iter().filter(|day| !day.faults.is_empty()).count() + self.strangers.len();
        let verdict = match faulty {
            0 => "all files are valid".to_owned(),
            1 => "1 file is invalid".to_owned(),
            more => format!("{more} files are invalid"),
        };
        let days = counted(self.days.len() as u64, "day", "days");
        let calls = counted(self.calls, "call", "calls");
        lines.push(format!("{days}, {calls}: {verdict}."));
        if let Some(outdated) = describe_outdated_days(self.outdated_days) {
            lines.push(format!("{outdated}."));
        }
        lines.push(format!("Checksum {}", self.checksum));
        lines
    }
}

/// Result of the checks of all day files.
struct CheckedDays {
    days: Vec<DayFindings>,
    /// Checksums of the days with calls.
    checksums: Vec<(NaiveDate, Checksum)>,
    outdated: usize,
    damaged: bool,
}

async fn check_days(
    lake: &Lake,
    files: &[DayFile],
    on_progress: &(impl Fn() + Send + Sync),
    describe: fn(&LakeError) -> String,
) -> Result<CheckedDays, LakeError> {
    let concurrency = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let mut reports = futures::stream::iter(files.to_vec())
        .map(|file| {
            let lake = lake.clone();
            async move { (file.date, lake.verify_day(file.date).await) }
        })
        .buffered(concurrency);
    let mut checked = CheckedDays { days: Vec::new(), checksums: Vec::new(), outdated: 0, damaged: false };
    while let Some((date, report)) = reports.next().await {
        checked.days.push(match report {
            Ok(report) => {
                // Days without calls do not change the checksum of the lake.
                checked.checksums.extend((report.calls > 0).then_some((date, report.checksum)));
                checked.outdated += usize::from(report.layout.is_outdated());
                DayFindings {
                    date,
                    calls: report.calls,
                    checksum: Some(report.checksum.to_string()),
                    faults: report.violations.iter().map(ToString::to_string).collect(),
                }
            }
            Err(error @ (LakeError::Damaged { .. } | LakeError::NewerSchema { .. })) => {
                checked.damaged |= matches!(error, LakeError::Damaged { .. });
                DayFindings { date, calls: 0, checksum: None, faults: vec![describe(&error)] }
            }
            Err(error) => return Err(error),
        });
        on_progress();
    }
    Ok(checked)
}
