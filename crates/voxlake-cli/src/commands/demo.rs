//! `voxlake demo`: simulates an API, syncs from it and runs queries.

use std::io::Write as _;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use indicatif::HumanCount;
use voxlake_fetch::{ApiConfig, Clock, Credentials, SyncOptions};
use voxlake_lake::{Lake, TimeRange};
use voxlake_query::{BoundQuery, QueryLibrary};
use voxlake_report::Format;
use voxlake_sim::{LocalServer, ManualClock, ServerConfig};

use super::sync::{exit_of, sync};
use super::sync_report::print_report;
use super::{origin, query, sim};
use crate::args::DemoArgs;
use crate::clock::{self, SimulatorClock};
use crate::config::Settings;
use crate::exit::Exit;
use crate::signals;

/// Simulated time after the last day if that is in the past, so that all days are settled.
const TIME_AFTER_LAST_DAY: TimeDelta = TimeDelta::days(2);

pub(crate) async fn run(mut settings: Settings, args: DemoArgs) -> anyhow::Result<Exit> {
    settings.lake.clone_from(&args.lake);
    let centre = Arc::new(sim::centre(&args.centre)?);
    let (to, now) = match args.until {
        Some(date) => {
            let to = date.and_time(Default::default()).and_utc();
            // At most the current time: coverage from the future is not trusted.
            (to, Some((to + TIME_AFTER_LAST_DAY).min(clock::now()).max(to)))
        }
        None => (clock::now(), None),
    };
    let from = (to - TimeDelta::days(args.days.into())).date_naive().and_time(Default::default()).and_utc();

    let lake = Lake::create(&args.lake).await?;
    let lock = lake.lock(clock::now()).await?;
    let claimed = origin::claim(&lake, &lock, centre.config(), None).await;
    lock.release().await?;
    claimed?;
    let mut config = ServerConfig::new(centre);
    config = match now {
        Some(now) => config.with_clock(ManualClock::new(now)),
        None => config.with_clock(SimulatorClock),
    };
    let credentials = simulated(&config.credentials);
    let server = LocalServer::start(config).await?;
    say(&format!(
        "A simulated contact centre runs at {}: about {} calls per day, {} days of them are synced to {}.",
        server.api_url(),
        HumanCount(to_whole(args.centre.calls_per_day)),
        args.days,
        args.lake,
    ))?;
    let mut api = ApiConfig::new(server.api_url().parse()?, server.oauth_url().parse()?, credentials);
    api.requests_per_second = None;
    api.currency_symbols = settings.currency_symbols.clone();
    let mut options = SyncOptions::default();
    (options.from, options.to, options.settle) = (Some(from), Some(to), settings.settle);
    let report = sync(api, None, &settings, clock(now), options, signals::interrupted()).await?;
    server.stop().await?;
    print_report(&report, &settings, &mut std::io::stdout().lock())?;
    let exit = exit_of(&report);
    if exit != Exit::Done {
        return Ok(exit);
    }

    let session = query::open(&settings, false).await?;
    let catalog = QueryLibrary::shipped()?;
    for question in QUESTIONS {
        say("")?;
        let asked = BoundQuery::new(catalog.get(question)?, TimeRange { from, to }, Tz::UTC);
        let mut output = voxlake_shell::Output::stdout();
        query::answer(&session, &asked, Format::Table, &mut output).await?;
        output.finish()?;
    }
    say(&next(&args.lake))?;
    Ok(Exit::Done)
}

/// Queries of the demo.
const QUESTIONS: [&str; 3] = ["abandonment_rate", "duration_percentiles", "queue_charges"];
fn clock(fixed: Option<DateTime<Utc>>) -> Clock {
    match fixed {
        Some(now) => Arc::new(move || now),
        None => clock::sync_clock(),
    }
}

fn next(lake: &str) -> String {
    format!(
        "
Next:
  voxlake query abandonment_rate --lake {lake} -p by=hour --timezone America/Los_Angeles
  voxlake query queue_charges --lake {lake} -p attribution=first --format csv
  voxlake query --lake {lake} -c 'SELECT result, count(*) AS calls FROM voice_calls GROUP BY result ORDER BY calls DESC'
  voxlake demo --lake {lake}                  again: fetches only data that is not settled
  voxlake sync --help                            the same with a real account"
    )
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Converts the credentials of the simulator's account.
fn simulated(credentials: &voxlake_sim::Credentials) -> Credentials {
    Credentials::new(
        credentials.account_id.clone(),
        credentials.client_id.clone(),
        credentials.client_secret.clone(),
    )
}

/// Rounds a count for people.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the centre allows no more than ten million"
)]
fn to_whole(count: f64) -> u64 {
    count.round() as u64
}
