//! `voxlake status`: shows the contents and gaps of a lake.

use std::io::{self, Write as _};

use voxlake_lake::{Lake, LakeStatus};
use voxlake_report::{Format, write_batches};

use super::sync_report::print_lines;
use crate::args::{OutputFormat, StatusArgs};
use crate::clock;
use crate::config::Settings;
use crate::exit::{Exit, REPAIR};

pub(crate) async fn run(settings: Settings, args: StatusArgs) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    let now = clock::now();
    let inventory = lake.inventory(now, settings.settle).await?;
    let mut status = LakeStatus::new(&lake, &inventory, settings.daily_budget, now).await?;
    if args.days {
        status = status.with_days(&inventory);
    }
    let mut out = io::stdout();
    match args.format {
        OutputFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&status)?)?,
        OutputFormat::Table => {
            print_lines(&status.describe(), &mut out)?;
            if !status.damaged.is_empty() {
                writeln!(out, "{:<12} {REPAIR}", "")?;
            }
            if args.days {
                writeln!(out)?;
                let days = status.day_table()?;
                write_batches(Format::Table, days.schema(), &[days], out)?;
            }
        }
    }
    Ok(if status.damaged.is_empty() { Exit::Done } else { Exit::Failed })
}
