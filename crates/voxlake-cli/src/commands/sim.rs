//! `voxlake sim`: the simulator as a server of its own.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::NaiveTime;
use tokio::net::TcpListener;
use voxlake_sim::{Centre, ServerConfig};

use crate::args::{CentreArgs, SimArgs};
use crate::clock;
use crate::exit::{Exit, UsageError};
use crate::signals;

pub(crate) async fn run(args: SimArgs) -> anyhow::Result<Exit> {
    let config = config(&args)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port))
        .await
        .with_context(|| format!("cannot listen on port {}; --port 0 picks a free one", args.port))?;
    let address = listener.local_addr()?;
    let credentials = config.credentials.clone();
    {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "# Simulated calls at http://{address}; Ctrl-C ends it. For `voxlake sync` elsewhere:"
        )?;
        writeln!(out, "export VOXLAKE_API_URL=http://{address}/v2 VOXLAKE_OAUTH_URL=http://{address}")?;
        writeln!(
            out,
            "export ZOOM_ACCOUNT_ID={} ZOOM_CLIENT_ID={} ZOOM_CLIENT_SECRET={}",
            credentials.account_id, credentials.client_id, credentials.client_secret
        )?;
        out.flush()?;
    }
    voxlake_sim::serve(listener, config, signals::interrupted()).await?;
    Ok(Exit::Done)
}

/// The server that the flags describe.
fn config(args: &SimArgs) -> anyhow::Result<ServerConfig> {
    let mut config = ServerConfig::new(Arc::new(centre(&args.centre)?)).with_clock(clock::now as fn() -> _);
    config.limits = args.plan.limits();
    config.limits.per_second = args.requests_per_second.map(NonZeroU32::get).or(config.limits.per_second);
    config.limits.per_day = args.requests_per_day.map(NonZeroU32::get).or(config.limits.per_day);
    config.latency = args.latency;
    config.clock_skew = args.skew;
    config.history_start = args.history_from.map(|date| date.and_time(NaiveTime::MIN).and_utc());
    config.faults = args.faults.clone().unwrap_or_default();
    Ok(config)
}

/// The simulated centre that the flags describe.
pub(crate) fn centre(args: &CentreArgs) -> anyhow::Result<Centre> {
    let config = args.contact_center.config().with_calls_per_day(args.calls_per_day);
    Ok(Centre::new(config).map_err(|error| UsageError(error.to_string()))?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{TimeDelta, TimeZone as _, Utc};
    use clap::Parser as _;
    use voxlake_sim::{Faults, RateLimits};

    use super::*;
    use crate::args::{Args, Command};

    fn config_of(flags: &str) -> ServerConfig {
        let args = Args::try_parse_from(["voxlake", "sim"].into_iter().chain(flags.split_whitespace()));
        let Command::Sim(args) = args.unwrap().command else { panic!("not the command") };
        config(&args).unwrap()
    }

    #[test]
    fn flags_decide_what_the_server_is_like() {
        let config = config_of("");
        assert_eq!(config.limits, RateLimits::BUSINESS);
        assert_eq!((config.latency, config.clock_skew), (Duration::ZERO, TimeDelta::zero()));
        let config = config_of(
            "--plan pro --requests-per-day 50 --latency 300ms --skew -5m --history-from 2026-01-01 --faults 0.5:9",
        );
        assert_eq!(config.limits, RateLimits::new(5, 50));
        assert_eq!(config.latency, Duration::from_millis(300));
        assert_eq!(config.clock_skew, TimeDelta::minutes(-5));
        assert_eq!(config.history_start, Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).single());
        assert_eq!(format!("{:?}", config.faults), format!("{:?}", Faults::seeded(9, 0.5)));
        let config = config_of("--plan unlimited --requests-per-second 3");
        assert_eq!((config.limits.per_second, config.limits.per_day), (Some(3), None));
    }
}
