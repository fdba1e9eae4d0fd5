//! `voxlake sync`: fetch what the lake does not have yet, and say what that did.

use std::io::Write as _;

use chrono_tz::Tz;
use indicatif::HumanCount;
use voxlake_fetch::{
    ApiClient, ApiConfig, Clock, Credentials, FetchError, LakeSync, Retry, SyncOptions, SyncReport, View,
    system_clock,
};
use voxlake_lake::Lake;
use voxlake_report::visible;

use super::demo::refuse_simulated;
use crate::args::{SyncArgs, ViewName};
use crate::config::Settings;
use crate::exit::{Exit, hint, with_causes};
use crate::progress::Progress;
use crate::{credentials, period};

pub(crate) async fn run(settings: Settings, args: SyncArgs) -> anyhow::Result<Exit> {
    let zone = settings.timezone()?;
    let moment = |flag: &str, text: &Option<String>| {
        text.as_deref().map(|text| period::moment(flag, text, zone)).transpose()
    };
    let options = SyncOptions {
        from: moment("--from", &args.from)?,
        to: moment("--to", &args.to)?,
        settle: settings.settle()?,
        walkers: usize::from(settings.walkers.get()),
        repair: args.repair,
    };
    let config = ApiConfig {
        api_url: settings.api_url.clone(),
        oauth_url: settings.oauth_url.clone(),
        credentials: credentials::load(settings.credentials.as_deref())?,
        view: match settings.view {
            ViewName::Detail => View::Detail,
            ViewName::Summary => View::Summary,
        },
        requests_per_second: Some(settings.requests_per_second),
        retry: Retry { tries: usize::from(settings.tries.get()), ..Retry::default() },
    };
    refuse_simulated(&Lake::create(&settings.lake).await?).await?;
    let report = sync(config, &settings.lake, system_clock(), options).await?;
    tell(&report, &mut std::io::stdout().lock())?;
    Ok(exit_of(&report))
}

/// Runs one sync with its progress on stderr.
pub(crate) async fn sync(
    config: ApiConfig,
    lake: &str,
    clock: Clock,
    options: SyncOptions,
) -> anyhow::Result<SyncReport> {
    let client = ApiClient::new(config, clock.clone())?;
    let lake = Lake::create(lake).await?;
    let progress = Progress::new();
    let report = LakeSync::new(client, lake, clock, options).run(&|event| progress.on(&event)).await;
    progress.finish();
    Ok(report?)
}

/// Credentials of the simulator's own account.
pub(crate) fn simulated(credentials: &voxlake_sim::Credentials) -> Credentials {
    Credentials {
        account_id: credentials.account_id.clone(),
        client_id: credentials.client_id.clone(),
        client_secret: credentials.client_secret.clone().into(),
    }
}

/// Says what a sync did, in a few lines.
pub(crate) fn tell(report: &SyncReport, out: &mut impl std::io::Write) -> std::io::Result<()> {
    let count = |n: usize| HumanCount(n as u64);
    let shown = period::shown(report.period.from, report.period.to, Tz::UTC);
    if report.windows == 0 {
        writeln!(out, "Nothing to fetch: all of {shown} is settled.")?;
        return Ok(());
    }
    writeln!(
        out,
        "Synced {shown}: {} of {} windows complete, in {} requests.",
        report.complete,
        report.windows,
        HumanCount(report.requests),
    )?;
    writeln!(
        out,
        "{} calls are new, {} changed, {} came again as they were.",
        count(report.added),
        count(report.changed),
        count(report.unchanged),
    )?;
    if report.rejected > 0 {
        writeln!(out, "{} records had no place and are in the lake's rejects.", count(report.rejected))?;
    }
    Ok(())
}

/// Says on stderr what is missing, and picks the exit code.
pub(crate) fn exit_of(report: &SyncReport) -> Exit {
    let mut err = std::io::stderr().lock();
    for failed in &report.failed {
        let range = failed.window.range;
        // A closed stderr changes nothing about what is missing.
        let _ = writeln!(
            err,
            "missing: {} to {}: {}",
            range.from,
            range.to,
            visible(&with_causes(&failed.error))
        );
    }
    match &report.stopped {
        Some(error @ FetchError::DailyLimit { .. }) => {
            let _ = writeln!(err, "stopped: {error}; what is complete is kept, run again then");
            Exit::TryLater
        }
        Some(error) => {
            let _ = writeln!(err, "error: {}", visible(&with_causes(error)));
            let _ = hint(error).map(|hint| writeln!(err, "hint: {hint}"));
            Exit::Failed
        }
        None if report.failed.is_empty() => Exit::Done,
        None => {
            let _ =
                writeln!(err, "error: {} windows are missing; run again to fetch them", report.failed.len());
            Exit::Failed
        }
    }
}
