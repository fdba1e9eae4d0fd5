//! `voxlake status`: shows the contents and gaps of a lake.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array};
use arrow::datatypes::Date32Type;
use chrono::{DateTime, NaiveDate, Utc};
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;
use voxlake_lake::{InventoryDay, Lake, LakeInventory, TimeRange};
use voxlake_report::{Format, WriterOptions, escape_control_chars, result_writer};

use super::sync_report::{MAX_LISTED_RANGES, range};
use crate::args::{OutputFormat, StatusArgs};
use crate::clock;
use crate::config::Settings;
use crate::exit::{Exit, REPAIR};

/// Status of a lake, with the field names of the JSON output.
#[derive(Serialize)]
struct Status {
    lake: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    /// Description of the scope; absent if the lake holds all calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    days: usize,
    calls: u64,
    bytes: u64,
    /// Time from the first fetched range to the last one.
    fetched: Option<JsonRange>,
    /// Period of the last sync, if it did not fetch all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unfinished_sync: Option<JsonRange>,
    gaps: Vec<JsonRange>,
    unsettled: Vec<JsonRange>,
    first_call: Option<DateTime<Utc>>,
    newest_call: Option<DateTime<Utc>>,
    newest_call_age_seconds: Option<i64>,
    rejects: usize,
    requests_spent_today: u64,
    requests_left_today: u64,
    daily_budget: u64,
    damaged: Vec<Damaged>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_day: Option<Vec<DayStatus>>,
}

#[derive(Serialize)]
struct JsonRange {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl From<&TimeRange> for JsonRange {
    fn from(range: &TimeRange) -> Self {
        Self { from: range.from, to: range.to }
    }
}

#[derive(Serialize)]
struct Damaged {
    file: String,
    reason: String,
}

#[derive(Serialize)]
struct DayStatus {
    date: NaiveDate,
    calls: u64,
    bytes: u64,
    first_call: Option<DateTime<Utc>>,
    last_call: Option<DateTime<Utc>>,
    /// Latest fetch time of its ranges.
    fetched_at: Option<DateTime<Utc>>,
    /// Set if the whole day was fetched.
    complete: bool,
}

impl From<&InventoryDay> for DayStatus {
    fn from(day: &InventoryDay) -> Self {
        let footer = &day.footer;
        Self {
            date: day.date,
            calls: footer.rows,
            bytes: day.bytes,
            first_call: footer.first_start,
            last_call: footer.last_start,
            fetched_at: footer.coverage.ranges().iter().map(|range| range.fetched_at).max(),
            complete: footer.coverage.gaps(TimeRange::of_day(day.date)).is_empty(),
        }
    }
}

pub(crate) async fn run(settings: Settings, args: StatusArgs) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    let now = clock::now();
    let inventory = lake.inventory(now, settings.settle).await?;
    let spent = lake.requests().await?.get(&now.date_naive()).copied().unwrap_or(0);
    let budget = settings.daily_budget;
    let newest_call = inventory.last_start();
    let status = Status {
        lake: lake.location().to_owned(),
        origin: lake.origin().await?,
        scope: lake.scope().await?.map(|scope| match scope.widened_from {
            None => format!("only calls with {}", scope.words),
            Some(_) => format!("being widened to {}; `voxlake rescope` continues", scope.words),
        }),
        days: inventory.days.len(),
        calls: inventory.calls(),
        bytes: inventory.bytes(),
        fetched: inventory.fetched.as_ref().map(JsonRange::from),
        unfinished_sync: inventory.unfinished.as_ref().map(JsonRange::from),
        gaps: inventory.gaps.iter().map(JsonRange::from).collect(),
        unsettled: inventory.unsettled.iter().map(JsonRange::from).collect(),
        first_call: inventory.first_start(),
        newest_call,
        newest_call_age_seconds: newest_call.map(|newest| (now - newest).num_seconds()),
        rejects: lake.rejects().await?.len(),
        requests_spent_today: spent,
        requests_left_today: budget.saturating_sub(spent),
        daily_budget: budget,
        damaged: damaged(&inventory),
        by_day: args.days.then(|| inventory.days.iter().map(DayStatus::from).collect()),
    };
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

fn damaged(inventory: &LakeInventory) -> Vec<Damaged> {
    let damaged = inventory.damaged.iter();
    damaged.map(|(file, reason)| Damaged { file: file.clone(), reason: reason.clone() }).collect()
}

/// Prints the status as text: one subject per line.
fn print_status(status: &Status, inventory: &LakeInventory, out: &mut impl Write) -> io::Result<()> {
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
        None => line("fetched", "nothing yet; `voxlake sync` begins".to_owned())?,
        Some(fetched) => line("fetched", range(*fetched))?,
    }
    if let Some(period) = inventory.unfinished {
        line("last sync", format!("did not fetch all of {}; run it again", range(period)))?;
    }
    print_ranges("gaps", &inventory.gaps, "none", &mut line)?;
    let settled = match inventory.fetched {
        None => "everything: nothing was fetched yet",
        Some(_) => "nothing: a sync up to now has nothing to fetch",
    };
    print_ranges("not settled", &inventory.unsettled, settled, &mut line)?;
    let rejects = match status.rejects {
        0 => "none".to_owned(),
        rejects => format!("{}; `voxlake rejects list` says why", HumanCount(rejects as u64)),
    };
    line("rejects", rejects)?;
    let (spent, left, budget) = (
        HumanCount(status.requests_spent_today),
        HumanCount(status.requests_left_today),
        HumanCount(status.daily_budget),
    );
    line("requests", format!("{left} left of today's {budget}; {spent} spent"))?;
    for Damaged { file, reason } in &status.damaged {
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
        line(if at == 0 { word } else { "" }, range(*one))?;
    }
    match ranges.len().checked_sub(MAX_LISTED_RANGES).filter(|more| *more > 0) {
        Some(more) => line("", format!("and {more} more")),
        None => Ok(()),
    }
}

/// Formats a duration with its two largest units, such as "2days 3h".
fn format_age(duration: Duration) -> String {
    let whole = humantime::format_duration(duration).to_string();
    whole.split(' ').take(2).collect::<Vec<_>>().join(" ")
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
