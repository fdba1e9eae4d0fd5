//! `voxlake sim`: the simulator as a server of its own.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use voxlake_sim::{Centre, CentreConfig, RateLimits, ServerConfig};

use crate::args::{CentreArgs, PlanName, SimArgs};
use crate::exit::{Exit, UsageError};
use crate::signals;

pub(crate) async fn run(args: SimArgs) -> anyhow::Result<Exit> {
    let mut config = ServerConfig::new(Arc::new(centre(&args.centre)?));
    config.limits = match args.plan {
        PlanName::Pro => RateLimits::PRO,
        PlanName::Business => RateLimits::BUSINESS,
        PlanName::Unlimited => RateLimits::default(),
    };
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

/// The simulated centre that the flags describe.
pub(crate) fn centre(args: &CentreArgs) -> anyhow::Result<Centre> {
    let config = CentreConfig {
        seed: args.seed,
        calls_per_day: args.calls_per_day,
        queues: args.queues,
        agents: args.agents,
        ..CentreConfig::default()
    };
    Ok(Centre::new(config).map_err(|error| UsageError(error.to_string()))?)
}
