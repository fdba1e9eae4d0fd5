//! `voxlake sync`: fetches missing calls, once or as a service.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use voxlake_fetch::{
    ApiClient, ApiConfig, Clock, FilterSettings, LakeSync, ResolvedFilter, ServiceEvent, ServiceOptions,
    SyncOptions, SyncOutcome, SyncReport, SyncService, WindowOrder,
};
use voxlake_lake::Lake;
use voxlake_query::period::parse_moment;

use super::origin::refuse_simulated;
use super::sync_report::{exit_of, print_plan, print_report};
use super::{publish, summarize};
use crate::args::{OrderName, SyncArgs};
use crate::call_filter;
use crate::config::{Recipient, Settings, check_recipient};
use crate::exit::{self, Exit};
use crate::progress::Progress;
use crate::{clock, credentials, signals};
use voxlake_shell::stderr_line;

pub(crate) async fn run(settings: Settings, args: SyncArgs) -> anyhow::Result<Exit> {
    let options = options(&settings, &args)?;
    // Before the lake is created: an invalid filter leaves no lake behind.
    let (mut config, words) = scoped_config(&settings, &(&args.filter).into()).await?;
    config.allow_clock_skew = args.allow_clock_skew;
    let lake = Lake::create(&settings.lake).await?;
    refuse_simulated(&lake).await?;
    if args.dry_run {
        let client = ApiClient::new(config, clock::sync_clock())?;
        let plan = LakeSync::new(client, lake, options).with_scope_description(words).dry_run().await?;
        print_plan(&plan, &settings, &mut io::stdout().lock())?;
        return Ok(Exit::Done);
    }
    let mut times = ServiceOptions::default();
    (times.interval, times.waits_for_limit) = (args.every, args.wait);
    let is_published = AtomicBool::new(true);
    let sync_once = async |stop| {
        let done = sync(config.clone(), Some(&words), &settings, clock::sync_clock(), options, stop).await?;
        is_published.store(done.publish_exit == Exit::Done, Ordering::Relaxed);
        Ok(done.report)
    };
    let outcome = SyncService::new(times, signals::interrupted())
        .run(sync_once, |event| print_event(&event, &settings))
        .await?;
    let publish_exit = if is_published.into_inner() { Exit::Done } else { Exit::Failed };
    Ok(Exit::from(outcome).and(publish_exit))
}

/// Result of a sync and of what follows it.
pub(crate) struct SyncDone {
    pub(crate) report: SyncReport,
    /// Exit code of the publication, which is done if the lake is not published.
    pub(crate) publish_exit: Exit,
}

fn print_event(event: &ServiceEvent<'_, anyhow::Error>, settings: &Settings) -> anyhow::Result<()> {
    match event {
        ServiceEvent::SyncEnded(report) => {
            print_report(report, settings, &mut io::stdout().lock())?;
            exit_of(report);
        }
        ServiceEvent::SyncFailed(error) => {
            exit::report(error);
        }
        ServiceEvent::LimitReached { resumes_at, delay, .. } => stderr_line!(
            "waiting until {}, {} from now; Ctrl-C ends it, and what is complete is kept",
            resumes_at.format("%Y-%m-%d %H:%M:%S UTC"),
            humantime::format_duration(Duration::from_secs(delay.as_secs())),
        ),
        _ => {}
    }
    Ok(())
}

/// Creates the configuration of the API client from the settings.
pub(crate) fn api_config(settings: &Settings) -> anyhow::Result<ApiConfig> {
    check_recipient(settings, Recipient::Api)?;
    let credentials = credentials::load(settings.credentials.as_deref())?;
    Ok(settings.api_config(credentials))
}

/// Creates the client configuration with the filter of the command line and the settings. Returns
/// it with a description of the filter.
pub(crate) async fn scoped_config(
    settings: &Settings,
    filter: &FilterSettings,
) -> anyhow::Result<(ApiConfig, String)> {
    let config = api_config(settings)?;
    let filter = filter.over(&settings.sync_filter);
    let ResolvedFilter { filter, words, .. } = call_filter::resolve(&filter, settings, &config).await?;
    let filter = match Lake::open(&settings.lake).await {
        Ok(lake) => call_filter::scope_filter(&lake, filter, &words).await?,
        Err(_) => filter,
    };
    Ok((config.with_filter(filter), words))
}

fn options(settings: &Settings, args: &SyncArgs) -> anyhow::Result<SyncOptions> {
    let zone = settings.timezone;
    let moment = |flag: &str, text: &Option<String>| {
        text.as_deref().map(|text| parse_moment(flag, text, zone)).transpose()
    };
    let mut options = settings.sync_options();
    options.from = moment("--from", &args.from)?;
    options.to = moment("--to", &args.to)?;
    options.order = match args.order {
        OrderName::Oldest => WindowOrder::OldestFirst,
        OrderName::Newest => WindowOrder::NewestFirst,
    };
    options.repair = args.repair;
    Ok(options)
}

/// Runs one sync of the lake of the settings.
pub(crate) async fn sync(
    config: ApiConfig,
    scope_words: Option<&str>,
    settings: &Settings,
    clock: Clock,
    options: SyncOptions,
    stop: impl Future<Output = ()> + Send,
) -> anyhow::Result<SyncDone> {
    let lake = Lake::create(&settings.lake).await?;
    let mut sync = LakeSync::new(ApiClient::new(config, clock)?, lake.clone(), options);
    if let Some(words) = scope_words {
        sync = sync.with_scope_description(words.to_owned());
    }
    sync = sync.with_after_commit(publish::after_commit(&lake, settings.publish_keep));
    run_sync(&sync, &lake, settings, stop).await
}

/// Runs a sync of `lake` with its progress on stderr, refreshes the summaries and, if the lake is
/// published, publishes the changed days.
pub(crate) async fn run_sync(
    sync: &LakeSync,
    lake: &Lake,
    settings: &Settings,
    stop: impl Future<Output = ()> + Send,
) -> anyhow::Result<SyncDone> {
    let progress = Progress::default();
    let report = sync.run(&|event| progress.show(&event), stop).await;
    progress.finish();
    let report = report?;
    // After an interruption, summaries are left to the next sync.
    if settings.summaries && report.outcome() != SyncOutcome::Interrupted {
        summarize::refresh(lake).await;
    }
    let publish_exit = publish::update(lake, settings.publish_keep).await;
    Ok(SyncDone { report, publish_exit })
}
