//! `voxlake demo`: the whole way, from an API to an answer, with nothing but this program.

use std::io::Write as _;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use indicatif::HumanCount;
use voxlake_fetch::{ApiConfig, Clock, Credentials, Retry, SyncOptions, View, system_clock};
use voxlake_lake::{Lake, TimeRange};
use voxlake_query::Catalog;
use voxlake_report::Format;
use voxlake_sim::{LocalServer, ManualClock, ServerConfig};

use super::sync::{exit_of, sync};
use super::sync_report::tell;
use super::{query, sim};
use crate::args::{CentreArgs, DemoArgs};
use crate::config::Settings;
use crate::exit::{Exit, UsageError};
use crate::signals;

/// Days that end in the past are looked at from so much later, when all of them are settled.
const LOOKED_BACK_FROM: TimeDelta = TimeDelta::days(2);

pub(crate) async fn run(mut settings: Settings, args: DemoArgs) -> anyhow::Result<Exit> {
    settings.lake.clone_from(&args.lake);
    let centre = Arc::new(sim::centre(&args.centre)?);
    let (to, now) = match args.until {
        Some(date) => {
            let to = date.and_time(Default::default()).and_utc();
            (to, Some(to + LOOKED_BACK_FROM))
        }
        None => (Utc::now(), None),
    };
    let from = (to - TimeDelta::days(args.days.into())).date_naive().and_time(Default::default()).and_utc();

    claim(&args).await?;
    let mut config = ServerConfig::new(centre);
    if let Some(now) = now {
        config = config.with_clock(ManualClock::at(now));
    }
    let credentials = simulated(&config.credentials);
    let server = LocalServer::start(config).await?;
    say(&format!(
        "A simulated contact centre answers at {}; about {} calls a day, {} days of them go to {}.",
        server.api_url(),
        HumanCount(to_whole(args.centre.calls_per_day)),
        args.days,
        args.lake,
    ))?;
    let api = ApiConfig {
        api_url: server.api_url().parse()?,
        oauth_url: server.oauth_url().parse()?,
        credentials,
        account: None,
        view: View::Detail,
        requests_per_second: None,
        retry: Retry::default(),
    };
    let options =
        SyncOptions { from: Some(from), to: Some(to), settle: settings.settle()?, ..SyncOptions::default() };
    let report = sync(api, &args.lake, clock(now), options, signals::interrupted()).await?;
    server.stop().await?;
    tell(&report, &settings, &mut std::io::stdout().lock())?;
    let exit = exit_of(&report);
    if exit != Exit::Done {
        return Ok(exit);
    }

    let session = query::open(&settings, false).await?;
    let catalog = Catalog::shipped()?;
    for question in QUESTIONS {
        say("")?;
        let asked = query::Asked::new(catalog.get(question)?, TimeRange { from, to }, Tz::UTC);
        let mut output = query::Output::stdout();
        query::answer(&session, &asked, Format::Table, &mut output).await?;
        output.finish()?;
    }
    say(&next(&args.lake))?;
    Ok(Exit::Done)
}

/// The questions that the demo asks, each of another kind.
const QUESTIONS: [&str; 3] = ["abandonment_rate", "duration_percentiles", "queue_charges"];
/// Begins the origin of every lake of simulated calls.
const SIMULATED: &str = "simulated calls";

/// Takes the lake for this centre's calls. Calls of two centres, or invented and real ones, would make
/// figures of neither.
async fn claim(args: &DemoArgs) -> anyhow::Result<()> {
    let CentreArgs { seed, calls_per_day, queues, agents } = args.centre;
    let origin = format!("{SIMULATED}: seed {seed}, {calls_per_day} a day, {queues} queues, {agents} agents");
    let lake = Lake::create(&args.lake).await?;
    let known = lake.origin().await?;
    if known.as_deref() == Some(&origin) {
        return Ok(());
    }
    if known.is_some() || !lake.days().await?.is_empty() {
        let holds = known.unwrap_or_else(|| "calls that no demo made".to_owned());
        return Err(UsageError(format!("{} holds {holds}: name another --lake", args.lake)).into());
    }
    let lock = lake.lock(Utc::now()).await?;
    lake.set_origin(&lock, &origin).await?;
    Ok(lock.release().await?)
}

/// Refuses a lake of simulated calls, for whoever brings real ones.
pub(crate) async fn refuse_simulated(lake: &Lake) -> anyhow::Result<()> {
    match lake.origin().await? {
        Some(origin) if origin.starts_with(SIMULATED) => Err(UsageError(format!(
            "{} holds {origin}, which real ones must not join: name another --lake",
            lake.location()
        ))
        .into()),
        _ => Ok(()),
    }
}

fn clock(fixed: Option<DateTime<Utc>>) -> Clock {
    match fixed {
        Some(now) => Arc::new(move || now),
        None => system_clock(),
    }
}

fn next(lake: &str) -> String {
    format!(
        "
Next:
  voxlake query abandonment_rate --lake {lake} -p by=hour --timezone America/Los_Angeles
  voxlake query queue_charges --lake {lake} -p attribution=first --format csv
  voxlake query --lake {lake} -c 'SELECT result, count(*) AS calls FROM voice_calls GROUP BY result ORDER BY calls DESC'
  voxlake demo --lake {lake}                  again: fetches only what is not settled
  voxlake sync --help                            the same with a real account"
    )
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Credentials of the simulator's own account.
fn simulated(credentials: &voxlake_sim::Credentials) -> Credentials {
    Credentials {
        account_id: credentials.account_id.clone(),
        client_id: credentials.client_id.clone(),
        client_secret: credentials.client_secret.clone().into(),
    }
}

/// A count for people.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the centre allows no more than ten million"
)]
fn to_whole(count: f64) -> u64 {
    count.round() as u64
}
