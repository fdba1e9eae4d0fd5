//! `voxlake rescope`: widens the scope of a lake.

use voxlake_fetch::{FilterSettings, LakeSync, ResolvedFilter, has_scope};
use voxlake_lake::Lake;
use voxlake_report::escape_control_chars;

use super::origin::refuse_simulated;
use super::publish;
use super::sync::{api_config, run_sync};
use super::sync_report::{exit_of, print_report};
use crate::args::RescopeArgs;
use crate::call_filter;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};
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
    refuse_simulated(&lake).await?;
    let config = api_config(&settings)?;
    let target = match args.all {
        true => ResolvedFilter::all_calls(),
        false => call_filter::resolve(&wanted, &settings, &config).await?,
    };
    let words = escape_control_chars(&target.words);
    if has_scope(&lake, &target.filter).await? {
        stderr_line!("the scope is {words} already");
        return Ok(Exit::Done);
    }
    let (clock, options) = (clock::sync_clock(), settings.refetch_options());
    let sync = LakeSync::widening(lake.clone(), &target, config, clock, options).await?;
    let sync = sync.with_after_commit(publish::after_commit(&lake, settings.publish_keep));
    let done = run_sync(&sync, &lake, &settings, signals::interrupted()).await?;
    print_report(&done.report, &settings, &mut std::io::stdout().lock())?;
    let exit = exit_of(&done.report);
    if exit == Exit::Done {
        let conditions = if target.filter.is_empty() { "without filters" } else { "with these filters" };
        stderr_line!("the scope is {words} now; `voxlake sync` {conditions} fetches the unsettled ranges");
    }
    Ok(exit.and(done.publish_exit))
}
