//! `voxlake status`: shows the contents and gaps of a lake.

use std::io::{self, Write as _};

use serde::Serialize;
use voxlake_lake::{Lake, LakeStatus};
use voxlake_publish::{PublishError, PublishedStatus, published_status};
use voxlake_report::{Format, error_chain, write_batches};

use super::sync_report::print_lines;
use crate::args::{OutputFormat, StatusArgs};
use crate::clock;
use crate::config::Settings;
use crate::exit::{Exit, MIGRATE, REPAIR, publish_hint};

/// Status of a lake and of its published table, for JSON.
#[derive(Serialize)]
struct FullStatus<'a> {
    #[serde(flatten)]
    lake: &'a LakeStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<&'a PublishedStatus>,
    /// Error of the published table.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_error: Option<String>,
}

pub(crate) async fn run(settings: Settings, args: StatusArgs) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    let now = clock::now();
    let inventory = lake.inventory(now, settings.settle).await?;
    let mut status = LakeStatus::new(&lake, &inventory, settings.daily_budget, now).await?;
    if args.days {
        status = status.with_days(&inventory);
    }
    let published = published_status(&lake).await;
    let mut out = io::stdout();
    match args.format {
        OutputFormat::Json => {
            let full = FullStatus {
                lake: &status,
                published: published.as_ref().ok().and_then(Option::as_ref),
                published_error: published.as_ref().err().map(|error| error_chain(error)),
            };
            writeln!(out, "{}", serde_json::to_string_pretty(&full)?)?;
        }
        OutputFormat::Table => {
            print_lines(&status.describe(), &mut out)?;
            if status.outdated_days > 0 {
                writeln!(out, "{:<12} {MIGRATE}", "")?;
            }
            if !status.damaged.is_empty() {
                writeln!(out, "{:<12} {REPAIR}", "")?;
            }
            print_lines(&describe_published(&published), &mut out)?;
            if args.days {
                writeln!(out)?;
                let days = status.day_table()?;
                write_batches(Format::Table, days.schema(), &[days], out)?;
            }
        }
    }
    let is_sound = status.damaged.is_empty() && published.is_ok();
    Ok(if is_sound { Exit::Done } else { Exit::Failed })
}

/// Returns the lines about the published table; none if the lake is not published.
fn describe_published(published: &Result<Option<PublishedStatus>, PublishError>) -> Vec<String> {
    match published {
        Ok(None) => Vec::new(),
        Ok(Some(published)) => vec![format!("{:<12} {}", "published", published.describe())],
        Err(error) => {
            let text = error_chain(error).replace('\n', "; ");
            let mut lines = vec![format!("{:<12} {text}", "DAMAGED")];
            lines.extend(publish_hint(error).map(|hint| format!("{:<12} {hint}", "")));
            lines
        }
    }
}
