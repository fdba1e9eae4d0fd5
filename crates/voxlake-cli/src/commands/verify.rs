//! `voxlake verify`: reads all day files and checks their integrity.

mod api;

use std::io::{self, IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressStyle};
use voxlake_fetch::describe_repeated_engagements;
use voxlake_lake::{Lake, LakeFindings, counted};
use voxlake_report::{error_chain, escape_control_chars};

use super::sync_report::print_lines;
use crate::args::{OutputFormat, VerifyArgs};
use crate::config::Settings;
use crate::exit::{Exit, REPAIR};
use voxlake_shell::stderr_line;

pub(crate) async fn run(settings: Settings, args: VerifyArgs) -> anyhow::Result<Exit> {
    if args.api_check.is_on {
        return api::run(&settings, &args.api_check, args.format).await;
    }
    let lake = Lake::open(&settings.lake).await?;
    let files = lake.days().await?;
    let bar = progress(2 * files.len());
    let findings = LakeFindings::collect(&lake, &files, || bar.inc(1), |error| error_chain(error)).await?;
    bar.finish_and_clear();
    let mut out = io::stdout().lock();
    match args.format {
        OutputFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&findings)?)?,
        OutputFormat::Table => {
            print_findings(&findings, args.days, &mut out)?;
            print_lines(&describe_repeated_engagements(&findings.repeated), &mut out)?;
        }
    }
    if findings.damaged {
        stderr_line!("hint: {REPAIR}");
    }
    Ok(if findings.clean { Exit::Done } else { Exit::Failed })
}

fn print_findings(findings: &LakeFindings, each_day: bool, out: &mut impl io::Write) -> io::Result<()> {
    for day in &findings.days {
        if each_day && let Some(checksum) = &day.checksum {
            writeln!(out, "{}  {checksum}  {}", day.date, counted(day.calls, "call", "calls"))?;
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
    let days = counted(findings.days.len() as u64, "day", "days");
    let calls = counted(findings.calls, "call", "calls");
    let verdict = match faulty {
        0 => "all files are valid".to_owned(),
        1 => "1 file is invalid".to_owned(),
        more => format!("{more} files are invalid"),
    };
    writeln!(out, "{days}, {calls}: {verdict}.")?;
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
