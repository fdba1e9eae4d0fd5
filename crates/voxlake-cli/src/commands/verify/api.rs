//! `voxlake verify --api`: comparison with the counts of the API.

use std::io::{self, Write as _};

use voxlake_fetch::{
    ApiClient, ApiComparison, ApiConfig, CallFilter, DaySelection, FetchError, FilterParameter, LakeCounts,
    lake_filter, settled_days,
};
use voxlake_lake::{DayFile, Lake};
use voxlake_query::{SliceDimension, count_slices};
use voxlake_report::{error_chain, escape_control_chars};

use crate::args::{ApiCheckArgs, OutputFormat};
use crate::commands::origin::refuse_simulated;
use crate::commands::query;
use crate::commands::sync::{api_config, run_sync};
use crate::commands::sync_report::{exit_of, print_lines};
use crate::config::Settings;
use crate::exit::{Exit, UsageError, hint};
use crate::progress::counter_bar;
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
    let bar = counter_bar("counts");
    bar.set_length(comparison.len() as u64);
    let (budget, stop) = (call_filter::open_budget(settings), signals::interrupted());
    let advance = |done| bar.set_position(done as u64);
    let error = comparison.run_until(&client, budget, advance, stop, error_chain).await.err();
    bar.finish_and_clear();
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
    let counts = lake_counts(settings, &days).await?;
    Ok(ApiComparison::prepare(lake, scope, &days, &counts, args.max_requests.get().into()).await?)
}

async fn lake_counts(settings: &Settings, days: &[DayFile]) -> anyhow::Result<LakeCounts> {
    let mut counts = LakeCounts::default();
    if days.is_empty() {
        return Ok(counts);
    }
    let session = query::open(settings, false).await?;
    for row in count_slices(&session, days.iter().map(|day| day.date)).await? {
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

async fn record(comparison: &ApiComparison, lake: &Lake) -> anyhow::Result<()> {
    if !comparison.record_unless_locked(lake, clock::now()).await? {
        stderr_line!("notice: another voxlake writes to the lake: equal counts are not recorded");
    }
    Ok(())
}

/// Fetches the days with mismatches again, and compares those slices again.
async fn repair(
    comparison: &mut ApiComparison,
    settings: &Settings,
    lake: &Lake,
    config: ApiConfig,
) -> anyhow::Result<()> {
    let client = ApiClient::new(config.clone(), clock::sync_clock())?;
    let sync = comparison.refetch(lake, client, settings.refetch_options()).await?;
    let report = run_sync(&sync, lake, settings, signals::interrupted()).await?.report;
    comparison.add_requests(report.rate_usage.requests);
    if exit_of(&report) != Exit::Done {
        return Ok(());
    }
    let days = comparison.mismatched_days(lake).await?;
    let counts = lake_counts(settings, &days).await?;
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
    Ok(comparison.outcome(error).into())
}
