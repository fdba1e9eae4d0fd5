//! `voxlake rescope`: widens the scope of a lake.

use voxlake_fetch::{ApiClient, FilterSettings, LakeSync, ResolvedFilter, filter_to_widen, lake_filter};
use voxlake_lake::Lake;
use voxlake_report::escape_control_chars;

use super::sync::{api_config, exit_of, refetch_options};
use super::sync_report::print_report;
use super::{origin, summarize};
use crate::args::RescopeArgs;
use crate::call_filter;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};
use crate::progress::Progress;
use crate::{clock, signals};
use voxlake_shell::stderr_line;

pub(crate) async fn run(settings: Settings, args: RescopeArgs) -> anyhow::Result<Exit> {
    let wanted = FilterSettings::from(&args.filter);
    if args.all != wanted.is_empty() {
        return Err(UsageError(
            "no scope given: name the wider filters, such as --queue, or --all".to_owned(),
        )
        .into());
    }
    let lake = Lake::open(&settings.lake).await?;
    origin::refuse_simulated(&lake).await?;
    let config = api_config(&settings)?;
    let target = match args.all {
        true => ResolvedFilter::all_calls(),
        false => call_filter::resolve(&wanted, &settings, &config).await?,
    };
    let is_held = match lake_filter(&lake).await? {
        Some((scope, held)) => held == target.filter && scope.widened_from.is_none(),
        None => target.filter.is_empty(),
    };
    if is_held {
        stderr_line!("the scope is {} already", escape_control_chars(&target.words));
        return Ok(Exit::Done);
    }
    let filter = filter_to_widen(&lake, &target.filter, &target.words).await?;
    let client = ApiClient::new(config.with_filter(filter), clock::sync_clock())?;
    let options = refetch_options(&settings);
    let sync = LakeSync::new(client, lake.clone(), options)
        .with_scope_description(target.words.clone())
        .with_wider_scope(target.filter.clone());
    let progress = Progress::new();
    let report = sync.run(&|event| progress.on(&event), signals::interrupted()).await;
    progress.finish();
    let report = report?;
    if settings.summaries {
        summarize::refresh(&lake).await;
    }
    print_report(&report, &settings, &mut std::io::stdout().lock())?;
    let exit = exit_of(&report);
    if exit == Exit::Done {
        let conditions = if target.filter.is_empty() { "without filters" } else { "with these filters" };
        stderr_line!(
            "the scope is {} now; `voxlake sync` {conditions} fetches the unsettled ranges",
            escape_control_chars(&target.words)
        );
    }
    Ok(exit)
}
