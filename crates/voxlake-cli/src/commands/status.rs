//! `voxlake status`: shows the contents and gaps of a lake.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array};
use arrow::datatypes::Date32Type;
use chrono::{DateTime, Utc};
use indicatif::{HumanBytes, HumanCount};
use voxlake_fetch::format_range;
use voxlake_lake::{DamagedDay, DayStatus, Lake, LakeInventory, LakeStatus, TimeRange};
use voxlake_report::{Format, WriterOptions, escape_control_chars, result_writer};

use super::sync_report::MAX_LISTED_RANGES;
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
    let mut out = io::stdout().lock();
    match args.format {
        OutputFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&status)?)?,
        OutputFormat::Table => {
            print_status(&status, &inventory, &mut out)?;
            if let Some(days) = &status.by_day {
                writeln!(out)?;
                drop(out);
                print_days(days, io::stdout())?;
            }
        }
    }
    Ok(if status.damaged.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Prints the status as text: one subject per line.
fn print_status(status: &LakeStatus, inventory: &LakeInventory, out: &mut impl Write) -> io::Result<()> {
    let mut line = |word: &str, text: String| writeln!(out, "{word:<12} {}", escape_control_chars(&text));
    line("lake", format!("{}, {}", status.lake, HumanBytes(status.bytes)))?;
    if let Some(origin) = &status.origin {
        line("origin", origin.clone())?;
    }
    if let Some(scope) = &status.scope {
        line("scope", scope.clone())?;
    }
    line("calls", format!("{} on {} days", HumanCount(status.calls), HumanCount(status.days as u64)))?;
    line(
        "newest call",
        status.newest_call.map_or("none".to_owned(), |newest| {
            let age = status.newest_call_age_seconds.and_then(|age| u64::try_from(age).ok()).unwrap_or(0);
            format!(
                "{}, {} ago",
                newest.format("%Y-%m-%d %H:%M:%S UTC"),
                format_age(Duration::from_secs(age))
            )
        }),
    )?;
    match &inventory.fetched {
        None => line("fetched", "nothing yet; run `voxlake sync`".to_owned())?,
        Some(fetched) => line("fetched", format_range(*fetched))?,
    }
    if let Some(period) = inventory.unfinished {
        line("last sync", format!("did not fetch all of {}; run it again", format_range(period)))?;
    }
    print_ranges("gaps", &inventory.gaps, "none", &mut line)?;
    let settled = match inventory.fetched {
        None => "everything: nothing is fetched yet",
        Some(_) => "nothing: a sync up to now has nothing to fetch",
    };
    print_ranges("not settled", &inventory.unsettled, settled, &mut line)?;
    let rejects = match status.rejects {
        0 => "none".to_owned(),
        rejects => format!("{}; `voxlake rejects list` shows the reasons", HumanCount(rejects as u64)),
    };
    line("rejects", rejects)?;
    let (spent, left, budget) = (
        HumanCount(status.requests_spent_today),
        HumanCount(status.requests_left_today),
        HumanCount(status.daily_budget),
    );
    line("requests", format!("{left} left of today's {budget}; {spent} spent"))?;
    for DamagedDay { file, reason, .. } in &status.damaged {
        line("DAMAGED", format!("{file}: {reason}"))?;
    }
    if !status.damaged.is_empty() {
        line("", REPAIR.to_owned())?;
    }
    Ok(())
}

/// Prints time ranges, one per line.
fn print_ranges(
    word: &str,
    ranges: &[TimeRange],
    none: &str,
    line: &mut impl FnMut(&str, String) -> io::Result<()>,
) -> io::Result<()> {
    if ranges.is_empty() {
        return line(word, none.to_owned());
    }
    for (at, one) in ranges.iter().take(MAX_LISTED_RANGES).enumerate() {
        line(if at == 0 { word } else { "" }, format_range(*one))?;
    }
    match ranges.len().checked_sub(MAX_LISTED_RANGES).filter(|more| *more > 0) {
        Some(more) => line("", format!("and {more} more")),
        None => Ok(()),
    }
}

/// Formats a duration with its two largest units, such as "2 days 3 h".
fn format_age(duration: Duration) -> String {
    let whole = humantime::format_duration(duration).to_string();
    let parts = whole.split(' ').take(2).map(|part| {
        let unit = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        format!("{} {}", &part[..unit], &part[unit..])
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn print_days(days: &[DayStatus], out: impl Write + Send) -> anyhow::Result<()> {
    let instants = |instant: fn(&DayStatus) -> Option<DateTime<Utc>>| {
        let instants = days.iter().map(|day| instant(day).map(|at| at.timestamp_millis()));
        Arc::new(TimestampMillisecondArray::from_iter(instants).with_timezone("UTC")) as ArrayRef
    };
    let dates = days.iter().map(|day| Date32Type::from_naive_date(day.date));
    let complete = days.iter().map(|day| if day.complete { "yes" } else { "no" });
    let batch = RecordBatch::try_from_iter([
        ("date", Arc::new(Date32Array::from_iter_values(dates)) as ArrayRef),
        ("calls", Arc::new(UInt64Array::from_iter_values(days.iter().map(|day| day.calls)))),
        ("first_call", instants(|day| day.first_call)),
        ("last_call", instants(|day| day.last_call)),
        ("fetched_at", instants(|day| day.fetched_at)),
        ("complete", Arc::new(StringArray::from_iter_values(complete))),
        ("bytes", Arc::new(UInt64Array::from_iter_values(days.iter().map(|day| day.bytes)))),
    ])?;
    let mut table = result_writer(Format::Table, batch.schema(), &WriterOptions::default(), out)?;
    table.write(&batch)?;
    Ok(table.finish()?)
}
