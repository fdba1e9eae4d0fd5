//! `voxlake verify`: every day file read whole, and what it does not keep of its promises.

mod api;
mod receipt;
mod slices;

use std::io::{self, IsTerminal as _, Write as _};
use std::num::NonZeroUsize;

use chrono::{DateTime, NaiveDate, Utc};
use futures::StreamExt as _;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde::Serialize;
use voxlake_lake::{Checksum, Lake, LakeError};
use voxlake_report::visible;

use super::sync_report::several_starts;
use crate::args::{ToldAs, VerifyArgs};
use crate::config::Settings;
use crate::exit::{Exit, REPAIR, with_causes};
use crate::stderr::stderr_line;

/// What was found, under the names that its JSON has.
#[derive(Serialize)]
struct Findings {
    lake: String,
    days: Vec<Day>,
    calls: u64,
    /// Of all days that have calls, by date.
    checksum: String,
    /// Files that other readers of the folder would take for calls.
    strangers: Vec<String>,
    /// Engagements under several start times: no fault of a file, but they may count more than once.
    engagements_under_several_starts: u64,
    /// The first of them.
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
struct Day {
    date: NaiveDate,
    calls: u64,
    /// Absent where the file cannot be read.
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
    let at_once = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let mut verdicts = futures::stream::iter(files.clone())
        .map(|file| {
            let lake = lake.clone();
            async move { (file.date, lake.verify_day(file.date).await) }
        })
        .buffered(at_once);
    let (mut days, mut sums, mut damaged) = (Vec::new(), Vec::new(), false);
    while let Some((date, verdict)) = verdicts.next().await {
        days.push(match verdict {
            Ok(verdict) => {
                // A day without calls says no more than no day does.
                sums.extend((verdict.calls > 0).then_some((date, verdict.checksum)));
                Day {
                    date,
                    calls: verdict.calls,
                    checksum: Some(verdict.checksum.to_string()),
                    faults: verdict.violations.iter().map(ToString::to_string).collect(),
                }
            }
            Err(error @ (LakeError::Damaged { .. } | LakeError::NewerSchema { .. })) => {
                damaged |= matches!(error, LakeError::Damaged { .. });
                Day { date, calls: 0, checksum: None, faults: vec![with_causes(&error)] }
            }
            Err(error) => return Err(error.into()),
        });
        bar.inc(1);
    }
    let several = lake.repeated_engagements(&files, || bar.inc(1)).await?;
    bar.finish_and_clear();
    let strangers = lake.unexpected_files().await?;
    let findings = Findings {
        lake: lake.location().to_owned(),
        calls: days.iter().map(|day| day.calls).sum(),
        checksum: Checksum::combine(sums).to_string(),
        clean: strangers.is_empty() && days.iter().all(|day| day.faults.is_empty()),
        days,
        strangers,
        engagements_under_several_starts: several.engagements,
        several_starts: several
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
        ToldAs::Json => writeln!(out, "{}", serde_json::to_string_pretty(&findings)?)?,
        ToldAs::Table => {
            tell(&findings, args.days, &mut out)?;
            several_starts(&several, &mut out)?;
        }
    }
    if damaged {
        stderr_line!("hint: {REPAIR}");
    }
    Ok(if findings.clean { Exit::Done } else { Exit::Failed })
}

fn tell(findings: &Findings, each_day: bool, out: &mut impl io::Write) -> io::Result<()> {
    for day in &findings.days {
        if each_day && let Some(checksum) = &day.checksum {
            writeln!(out, "{}  {checksum}  {} calls", day.date, HumanCount(day.calls))?;
        }
        for fault in &day.faults {
            writeln!(out, "FAULT {}: {}", day.date, visible(fault))?;
        }
    }
    for path in &findings.strangers {
        let path = visible(path);
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
