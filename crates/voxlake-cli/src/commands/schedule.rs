//! `voxlake schedule`: reports that make themselves, listed, made when due, and as a service.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use chrono::DateTime;
use futures::FutureExt as _;

use voxlake_lake::{Lake, ReportsLock};
use voxlake_report::Period;
use voxlake_report::visible;

use super::query::questions;
use crate::args::ScheduleAction;
use crate::clock;
use crate::config::Settings;
use crate::exit::{Exit, UsageError, report, with_causes};
use crate::report::make::unknown_queues;
use crate::report::period;
use crate::schedule::{
    Desk, LakePress, Ledger, Plan, Press as _, Printed, Run, State, Summary, again, plans, serve,
};
use crate::signals;

/// The service looks at the clock at least so often: one that is set, or a machine that slept, is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

pub(crate) async fn run(settings: Settings, action: ScheduleAction) -> anyhow::Result<Exit> {
    let questions = questions(settings.queries.as_deref())?;
    let plans = plans(&settings, &questions)?;
    if plans.is_empty() {
        return Err(UsageError(
            "nothing is scheduled: write a [[schedule]] table in voxlake.toml; `voxlake schedule --help` shows one"
                .to_owned(),
        )
        .into());
    }
    let lake = Lake::open(&settings.lake).await?;
    let press = LakePress { settings, questions };
    match action {
        ScheduleAction::List { next, .. } => return list(&lake, &plans, &press, next.into()).await,
        ScheduleAction::Check { only, send_test, .. } => {
            let plans = match only {
                Some(name) => vec![known(&plans, &name)?.clone()],
                None => plans,
            };
            return check(&plans, &press, send_test).await;
        }
        _ => {}
    }
    let now = clock::now();
    let lock = lake.lock_reports(now).await?;
    let exit = if let ScheduleAction::Run { healthz, .. } = action {
        let desk =
            Desk { lake: &lake, lock: &lock, plans: &plans, press: &press, clock: clock::sync_clock() };
        service(&desk, healthz).await
    } else {
        tokio::select! {
            exit = act(&lake, &lock, &plans, &press, action) => exit,
            // What was begun is noted, and taken up the next time.
            () = signals::interrupted() => Ok(Exit::Interrupted),
        }
    };
    lock.release().await?;
    exit
}

async fn act(
    lake: &Lake,
    lock: &ReportsLock,
    plans: &[Plan],
    press: &LakePress,
    action: ScheduleAction,
) -> anyhow::Result<Exit> {
    let desk = Desk { lake, lock, plans, press, clock: clock::sync_clock() };
    match action {
        // Those have been seen to.
        ScheduleAction::List { .. } | ScheduleAction::Check { .. } | ScheduleAction::Run { .. } => {
            Ok(Exit::Done)
        }
        ScheduleAction::Due { changed, only, .. } => {
            only.as_deref().map(|name| known(plans, name)).transpose()?;
            let mut summary = desk.make_due(false, only.as_deref()).await?;
            if changed {
                let more = desk.make_changed(only.as_deref()).await?;
                summary.lines.extend(more.lines);
                summary.failed += more.failed;
            }
            if summary.lines.is_empty() {
                writeln!(std::io::stdout(), "Nothing is due.")?;
            }
            tell(&summary)?;
            Ok(if summary.failed == 0 { Exit::Done } else { Exit::Failed })
        }
        ScheduleAction::Again { name, period: asked, .. } => {
            let plan = known(plans, &name)?;
            let now = clock::now();
            let last = plan.last_times(DateTime::UNIX_EPOCH, now, 1).pop().unwrap_or(now);
            let period = match asked {
                Some(name) => period::resolved(&Period::named(&name), now, plan.zone)?,
                None => plan.order(last)?.period,
            };
            let summary = desk.make_again(plan, &again(plan, last, period)).await?;
            tell(&summary)?;
            Ok(if summary.failed == 0 { Exit::Done } else { Exit::Failed })
        }
    }
}

/// The schedule of this name.
fn known<'a>(plans: &'a [Plan], name: &str) -> Result<&'a Plan, UsageError> {
    plans.iter().find(|plan| plan.name == name).ok_or_else(|| {
        let names = plans.iter().map(|plan| plan.name.as_str()).collect::<Vec<_>>().join(", ");
        UsageError(format!("there is no schedule {name:?}; there is {names}"))
    })
}

/// Makes the report of each schedule for its last time, and delivers it as a test if that is asked for.
async fn check(plans: &[Plan], press: &LakePress, send_test: bool) -> anyhow::Result<Exit> {
    let (now, mut out, mut failed) = (clock::now(), std::io::stdout(), 0);
    let mut tell = |subject: &str, result: anyhow::Result<String>| {
        let (mark, words) = match result {
            Ok(words) => ("ok   ", words),
            Err(error) => {
                failed += 1;
                ("WRONG", with_causes(error.as_ref()))
            }
        };
        writeln!(out, "{mark} {}: {}", visible(subject), visible(&words))
    };
    for plan in plans {
        let last = plan.last_times(DateTime::UNIX_EPOCH, now, 1).pop().unwrap_or(now);
        let made = match plan.order(last) {
            Ok(order) => press.print(plan, &order, now).await.map(|printed| (order, printed)),
            Err(error) => Err(error.into()),
        };
        let (order, printed) = match made {
            Ok(made) => made,
            Err(error) => {
                tell(&plan.name, Err(error))?;
                continue;
            }
        };
        let unknown = unknown_queues(&press.settings, &press.questions, &order).await?;
        if !unknown.is_empty() {
            let unknown = unknown.iter().map(|queue| format!("{queue:?}")).collect::<Vec<_>>().join(", ");
            tell(&plan.name, Err(anyhow::anyhow!("no queue of the lake has the id or name {unknown}")))?;
        }
        let period = period::label(order.period, plan.zone);
        let alerts = if printed.alarmed { ", an alert holds" } else { "" };
        tell(&plan.name, Ok(format!("the report of {period} can be made{alerts}")))?;
        if send_test {
            let test = Printed { parcel: printed.parcel.marked_as_test(), ..printed };
            for destination in &plan.destinations {
                let id = format!("test-{}", now.timestamp_millis());
                let sent = press.deliver(destination, &test, &id).await;
                let place = destination.told();
                tell(&plan.name, sent.map(|()| format!("a test went to {place}")).context(place.clone()))?;
            }
        }
    }
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}

/// Makes what is due when it is due, until somebody wishes it to end.
async fn service(desk: &Desk<'_, LakePress>, healthz: Option<SocketAddr>) -> anyhow::Result<Exit> {
    let stop = signals::interrupted().boxed().shared();
    let health = Arc::new(Mutex::new((true, "nothing was due yet".to_owned())));
    let answers = match healthz {
        Some(address) => Some(tokio::spawn(serve(address, Arc::clone(&health)).await?)),
        None => None,
    };
    writeln!(std::io::stdout(), "{} schedules; SIGTERM ends the service", desk.plans.len())?;
    loop {
        let made = tokio::select! {
            biased;
            // What was begun is noted, and taken up by the next start.
            () = stop.clone() => break,
            made = desk.make_due(true, None) => made,
        };
        let state = match &made {
            Ok(summary) => {
                tell(summary)?;
                (
                    summary.failed == 0,
                    match summary.failed {
                        0 => "all is well".to_owned(),
                        failed => format!("{failed} reports failed the last time; see the log"),
                    },
                )
            }
            Err(error) => {
                report(error);
                (false, "the schedule could not be worked on; see the log".to_owned())
            }
        };
        // Between two runs that had nothing to do, the last word stands.
        if let Ok(mut health) = health.lock()
            && made.as_ref().map_or(true, |summary| !summary.lines.is_empty())
        {
            *health = state;
        }
        let next = desk.next().await.ok().flatten();
        let sleep = next
            .and_then(|next| (next - clock::now()).to_std().ok())
            .unwrap_or(LONGEST_SLEEP)
            .clamp(Duration::from_millis(100), LONGEST_SLEEP);
        tokio::select! {
            biased;
            () = stop.clone() => break,
            () = tokio::time::sleep(sleep) => {}
        }
    }
    if let Some(answers) = answers {
        answers.abort();
    }
    writeln!(std::io::stdout(), "ended")?;
    Ok(Exit::Done)
}

fn tell(summary: &Summary) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in &summary.lines {
        writeln!(out, "{}", visible(line))?;
    }
    out.flush()
}

async fn list(lake: &Lake, plans: &[Plan], press: &LakePress, next: usize) -> anyhow::Result<Exit> {
    let ledger = Ledger::read(lake).await?;
    let now = clock::now();
    let mut out = std::io::stdout();
    for plan in plans {
        let forms = plan.formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
        writeln!(out, "{}: {} as {forms}", visible(&plan.name), visible(&plan.definition.name))?;
        writeln!(out, "  when     {} ({})", visible(&plan.cron.describe()), plan.zone)?;
        let times = std::iter::successors(plan.next(now), |last| plan.next(*last)).take(next);
        for (at, time) in times.enumerate() {
            let word = if at == 0 { "next" } else { "" };
            let order = plan.order(time)?;
            writeln!(
                out,
                "  {word:<8} {}, about {}",
                time.with_timezone(&plan.zone).format("%a %Y-%m-%d %H:%M %:z"),
                period::label(order.period, plan.zone)
            )?;
        }
        for destination in &plan.destinations {
            writeln!(out, "  to       {}", visible(&destination.told()))?;
        }
        match ledger.runs_of(&plan.name).last() {
            None => writeln!(out, "  last     none yet")?,
            Some((_, run)) => {
                let is_changed = run.state == State::Done && is_changed(plan, run, press).await?;
                writeln!(out, "  last     {}", visible(&told(run, is_changed)))?;
            }
        }
    }
    Ok(Exit::Done)
}

async fn is_changed(plan: &Plan, run: &Run, press: &LakePress) -> anyhow::Result<bool> {
    let order = plan.order_of(voxlake_lake::TimeRange { from: run.from, to: run.to });
    Ok(run.data != Some(press.data(&order).await?))
}

fn told(run: &Run, is_changed: bool) -> String {
    let state = match run.state {
        State::Waiting => "waits",
        State::Begun => "was begun and not ended",
        State::Done => "delivered",
        State::Skipped => "not sent",
        State::Failed => "failed",
    };
    let made = run.made_at.map_or_else(String::new, |at| format!(" {}", at.format("%Y-%m-%d %H:%M UTC")));
    let reason = run.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let changed = if is_changed {
        "; its data changed since: `voxlake schedule due --changed` makes it again where its figures did"
    } else {
        ""
    };
    format!("{} {state}{made}{reason}{changed}", run.period)
}
