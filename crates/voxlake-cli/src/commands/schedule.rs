//! `voxlake schedule`: scheduled reports, listed, checked, run when due, and as a service.

mod list;
mod output;
mod service;
mod updater;

use std::io::Write as _;

use anyhow::Context as _;
use voxlake_lake::{Lake, ReportsLock};
use voxlake_query::Catalog;
use voxlake_report::Period;
use voxlake_report::{error_chain, escape_control_chars};
use voxlake_schedule::report::period::{period_label, resolve_period};
use voxlake_schedule::{
    DueRun, LakeReportRunner, RenderedReport, ReportRunner as _, Schedule, ScheduleContext, Scheduler,
    parse_schedules,
};

use self::output::print_summary;
use self::updater::{Runner, SettingsUpdater};
use super::query::questions;
use super::report::builder::report_builder;
use crate::args::ScheduleAction;
use crate::clock;
use crate::config::{Recipient, Settings};
use crate::exit::{Exit, UsageError};
use crate::signals;

pub(crate) async fn run(settings: Settings, action: ScheduleAction) -> anyhow::Result<Exit> {
    let queries = questions(settings.queries.as_deref())?;
    let schedules = schedules(&settings, &queries)?;
    let lake = Lake::open(&settings.lake).await?;
    let (delay, clock) = (settings.retry_delay, clock::sync_clock());
    let builder = report_builder(&settings, queries)?;
    let runner = LakeReportRunner::new(builder, SettingsUpdater(settings), delay, clock);
    match action {
        ScheduleAction::List { next, .. } => {
            return list::list(&lake, &schedules, &runner, next.into()).await;
        }
        ScheduleAction::Check { only, send_test, .. } => {
            let schedules = match only {
                Some(name) => vec![find(&schedules, &name)?.clone()],
                None => schedules,
            };
            return check(&schedules, &runner, send_test).await;
        }
        _ => {}
    }
    let lock = lake.lock_reports(clock::now()).await?;
    let exit = if let ScheduleAction::Run { healthz, .. } = action {
        let scheduler = Scheduler::new(&lake, &lock, &schedules, &runner, clock::sync_clock());
        service::run(&scheduler, schedules.len(), healthz).await
    } else {
        tokio::select! {
            exit = act(&lake, &lock, &schedules, &runner, action) => exit,
            // The ledger records started runs; the next run continues them.
            () = signals::interrupted() => Ok(Exit::Interrupted),
        }
    };
    lock.release().await?;
    exit
}

/// Parses the schedules of the settings. There has to be one.
fn schedules(settings: &Settings, queries: &Catalog) -> anyhow::Result<Vec<Schedule>> {
    if settings.schedule.is_empty() {
        return Err(UsageError(
            "nothing is scheduled: write a [[schedule]] table in voxlake.toml; `voxlake schedule --help` shows one"
                .to_owned(),
        )
        .into());
    }
    for (number, config) in (1..).zip(&settings.schedule) {
        let check = |has_secret: bool, recipient| match has_secret {
            true => settings.check_recipient(recipient).map_err(|error| {
                let name = config.name.as_ref().unwrap_or(&config.report);
                UsageError(format!("schedule {number} ({name:?}): {error}"))
            }),
            false => Ok(()),
        };
        check(config.deliver.iter().any(|one| one.email.is_some()), Recipient::Mail)?;
        check(config.deliver.iter().any(|one| one.authorization.is_some()), Recipient::Webhook)?;
    }
    let context = ScheduleContext {
        lake: &settings.lake,
        queries,
        reports: settings.reports.as_deref(),
        mail: settings.mail.as_ref(),
        zone: settings.timezone,
        now: clock::now(),
    };
    Ok(parse_schedules(&settings.schedule, &context)?)
}

async fn act(
    lake: &Lake,
    lock: &ReportsLock,
    schedules: &[Schedule],
    runner: &Runner,
    action: ScheduleAction,
) -> anyhow::Result<Exit> {
    let scheduler = Scheduler::new(lake, lock, schedules, runner, clock::sync_clock());
    let summary = match action {
        // `run` handles these.
        ScheduleAction::List { .. } | ScheduleAction::Check { .. } | ScheduleAction::Run { .. } => {
            return Ok(Exit::Done);
        }
        ScheduleAction::Due { changed, only, .. } => {
            only.as_deref().map(|name| find(schedules, name)).transpose()?;
            let mut summary = scheduler.run_due(false, only.as_deref()).await?;
            if changed {
                summary.extend(scheduler.run_changed(only.as_deref()).await?);
            }
            if summary.lines.is_empty() {
                writeln!(std::io::stdout(), "Nothing is due.")?;
            }
            summary
        }
        ScheduleAction::Rerun { name, period, .. } => {
            let schedule = find(schedules, &name)?;
            let now = clock::now();
            let last = schedule.last_until(now);
            let period = match period {
                Some(name) => resolve_period(&Period::parse(&name), now, schedule.zone)?,
                None => schedule.period_at(last)?,
            };
            scheduler.rerun(schedule, &DueRun::new(schedule, last, period)).await?
        }
    };
    print_summary(&summary)?;
    Ok(if summary.failed == 0 { Exit::Done } else { Exit::Failed })
}

fn find<'a>(schedules: &'a [Schedule], name: &str) -> Result<&'a Schedule, UsageError> {
    schedules.iter().find(|schedule| schedule.name == name).ok_or_else(|| {
        let names = schedules.iter().map(|schedule| schedule.name.as_str()).collect::<Vec<_>>().join(", ");
        UsageError(format!("there is no schedule {name:?}; there is {names}"))
    })
}

/// Builds the report of each schedule for its last time, and delivers it as a test if `send_test`.
async fn check(schedules: &[Schedule], runner: &Runner, send_test: bool) -> anyhow::Result<Exit> {
    let mut failed = 0;
    for schedule in schedules {
        let mut print = |result: anyhow::Result<String>| {
            let (mark, text) = match result {
                Ok(text) => ("ok   ", text),
                Err(error) => {
                    failed += 1;
                    ("FAIL ", error_chain(error.as_ref()))
                }
            };
            writeln!(
                std::io::stdout(),
                "{mark} {}: {}",
                escape_control_chars(&schedule.name),
                escape_control_chars(&text)
            )
        };
        match check_report(schedule, runner, &mut print).await {
            Ok(report) if send_test => send_tests(schedule, runner, &report, &mut print).await?,
            Ok(_) => {}
            Err(error) => print(Err(error))?,
        }
    }
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}

/// Builds the report of a schedule for its last time, and checks its queues.
async fn check_report(
    schedule: &Schedule,
    runner: &Runner,
    print: &mut impl FnMut(anyhow::Result<String>) -> std::io::Result<()>,
) -> anyhow::Result<RenderedReport> {
    let now = clock::now();
    let request = schedule.request(schedule.period_at(schedule.last_until(now))?);
    let report = runner.render(schedule, &request, now).await?;
    let unknown = runner.builder().unknown_queues(&request).await?;
    if !unknown.is_empty() {
        let unknown = unknown.iter().map(|queue| format!("{queue:?}")).collect::<Vec<_>>().join(", ");
        print(Err(anyhow::anyhow!("no queue of the lake has the id or name {unknown}")))?;
    }
    let period = period_label(request.period, schedule.zone);
    let alerts = if report.alarmed { ", an alert holds" } else { "" };
    print(Ok(format!("the report of {period} can be built{alerts}")))?;
    Ok(report)
}

async fn send_tests(
    schedule: &Schedule,
    runner: &Runner,
    report: &RenderedReport,
    print: &mut impl FnMut(anyhow::Result<String>) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let test = RenderedReport { payload: report.payload.marked_as_test(), ..report.clone() };
    for destination in &schedule.destinations {
        let id = format!("test-{}", clock::now().timestamp_millis());
        let destination_text = destination.describe();
        let sent = runner.deliver(destination, &test, &id).await;
        print(sent.map(|()| format!("a test was sent to {destination_text}")).context(destination_text))?;
    }
    Ok(())
}
