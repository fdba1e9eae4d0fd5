//! `voxlake verify`: reads all day files and checks their integrity.

mod api;

use std::io::{self, Write as _};

use voxlake_fetch::describe_repeated_engagements;
use voxlake_lake::{Lake, LakeFindings};
use voxlake_report::error_chain;

use super::sync_report::print_lines;
use crate::args::{OutputFormat, VerifyArgs};
use crate::config::Settings;
use crate::exit::{Exit, MIGRATE, REPAIR};
use crate::progress::counter_bar;
use voxlake_shell::stderr_line;

pub(crate) async fn run(settings: Settings, args: VerifyArgs) -> anyhow::Result<Exit> {
    if args.api_check.is_on {
        return api::run(&settings, &args.api_check, args.format).await;
    }
    let lake = Lake::open(&settings.lake).await?;
    let files = lake.days().await?;
    let bar = counter_bar("days");
    bar.set_length(2 * files.len() as u64);
    let findings = LakeFindings::collect(&lake, &files, || bar.inc(1), |error| error_chain(error)).await?;
    bar.finish_and_clear();
    let mut out = io::stdout().lock();
    match args.format {
        OutputFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&findings)?)?,
        OutputFormat::Table => {
            print_lines(&findings.describe(args.days), &mut out)?;
            print_lines(&describe_repeated_engagements(&findings.repeated), &mut out)?;
        }
    }
    if findings.damaged {
        stderr_line!("hint: {REPAIR}");
    }
    if findings.outdated_days > 0 {
        stderr_line!("hint: {MIGRATE}");
    }
    Ok(if findings.clean { Exit::Done } else { Exit::Failed })
}
