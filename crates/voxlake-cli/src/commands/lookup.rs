//! `voxlake lookup`: requests calls from the API and compares them with the lake.

use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use voxlake_fetch::{ApiClient, CallComparison, FoundCalls, LookupOptions, ViewType, check_includes};
use voxlake_lake::{Lake, LakeError, TimeRange, counted};
use voxlake_query::period::{PeriodError, parse_last, parse_past_period};
use voxlake_query::{LakeSession, SessionOptions, describe_scope};
use voxlake_report::{Format, escape_control_chars};
use voxlake_shell::{Output, stderr_line};

use super::origin::refuse_simulated;
use super::sync::api_config;
use super::{publish, query, summarize};
use crate::args::LookupArgs;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};
use crate::{call_filter, clock, progress, signals};

/// Default period of a lookup.
const DEFAULT_PERIOD: TimeDelta = TimeDelta::days(30);
/// Interval of the progress spinner.
const SPINNER_INTERVAL: Duration = Duration::from_millis(100);

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
        refuse_simulated(lake).await?;
        check_includes(lake, &filter).await?;
    }
    let mut options = LookupOptions::new(period).for_filter(&filter);
    options.max_requests = args.max_requests.get().into();
    let client = ApiClient::new(config.with_filter(filter), clock::sync_clock())?;
    let budget = call_filter::open_budget(settings).await?;
    let spinner = progress::bar(None, "{spinner} {msg}").with_message("querying the API");
    spinner.enable_steady_tick(SPINNER_INTERVAL);
    let found = budget.close_after(client.look_up(&budget, options)).await;
    // A lake is locked while its budget is open.
    drop(budget);
    spinner.finish_and_clear();
    let found = found?;
    let calls = FoundCalls::collect(&found, clock::now()).await?;
    let comparison = match &lake {
        Some(lake) => Some(compare(lake, &calls, settings).await?),
        None => None,
    };
    if !calls.is_empty() || format != Format::Table {
        print(&calls, comparison.as_ref(), format, args.output.as_deref()).await?;
    }
    for line in found.describe(calls.len(), &options, "--max-requests") {
        stderr_line!("{line}");
    }
    let mut exit = if calls.is_empty() { Exit::Failed } else { Exit::Done };
    if let Some(lake) = lake.filter(|_| args.save) {
        let saved = calls.save(&lake, settings.freeze_before, clock::now()).await?;
        let added = counted(saved.added as u64, "call is", "calls are");
        stderr_line!("saved: {added} new in the lake, {} changed", saved.changed);
        if settings.summaries {
            summarize::refresh(&lake).await;
        }
        exit = exit.and(publish::update(&lake, settings.publish_keep).await);
    }
    Ok(exit)
}

fn lookup_period(settings: &Settings, args: &LookupArgs) -> Result<TimeRange, PeriodError> {
    let (zone, now) = (settings.timezone, clock::now());
    match &args.last {
        Some(last) => parse_last("--last", last, now, zone),
        None => {
            let (from, to) = (("--from", args.from.as_deref()), ("--to", args.to.as_deref()));
            parse_past_period(from, to, DEFAULT_PERIOD, now, zone)
        }
    }
}

async fn compare(lake: &Lake, calls: &FoundCalls, settings: &Settings) -> anyhow::Result<CallComparison> {
    if let Some(scope) = lake.scope().await? {
        stderr_line!("{}", escape_control_chars(&describe_scope(&scope)));
    }
    Ok(CallComparison::new(lake, &calls.by_day, settings.view == ViewType::Detail).await?)
}

async fn print(
    calls: &FoundCalls,
    comparison: Option<&CallComparison>,
    format: Format,
    path: Option<&Path>,
) -> anyhow::Result<()> {
    let options = SessionOptions::new().no_summaries(true).clock(Some(clock::now));
    let session = LakeSession::open(&calls.lake, options).await?;
    let mut output = Output::open(path)?;
    let differences = comparison.map(CallComparison::to_batch).transpose()?;
    query::printer(format).print_calls(&session, differences.as_ref(), &mut output).await?;
    output.finish()?;
    if let Some(comparison) = comparison {
        stderr_line!("{}", comparison.describe());
    }
    Ok(())
}
