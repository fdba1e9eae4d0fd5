//! `voxlake schedule`: scheduled reports, listed, checked, run when due, and as a service.

mod updater;

use std::io::Write as _;
use std::net::SocketAddr;

use voxlake_lake::{Lake, ReportsLock};
use voxlake_query::QueryLibrary;
use voxlake_report::escape_control_chars;
use voxlake_schedule::{
    Environment, Health, LakeReportRunner, RunSummary, Schedule, ScheduleError, Scheduler, check_schedules,
    find_schedule, list_schedules, run_service, serve_health,
};

use self::updater::{Runner, SettingsUpdater};
use super::report::builder::report_builder;
use crate::args::ScheduleAction;
use crate::clock;
use crate::config::{self, Settings, add_trust_hint};
use crate::exit::{Exit, UsageError, report};
use crate::signals;
use voxlake_shell::stderr_line;

pub(crate) async fn run(settings: Settings, action: ScheduleAction) -> anyhow::Result<Exit> {
    let queries = QueryLibrary::load(settings.queries.as_deref())?;
    let environment: Environment = config::variables().collect();
    let environment = environment.with_store(settings.store_options().clone());
    let schedules = schedules(&settings, &queries, &environment)?;
    let lake = Lake::open(&settings.lake).await?;
    let (delay, clock) = (settings.retry_delay, clock::sync_clock());
    let builder = report_builder(&settings, queries)?;
    let runner = LakeReportRunner::new(builder, SettingsUpdater(settings), delay, clock, environment);
    match action {
        ScheduleAction::List { next, .. } => {
            return list(&lake, &schedules, &runner, next.into()).await;
        }
        ScheduleAction::Check { only, send_test, .. } => {
            let schedules = match only {
                Some(name) => vec![find_schedule(&schedules, &name)?.clone()],
                None => schedules,
            };
            return check(&schedules, &runner, send_test).await;
        }
        _ => {}
    }
    let lock = lake.lock_reports(clock::now()).await?;
    let exit = if let ScheduleAction::Run { healthz, .. } = action {
        let scheduler = Scheduler::new(&lake, &lock, &schedules, &runner, clock::sync_clock());
        serve(&scheduler, schedules.len(), healthz).await
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
fn schedules(
    settings: &Settings,
    queries: &QueryLibrary,
    environment: &Environment,
) -> anyhow::Result<Vec<Schedule>> {
    if settings.schedule.is_empty() {
        return Err(UsageError(
            "nothing is scheduled: write a [[schedule]] table in voxlake.toml; `voxlake schedule --help` shows one"
                .to_owned(),
        )
        .into());
    }
    settings.check_deliveries().map_err(add_trust_hint)?;
    Ok(settings.parse_schedules(queries, environment, clock::now())?)
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
            only.as_deref().map(|name| find_schedule(schedules, name)).transpose()?;
            let mut summary = scheduler.run_due(false, only.as_deref()).await?;
            if changed {
                summary.extend(scheduler.run_changed(only.as_deref()).await?);
            }
            if summary.lines.is_empty() {
                writeln!(std::io::stdout(), "Nothing is due.")?;
            }
            summary
        }
        ScheduleAction::Rerun { name, period, .. } => scheduler.rerun(&name, period.as_deref()).await?,
    };
    print_lines(&summary.lines)?;
    Ok(if summary.failed == 0 { Exit::Done } else { Exit::Failed })
}

/// Prints the results of all checks.
async fn check(schedules: &[Schedule], runner: &Runner, send_test: bool) -> anyhow::Result<Exit> {
    let (mut failed, mut printed) = (0, Ok(()));
    let mut print = |schedule: &Schedule, result: Result<String, String>| {
        failed += usize::from(result.is_err());
        let (mark, text) = result.map_or_else(|text| ("FAIL ", text), |text| ("ok   ", text));
        let (name, text) = (escape_control_chars(&schedule.name), escape_control_chars(&text));
        let line = writeln!(std::io::stdout(), "{mark} {name}: {text}");
        printed = std::mem::replace(&mut printed, Ok(())).and(line);
    };
    check_schedules(schedules, runner, send_test, clock::now(), &mut print).await;
    printed?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}

/// Prints all schedules, each with its next `next` times.
async fn list(lake: &Lake, schedules: &[Schedule], runner: &Runner, next: usize) -> anyhow::Result<Exit> {
    let listing = list_schedules(lake, schedules, runner, next, clock::now()).await?;
    print_lines(&listing.lines)?;
    if listing.has_changes {
        stderr_line!(
            "hint: `voxlake schedule due --changed` delivers reports again whose figures have changed"
        );
    }
    Ok(Exit::Done)
}

/// Runs reports when they are due, until a signal ends the service.
async fn serve(
    scheduler: &Scheduler<'_, Runner>,
    schedules: usize,
    healthz: Option<SocketAddr>,
) -> anyhow::Result<Exit> {
    let health = Health::new("nothing was due yet");
    let server = match healthz {
        Some(address) => Some(tokio::spawn(serve_health(address, health.clone()).await?)),
        None => None,
    };
    writeln!(std::io::stdout(), "{schedules} schedules; SIGTERM ends the service")?;
    let on_outcome = |outcome: Result<RunSummary, ScheduleError>| match outcome {
        Ok(summary) => print_lines(&summary.lines),
        Err(error) => {
            report(&error.into());
            Ok(())
        }
    };
    run_service(scheduler, clock::sync_clock(), signals::interrupted(), &health, &on_outcome).await?;
    if let Some(server) = server {
        server.abort();
    }
    writeln!(std::io::stdout(), "ended")?;
    Ok(Exit::Done)
}

fn print_lines(lines: &[String]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{}", escape_control_chars(line))?;
    }
    out.flush()
}
