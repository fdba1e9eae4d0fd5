//! `voxlake verify --api`: comparison with the counts of the API.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal as _, Write as _};

use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressStyle};
use voxlake_fetch::{
    ApiClient, ApiComparison, ApiConfig, CallFilter, DaySelection, FetchError, FilterParameter, LakeCounts,
    LakeSync, lake_filter, settled_days,
};
use voxlake_lake::{DayFile, Lake, LakeError, TimeRange};
use voxlake_query::{LakeSession, SliceDimension, count_slices};
use voxlake_report::{error_chain, escape_control_chars};

use crate::args::{ApiCheckArgs, OutputFormat};
use crate::commands::origin::refuse_simulated;
use crate::commands::query;
use crate::commands::sync::{api_config, exit_of, refetch_options};
use crate::commands::sync_report::print_lines;
use crate::config::Settings;
use crate::exit::{Exit, UsageError, hint};
use crate::progress::Progress;
use crate::{call_filter, clock, signals};
use voxlake_shell::stderr_line;

/// Compares until all slices are compared, the requests are spent, or a signal arrives.
pub(super) async fn run(
    settings: &Settings,
    args: &ApiCheckArgs,
    format: OutputFormat,
) -> anyhow::Result<Exit> {
    let lake = Lake::open(&settings.lake).await?;
    refuse_simulated(&lake).await?;
    let scope = lake_filter(&lake).await?.map(|(_, filter)| filter).unwrap_or_default();
    let config = api_config(settings)?;
    if !scope.fits_one_request() {
        return Err(UsageError(
            "the scope of the lake has more than 20 values of one filter, which the API cannot count in one request"
                .to_owned(),
        )
        .into());
    }
    let mut comparison = prepare(settings, &lake, args, scope.clone()).await?;
    let client = ApiClient::new(config.clone(), clock::sync_clock())?;
    let error = tokio::select! {
        result = compare(&mut comparison, settings, &client) => result.err(),
        () = signals::interrupted() => {
            comparison.interrupt(client.request_count());
            None
        }
    };
    if let Some(error) = &error {
        comparison.receipt_mut().stopped = Some(error_chain(error.as_ref()));
    }
    let error = error.and_then(|error| error.downcast::<FetchError>().ok());
    record(&comparison, &lake).await?;
    if args.repair && !comparison.receipt().mismatches.is_empty() && error.is_none() {
        repair(&mut comparison, settings, &lake, config.with_filter(scope)).await?;
    }
    print(&comparison, error.as_ref(), format)
}

/// Selects the days and counts their slices.
async fn prepare(
    settings: &Settings,
    lake: &Lake,
    args: &ApiCheckArgs,
    scope: CallFilter,
) -> anyhow::Result<ApiComparison> {
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from >= to
    {
        return Err(UsageError(format!("--from {from} is not before --to {to}")).into());
    }
    let mut selection = DaySelection::default();
    (selection.from, selection.to, selection.sample) = (args.from, args.to, args.sample);
    let days = settled_days(lake, selection, clock::now(), settings.settle).await?;
    let (mut counts, mut rejects) = (LakeCounts::default(), BTreeMap::new());
    if !days.is_empty() {
        let session = query::open(settings, false).await?;
        counts = lake_counts(&session, &days).await?;
        for day in &days {
            rejects.insert(day.date, session.rejects(TimeRange::of_day(day.date)).await? as u64);
        }
    }
    let max_requests = args.max_requests.get().into();
    Ok(ApiComparison::prepare(lake, scope, &days, &counts, rejects, max_requests).await?)
}

/// Counts the slices of all days from the first of `days` to the last.
async fn lake_counts(session: &LakeSession, days: &[DayFile]) -> anyhow::Result<LakeCounts> {
    let mut counts = LakeCounts::default();
    let dates = || days.iter().map(|day| day.date);
    let (Some(first), Some(last)) = (dates().min(), dates().max()) else { return Ok(counts) };
    for row in count_slices(session, first, last.succ_opt().unwrap_or(last)).await? {
        let parameter = match row.dimension {
            SliceDimension::Direction => FilterParameter::Direction,
            SliceDimension::Distribution => FilterParameter::Distribution,
            SliceDimension::Type => FilterParameter::Types,
            SliceDimension::NumberType => FilterParameter::NumberTypes,
            SliceDimension::Country => FilterParameter::CountryIsoCodes,
            SliceDimension::Queue => FilterParameter::CcQueueIds,
            _ => {
                counts.add_total(row.date, row.calls);
                continue;
            }
        };
        counts.add(row.date, parameter, row.value, row.label, row.calls);
    }
    counts.add_known_values();
    Ok(counts)
}

async fn compare(
    comparison: &mut ApiComparison,
    settings: &Settings,
    client: &ApiClient,
) -> anyhow::Result<()> {
    let budget = call_filter::open_budget(settings).await?;
    let bar = progress(comparison.len());
    let result = comparison.run(client, &budget, |done| bar.set_position(done as u64)).await;
    bar.finish_and_clear();
    Ok(result?)
}

/// Records confirmed counts, if the writer lock is free.
async fn record(comparison: &ApiComparison, lake: &Lake) -> anyhow::Result<()> {
    match lake.lock(clock::now()).await {
        Ok(lock) => {
            comparison.record(lake, &lock).await?;
            Ok(lock.release().await?)
        }
        Err(LakeError::Locked { .. }) => {
            stderr_line!("notice: another voxlake writes to the lake: equal counts are not recorded");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Fetches the days with mismatches again, and compares those slices again.
async fn repair(
    comparison: &mut ApiComparison,
    settings: &Settings,
    lake: &Lake,
    config: ApiConfig,
) -> anyhow::Result<()> {
    let dates: BTreeSet<NaiveDate> = comparison.receipt().mismatches.iter().map(|one| one.date).collect();
    let words = lake.scope().await?.map_or_else(|| "all calls".to_owned(), |scope| scope.words);
    let options = refetch_options(settings);
    let client = ApiClient::new(config.clone(), clock::sync_clock())?;
    let sync = LakeSync::new(client, lake.clone(), options)
        .with_scope_description(words)
        .with_refetched_days(dates.clone());
    let progress = Progress::new();
    let report = sync.run(&|event| progress.on(&event), signals::interrupted()).await;
    progress.finish();
    let report = report?;
    comparison.receipt_mut().requests += report.rate_usage.requests;
    if exit_of(&report) != Exit::Done {
        return Ok(());
    }
    if settings.summaries {
        crate::commands::summarize::refresh(lake).await;
    }
    let session = query::open(settings, false).await?;
    let days: Vec<DayFile> = lake.days().await?.into_iter().filter(|day| dates.contains(&day.date)).collect();
    let counts = lake_counts(&session, &days).await?;
    let client = ApiClient::new(config.with_filter(CallFilter::default()), clock::sync_clock())?;
    let budget = call_filter::open_budget(settings).await?;
    let result = comparison.compare_again(&client, &budget, &days, &counts).await;
    // The budget holds the writer lock.
    drop(budget);
    result?;
    record(comparison, lake).await
}

fn print(
    comparison: &ApiComparison,
    error: Option<&FetchError>,
    format: OutputFormat,
) -> anyhow::Result<Exit> {
    let receipt = comparison.receipt();
    let mut out = io::stdout().lock();
    match format {
        OutputFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(receipt)?)?,
        OutputFormat::Table => print_lines(&receipt.describe(), &mut out)?,
    }
    if let Some(error) = error {
        stderr_line!("stopped: {}", escape_control_chars(&error_chain(error)));
        hint(error).inspect(|hint| stderr_line!("hint: {hint}"));
    }
    Ok(match error {
        Some(
            FetchError::DailyLimit { .. } | FetchError::BudgetSpent { .. } | FetchError::Throttled { .. },
        ) => Exit::TryLater,
        Some(_) => Exit::Failed,
        None if !receipt.mismatches.is_empty() => Exit::Failed,
        None if receipt.stopped.is_some() => Exit::Interrupted,
        None => Exit::Done,
    })
}

fn progress(slices: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} counts · {elapsed}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(slices as u64).with_style(style)
}
