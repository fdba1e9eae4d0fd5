//! `voxlake lookup`: requests calls from the API and compares them with the lake.
//!
//! - [`show`]: output of the calls and their legs

mod show;

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use chrono::{NaiveDate, TimeDelta};
use indicatif::{HumanCount, ProgressBar};
use voxlake_fetch::{
    ApiClient, CallComparison, FetchError, FilterParameter, LookupOptions, LookupResult, ViewType,
    lake_filter,
};
use voxlake_lake::{CallsByDay, ConflictPolicy, Lake, LakeError, TimeRange, counted};
use voxlake_query::period::{parse_last, parse_moment};
use voxlake_query::{LakeSession, SessionOptions, describe_scope};
use voxlake_report::{Format, escape_control_chars};

use super::query;
use super::sync::api_config;
use super::{origin, summarize};
use crate::args::LookupArgs;
use crate::call_filter;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};
use crate::{clock, signals};
use voxlake_shell::stderr_line;

/// Default period of a lookup.
const DEFAULT_PERIOD: TimeDelta = TimeDelta::days(30);
/// Interval of the progress spinner.
const SPINNER_INTERVAL: Duration = Duration::from_millis(100);
/// URL of a lake in memory. The found calls are stored there so that the usual views and output
/// formats can read them.
const MEMORY_LAKE: &str = "memory:///";

pub(crate) async fn run(settings: Settings, args: LookupArgs) -> anyhow::Result<Exit> {
    tokio::select! {
        done = look_up(&settings, &args) => done,
        () = signals::interrupted() => Ok(Exit::Interrupted),
    }
}

async fn look_up(settings: &Settings, args: &LookupArgs) -> anyhow::Result<Exit> {
    let format = query::result_format(args.format, args.output.as_deref())?;
    let period = lookup_period(settings, args)?;
    let config = api_config(settings)?;
    let filter = call_filter::resolve(&(&args.filter).into(), settings, &config).await?.filter;
    if filter.is_empty() {
        return Err(UsageError(
            "no filter given: name one, such as --engagement ID or --queue NAME".to_owned(),
        )
        .into());
    }
    let lake = match Lake::open(&settings.lake).await {
        Ok(lake) => Some(lake),
        Err(LakeError::NoLake { .. }) if !args.save => None,
        Err(error) => return Err(error.into()),
    };
    if let Some(lake) = lake.as_ref().filter(|_| args.save) {
        check_can_save(lake, &filter).await?;
    }
    // The search for an engagement stops at the first window that has calls.
    let stop_at_first_match = filter.values(FilterParameter::EngagementId).next().is_some();
    let mut options = LookupOptions::new(period);
    options.max_requests = args.max_requests.get().into();
    options.stop_at_first_match = stop_at_first_match;
    let client = ApiClient::new(config.with_filter(filter), clock::sync_clock())?;
    let found = find_calls(settings, &client, options).await?;
    let calls = FoundCalls::new(&found).await?;
    let comparison = match &lake {
        Some(lake) => {
            if let Some(scope) = lake.scope().await? {
                stderr_line!("{}", escape_control_chars(&describe_scope(&scope)));
            }
            let with_legs = settings.view == ViewType::Detail;
            Some(CallComparison::new(lake, &calls.by_day, with_legs).await?)
        }
        None => None,
    };
    if calls.count > 0 || format != Format::Table {
        show::show_calls(&calls.session, comparison.as_ref(), format, args.output.as_deref()).await?;
    }
    print_summary(&found, calls.count, &options);
    if let Some(lake) = lake.filter(|_| args.save) {
        save(&lake, settings, &calls.by_day).await?;
    }
    Ok(if calls.count == 0 { Exit::Failed } else { Exit::Done })
}

/// Returns the period of the options. The default start is 30 days before the end.
fn lookup_period(settings: &Settings, args: &LookupArgs) -> anyhow::Result<TimeRange> {
    let (zone, now) = (settings.timezone, clock::now());
    if let Some(last) = &args.last {
        return Ok(parse_last("--last", last, now, zone)?);
    }
    let parse = |flag: &str, text: &Option<String>| {
        text.as_deref().map(|text| parse_moment(flag, text, zone)).transpose()
    };
    let to = parse("--to", &args.to)?.unwrap_or(now).min(now);
    let range = TimeRange { from: parse("--from", &args.from)?.unwrap_or(to - DEFAULT_PERIOD), to };
    if range.is_empty() {
        return Err(UsageError("--from must be before --to and not in the future".to_owned()).into());
    }
    Ok(range)
}

/// Looks up the calls, and records the requests in the quota ledger of the lake.
async fn find_calls(
    settings: &Settings,
    client: &ApiClient,
    options: LookupOptions,
) -> anyhow::Result<LookupResult> {
    let budget = call_filter::open_budget(settings).await?;
    let spinner = if io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    spinner.set_message("querying the API");
    spinner.enable_steady_tick(SPINNER_INTERVAL);
    let found = client.look_up(&budget, options).await;
    spinner.finish_and_clear();
    budget.close().await?;
    Ok(found?)
}

/// Checks that the lake is not simulated and that its scope includes the calls.
async fn check_can_save(lake: &Lake, filter: &voxlake_fetch::CallFilter) -> anyhow::Result<()> {
    origin::refuse_simulated(lake).await?;
    if let Some((scope, scope_filter)) = lake_filter(lake).await?
        && !scope_filter.includes(filter)
    {
        let requested = format!("calls with {filter}");
        return Err(
            FetchError::ScopeMismatch { current: format!("calls with {}", scope.words), requested }.into()
        );
    }
    Ok(())
}

/// Found calls without duplicates, and a session that queries them.
struct FoundCalls {
    session: LakeSession,
    /// Number of calls.
    count: usize,
    /// Calls of each UTC day, in the schema and order of the lake.
    by_day: Vec<(NaiveDate, RecordBatch)>,
}

impl FoundCalls {
    async fn new(found: &LookupResult) -> anyhow::Result<Self> {
        let lake = Lake::create(MEMORY_LAKE).await?;
        let lock = lake.lock(clock::now()).await?;
        let pages = found.calls.iter().cloned().map(CallsByDay::try_new).collect::<Result<Vec<_>, _>>()?;
        let dates: BTreeSet<NaiveDate> = pages.iter().flat_map(CallsByDay::dates).collect();
        let mut by_day = Vec::new();
        for date in dates {
            let calls =
                pages.iter().filter_map(|page| page.of_day(date).transpose()).collect::<Result<_, _>>()?;
            lake.merge_day(&lock, date, calls, &[], ConflictPolicy::Replace).await?;
            by_day.push((date, lake.read_day(date).await?.calls));
        }
        let options = SessionOptions::new().no_summaries(true).clock(Some(clock::now));
        let count = by_day.iter().map(|(_, calls)| calls.num_rows()).sum();
        Ok(Self { session: LakeSession::open(&lake, options).await?, count, by_day })
    }
}

/// Prints the number of calls and requests, and notes on calls that are missing, to stderr.
fn print_summary(found: &LookupResult, calls: usize, options: &LookupOptions) {
    let (requests, period) = (HumanCount(found.requests), options.period);
    let received = (calls + found.rejects) as u64;
    let calls = counted(calls as u64, "call", "calls");
    stderr_line!(
        "{calls} of {} to {} UTC; requests: {requests}",
        period.from.format("%Y-%m-%d %H:%M"),
        period.to.format("%Y-%m-%d %H:%M")
    );
    if !found.is_complete {
        stderr_line!("stopped after --max-requests {}; there may be more calls", options.max_requests);
    }
    if found.is_complete && found.counted > received {
        let records = counted(found.counted, "record", "records");
        stderr_line!("warning: the API counts {records} and returned {received}");
    }
    if found.rejects > 0 {
        stderr_line!(
            "{} left out",
            counted(found.rejects as u64, "invalid record is", "invalid records are")
        );
    }
}

/// Merges the calls into the lake. They do not replace stored calls of frozen days.
async fn save(lake: &Lake, settings: &Settings, days: &[(NaiveDate, RecordBatch)]) -> anyhow::Result<()> {
    let lock = Arc::new(lake.lock(clock::now()).await?);
    let (mut added, mut changed) = (0, 0);
    for (date, calls) in days {
        let is_frozen = settings.freeze_before.is_some_and(|first_open| *date < first_open);
        let conflict_policy = if is_frozen { ConflictPolicy::Freeze } else { ConflictPolicy::Replace };
        let commit = lake.merge_day(&lock, *date, vec![calls.clone()], &[], conflict_policy).await?;
        added += commit.merged.added;
        changed += commit.merged.changed;
    }
    if let Some(lock) = Arc::into_inner(lock) {
        lock.release().await?;
    }
    let added = counted(added as u64, "call is", "calls are");
    stderr_line!("saved: {added} new in the lake, {changed} changed");
    if settings.summaries {
        summarize::refresh(lake).await;
    }
    Ok(())
}
