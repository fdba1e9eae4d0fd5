//! `voxlake demo`: simulates an API, syncs from it and runs queries.

use std::io::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use indicatif::HumanFloatCount;
use voxlake_fetch::{ApiConfig, Clock, Credentials, SyncOptions};
use voxlake_generate::{DemoPeriod, claim_simulated};
use voxlake_lake::Lake;
use voxlake_query::{BoundQuery, QueryLibrary};
use voxlake_report::Format;
use voxlake_sim::{LocalServer, ManualClock, ServerConfig};

use super::sync::sync;
use super::sync_report::{exit_of, print_report};
use super::{origin, query, sim};
use crate::args::DemoArgs;
use crate::clock;
use crate::config::Settings;
use crate::exit::Exit;
use crate::signals;

pub(crate) async fn run(mut settings: Settings, args: DemoArgs) -> anyhow::Result<Exit> {
    settings.lake = settings.lake_at(&args.lake)?;
    let centre = Arc::new(sim::centre(&args.centre)?);
    let DemoPeriod { period, fixed_now, .. } = DemoPeriod::new(args.days, args.until, clock::now());

    let lake = Lake::create(&settings.lake).await?;
    claim_simulated(&lake, centre.config(), clock::now()).await.map_err(origin::with_remedy)?;
    let mut config = ServerConfig::new(centre);
    config = match fixed_now {
        Some(now) => config.with_clock(ManualClock::new(now)),
        None => config.with_clock(clock::now as fn() -> _),
    };
    let credentials = simulated(&config.credentials);
    let server = LocalServer::start(config).await?;
    say(&format!(
        "A simulated contact centre runs at {}: about {} calls per day, {} days of them are synced to {}.",
        server.api_url(),
        HumanFloatCount(args.centre.calls_per_day.round()),
        args.days,
        args.lake,
    ))?;
    let mut api = ApiConfig::new(server.api_url().parse()?, server.oauth_url().parse()?, credentials);
    api.requests_per_second = None;
    api.currency_symbols = settings.currency_symbols.clone();
    let mut options = SyncOptions::default();
    (options.from, options.to, options.settle) = (Some(period.from), Some(period.to), settings.settle);
    let done = sync(api, None, &settings, clock(fixed_now), options, signals::interrupted()).await?;
    server.stop().await?;
    print_report(&done.report, &settings, &mut std::io::stdout().lock())?;
    let exit = exit_of(&done.report).and(done.publish_exit);
    if exit != Exit::Done {
        return Ok(exit);
    }

    let session = query::open(&settings, false).await?;
    let catalog = QueryLibrary::shipped()?;
    for question in QUESTIONS {
        say("")?;
        let asked = BoundQuery::new(catalog.get(question)?, period, Tz::UTC);
        let mut output = voxlake_shell::Output::stdout();
        query::printer(Format::Table).print_query(&session, &asked, &mut output).await?;
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
