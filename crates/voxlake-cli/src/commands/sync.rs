//! `voxlake sync`: fetches missing calls, once or as a service.

use std::future::Future;
use std::io::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use tokio::time::Instant;
use voxlake_fetch::{
    ApiClient, ApiConfig, Clock, FetchError, FilterSettings, LakeSync, ResolvedFilter, SyncOptions,
    SyncReport, WindowOrder,
};
use voxlake_lake::Lake;
use voxlake_query::period::parse_moment;
use voxlake_report::{error_chain, escape_control_chars};

use super::origin::refuse_simulated;
use super::summarize;
use super::sync_report::{print_missing, print_plan, print_report};
use crate::args::{OrderName, SyncArgs};
use crate::call_filter;
use crate::config::{Recipient, Settings, check_recipient};
use crate::exit::{self, Exit, hint};
use crate::progress::Progress;
use crate::{clock, credentials, signals};
use voxlake_shell::stderr_line;

/// Stop signal, shared by all syncs of a service.
type Stop = Shared<BoxFuture<'static, ()>>;

/// Delay after a rate limit that the API does not name.
const UNNAMED_LIMIT: chrono::TimeDelta = chrono::TimeDelta::hours(1);

pub(crate) async fn run(settings: Settings, args: SyncArgs) -> anyhow::Result<Exit> {
    let options = options(&settings, &args)?;
    // Before the lake is created: an invalid filter leaves no lake behind.
    let (mut config, words) = scoped_config(&settings, &(&args.filter).into()).await?;
    config.allow_clock_skew = args.allow_clock_skew;
    refuse_simulated(&Lake::create(&settings.lake).await?).await?;
    if args.dry_run {
        let sync = LakeSync::new(
            ApiClient::new(config, clock::sync_clock())?,
            Lake::create(&settings.lake).await?,
            options,
        )
        .with_scope_description(words);
        print_plan(&sync.dry_run().await?, &settings, &mut std::io::stdout().lock())?;
        return Ok(Exit::Done);
    }
    let stop: Stop = signals::interrupted().boxed().shared();
    let service = Service { settings, args, config, words, options, stop };
    service.run().await
}

/// Creates the configuration of the API client from the settings.
pub(crate) fn api_config(settings: &Settings) -> anyhow::Result<ApiConfig> {
    check_recipient(settings, Recipient::Api)?;
    let credentials = credentials::load(settings.credentials.as_deref())?;
    let mut config = ApiConfig::new(settings.api_url.clone(), settings.oauth_url.clone(), credentials);
    config.account.clone_from(&settings.account);
    config.view = settings.view;
    config.list_form = settings.list_form;
    config.requests_per_second = Some(settings.requests_per_second);
    config.retry.initial_delay = settings.retry_delay;
    config.retry.max_attempts = usize::from(settings.tries);
    config.currency_symbols = settings.currency_symbols.clone();
    config.insecure_http = settings.insecure_http;
    Ok(config)
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
    let mut options = sync_options(settings);
    options.from = moment("--from", &args.from)?;
    options.to = moment("--to", &args.to)?;
    options.order = match args.order {
        OrderName::Oldest => WindowOrder::OldestFirst,
        OrderName::Newest => WindowOrder::NewestFirst,
    };
    options.repair = args.repair;
    Ok(options)
}

/// Options of an ordinary sync, from the settings.
pub(crate) fn sync_options(settings: &Settings) -> SyncOptions {
    let mut options = refetch_options(settings);
    options.concurrency = settings.walkers;
    options.window_pages = settings.window_pages.into();
    options.commit.max_age = settings.commit_every;
    options.commit.max_calls = settings.commit_calls;
    options
}

/// Options of a sync that fetches selected ranges again, from the settings.
pub(crate) fn refetch_options(settings: &Settings) -> SyncOptions {
    let mut options = SyncOptions::default();
    options.settle = settings.settle;
    options.freeze_before = settings.freeze_before;
    options.daily_budget = Some(settings.daily_budget);
    options
}

/// Repeated syncs of one lake.
struct Service {
    settings: Settings,
    args: SyncArgs,
    config: ApiConfig,
    /// Description of the filter.
    words: String,
    options: SyncOptions,
    stop: Stop,
}

impl Service {
    async fn run(self) -> anyhow::Result<Exit> {
        let mut has_worked = false;
        loop {
            let began = Instant::now();
            let stop = self.stop.clone();
            let report = match sync(
                self.config.clone(),
                Some(&self.words),
                &self.settings,
                clock::sync_clock(),
                self.options,
                stop,
            )
            .await
            {
                Ok(report) => report,
                // A service that cannot start ends; one that has succeeded before continues.
                Err(error) if has_worked && self.args.every.is_some() => {
                    exit::report(&error);
                    match self.next_round(began).await {
                        Some(()) => continue,
                        None => return Ok(Exit::Done),
                    }
                }
                Err(error) => return Err(error),
            };
            print_report(&report, &self.settings, &mut std::io::stdout().lock())?;
            let exit = exit_of(&report);
            if matches!(report.stopped, Some(FetchError::Interrupted)) {
                return Ok(if self.args.every.is_some() { Exit::Done } else { exit });
            }
            if let Some(resumes_at) = report.stopped.as_ref().and_then(|stopped| {
                stopped
                    .resumes_at(report.ended_at.checked_add_signed(UNNAMED_LIMIT).unwrap_or(report.ended_at))
            }) && (self.args.wait || self.args.every.is_some())
            {
                has_worked = true;
                match self.wait_until(resumes_at, report.ended_at).await {
                    Some(()) => continue,
                    None => {
                        return Ok(if self.args.every.is_some() { Exit::Done } else { Exit::Interrupted });
                    }
                }
            }
            has_worked |= exit == Exit::Done || report.complete > 0;
            if self.args.every.is_none() || !has_worked {
                return Ok(exit);
            }
            if self.next_round(began).await.is_none() {
                return Ok(Exit::Done);
            }
        }
    }

    /// Waits for the next interval; `None` if the service is stopped before.
    async fn next_round(&self, began: Instant) -> Option<()> {
        let every = self.args.every.unwrap_or_default();
        self.unless_stopped(tokio::time::sleep_until(began + every)).await
    }

    /// Prints that it waits until `moment`, and waits. `now` is by the same clock.
    async fn wait_until(&self, moment: DateTime<Utc>, now: DateTime<Utc>) -> Option<()> {
        let wait = (moment - now).to_std().unwrap_or_default() + Duration::from_secs(1);
        stderr_line!(
            "waiting until {}, {} from now; Ctrl-C ends it, and what is complete is kept",
            moment.format("%Y-%m-%d %H:%M:%S UTC"),
            humantime::format_duration(Duration::from_secs(wait.as_secs())),
        );
        self.unless_stopped(tokio::time::sleep(wait)).await
    }

    async fn unless_stopped(&self, waited: impl Future<Output = ()>) -> Option<()> {
        tokio::select! {
            biased;
            () = self.stop.clone() => None,
            () = waited => Some(()),
        }
    }
}

/// Runs one sync with its progress on stderr.
pub(crate) async fn sync(
    config: ApiConfig,
    scope_words: Option<&str>,
    settings: &Settings,
    clock: Clock,
    options: SyncOptions,
    stop: impl Future<Output = ()> + Send,
) -> anyhow::Result<SyncReport> {
    let client = ApiClient::new(config, clock)?;
    let lake = Lake::create(&settings.lake).await?;
    let progress = Progress::new();
    let mut sync = LakeSync::new(client, lake.clone(), options);
    if let Some(words) = scope_words {
        sync = sync.with_scope_description(words.to_owned());
    }
    let report = sync.run(&|event| progress.on(&event), stop).await;
    progress.finish();
    let report = report?;
    // After an interruption, summaries are left to the next sync.
    if settings.summaries && !matches!(report.stopped, Some(FetchError::Interrupted)) {
        summarize::refresh(&lake).await;
    }
    Ok(report)
}

/// Prints what is missing to stderr, and returns the exit code.
pub(crate) fn exit_of(report: &SyncReport) -> Exit {
    print_missing(report);
    // Errors of a closed stderr are ignored: the exit code shows that ranges are missing.
    let mut err = std::io::stderr().lock();
    match &report.stopped {
        Some(FetchError::Interrupted) => {
            let _ = writeln!(
                err,
                "interrupted before all was fetched; complete windows are kept, run again to continue"
            );
            Exit::Interrupted
        }
        Some(
            error @ (FetchError::DailyLimit { .. }
            | FetchError::BudgetSpent { .. }
            | FetchError::Throttled { .. }),
        ) => {
            let _ =
                writeln!(err, "stopped: {error}; complete windows are kept, run again then or use --wait");
            let _ = hint(error).map(|hint| writeln!(err, "hint: {hint}"));
            Exit::TryLater
        }
        Some(error) => {
            let _ = writeln!(err, "error: {}", escape_control_chars(&error_chain(error)));
            let _ = hint(error).map(|hint| writeln!(err, "hint: {hint}"));
            Exit::Failed
        }
        None if report.failed.is_empty() => Exit::Done,
        None => {
            let failed = report.failed.len() as u64;
            let _ = match failed {
                1 => writeln!(err, "error: 1 window is missing; run again to fetch it"),
                _ => writeln!(err, "error: {failed} windows are missing; run again to fetch them"),
            };
            Exit::Failed
        }
    }
}
