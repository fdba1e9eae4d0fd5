//! `voxlake verify`: reads all day files and checks their integrity.

mod api;
mod receipt;

use std::io::{self, IsTerminal as _, Write as _};
use std::num::NonZeroUsize;

use chrono::{DateTime, NaiveDate, Utc};
use futures::StreamExt as _;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde::Serialize;
use voxlake_fetch::describe_repeated_engagements;
use voxlake_lake::{Checksum, DayFile, Lake, LakeError};
use voxlake_report::{error_chain, escape_control_chars};

use super::sync_report::print_lines;
use crate::args::{OutputFormat, VerifyArgs};
use crate::config::Settings;
use crate::exit::{Exit, REPAIR};
use crate::stderr::stderr_line;

/// Findings, with the field names of the JSON output.
#[derive(Serialize)]
struct LakeFindings {
    lake: String,
    days: Vec<DayFindings>,
    calls: u64,
    /// Combined checksum of all days with calls.
    checksum: String,
    /// Unexpected files that other readers of the folder would read as calls.
    strangers: Vec<String>,
    /// Engagements with several start times: valid, but they may be counted more than once.
    engagements_under_several_starts: u64,
    /// The first of these engagements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    several_starts: Vec<Engagement>,
    clean: bool,
}

#[derive(Serialize)]
struct Engagement {
    engagement_id: String,
    start_times: Vec<DateTime<Utc>>,
}

#[derive(Serialize)]
struct DayFindings {
    date: NaiveDate,
    calls: u64,
    /// Absent if the file cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    faults: Vec<String>,
}

pub(crate) async fn run(settings: Settings, args: VerifyArgs) -> anyhow::Result<Exit> {
    if args.api_check.is_on {
        return api::run(&settings, &args.api_check, args.format).await;
    }
    let lake = Lake::open(&settings.lake).await?;
    let files = lake.days().await?;
    let bar = progress(2 * files.len());
    let CheckedDays { days, checksums, damaged } = check_days(&lake, &files, &bar).await?;
    let repeated = lake.repeated_engagements(&files, || bar.inc(1)).await?;
    bar.finish_and_clear();
    let strangers = lake.unexpected_files().await?;
    let findings = LakeFindings {
        lake: lake.location().to_owned(),
        calls: days.iter().map(|day| day.calls).sum(),
        checksum: Checksum::combine(checksums).to_string(),
        clean: strangers.is_empty() && days.iter().all(|day| day.faults.is_empty()),
        days,
        strangers,
        engagements_under_several_starts: repeated.engagements,
        several_starts: repeated
            .named
            .iter()
            .map(|(id, starts)| Engagement {
                engagement_id: id.clone(),
                start_times: starts.iter().copied().collect(),
            })
            .collect(),
    };
    let mut out = io::stdout().lock();
    match args.format {
        OutputFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&findings)?)?,
        OutputFormat::Table => {
            print_findings(&findings, args.days, &mut out)?;
            print_lines(&describe_repeated_engagements(&repeated), &mut out)?;
        }
    }
    if damaged {
        stderr_line!("hint: {REPAIR}");
    }
    Ok(if findings.clean { Exit::Done } else { Exit::Failed })
}

/// Result of the checks of all day files.
struct CheckedDays {
    days: Vec<DayFindings>,
    /// Checksums of the days with calls.
    checksums: Vec<(NaiveDate, Checksum)>,
    damaged: bool,
}

/// Checks all day files, as many concurrently as there are cores.
async fn check_days(lake: &Lake, files: &[DayFile], bar: &ProgressBar) -> Result<CheckedDays, LakeError> {
    let concurrency = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let mut reports = futures::stream::iter(files.to_vec())
        .map(|file| {
            let lake = lake.clone();
            async move { (file.date, lake.verify_day(file.date).await) }
        })
        .buffered(concurrency);
    let mut checked = CheckedDays { days: Vec::new(), checksums: Vec::new(), damaged: false };
    while let Some((date, report)) = reports.next().await {
        checked.days.push(match report {
            Ok(report) => {
                // Days without calls do not change the checksum of the lake.
                checked.checksums.extend((report.calls > 0).then_some((date, report.checksum)));
                DayFindings {
                    date,
                    calls: report.calls,
                    checksum: Some(report.checksum.to_string()),
                    faults: report.violations.iter().map(ToString::to_string).collect(),
                }
            }
            Err(error @ (LakeError::Damaged { .. } | LakeError::NewerSchema { .. })) => {
                checked.damaged |= matches!(error, LakeError::Damaged { .. });
                DayFindings { date, calls: 0, checksum: None, faults: vec![error_chain(&error)] }
            }
            Err(error) => return Err(error),
        });
        bar.inc(1);
    }
    Ok(checked)
}

fn print_findings(findings: &LakeFindings, each_day: bool, out: &mut impl io::Write) -> io::Result<()> {
    for day in &findings.days {
        if each_day && let Some(checksum) = &day.checksum {
            writeln!(out, "{}  {checksum}  {} calls", day.date, HumanCount(day.calls))?;
        }
        for fault in &day.faults {
            writeln!(out, "FAULT {}: {}", day.date, escape_control_chars(fault))?;
        }
    }
    for path in &findings.strangers {
        let path = escape_control_chars(path);
        writeln!(
            out,
            "FAULT {path} is not a day file, and tools that read the folder would take it for calls"
        )?;
    }
    let faulty = findings.days.iter().filter(|day| !day.faults.is_empty()).count() + findings.strangers.len();
    let (days, calls) = (HumanCount(findings.days.len() as u64), HumanCount(findings.calls));
    let verdict = match faulty {
        0 => "every file keeps what it promises".to_owned(),
        1 => "1 file does not keep what it promises".to_owned(),
        more => format!("{more} files do not keep what they promise"),
    };
    writeln!(out, "{days} days, {calls} calls: {verdict}.")?;
    writeln!(out, "Checksum {}", findings.checksum)
}

fn progress(days: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} days · {elapsed}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(days as u64).with_style(style)
}
