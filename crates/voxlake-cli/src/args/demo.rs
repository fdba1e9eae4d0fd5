//! Arguments of `voxlake demo`, and of all commands that simulate a contact center.

use voxlake_sim::CentreConfig;

use super::date;

/// Simulated contact center and its call volume.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CentreArgs {
    #[command(flatten)]
    pub(crate) contact_center: ContactCenterArgs,
    /// Simulated calls per day, on average over a week
    #[arg(long, default_value_t = 3333.0, value_name = "N", allow_negative_numbers = true)]
    pub(crate) calls_per_day: f64,
}

/// Simulated contact center.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ContactCenterArgs {
    /// Seed of the simulated calls; the same seed gives the same calls
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Number of queues
    #[arg(long, default_value_t = 40, value_name = "N")]
    pub(crate) queues: u32,
    /// Number of agents
    #[arg(long, default_value_t = 800, value_name = "N")]
    pub(crate) agents: u32,
}

impl ContactCenterArgs {
    /// Returns the configuration of the centre, with the default number of calls.
    pub(crate) fn config(&self) -> CentreConfig {
        CentreConfig::default().with_seed(self.seed).with_queues(self.queues).with_agents(self.agents)
    }
}

/// Try Voxlake: simulate a month of calls, sync them over HTTP, and run three queries.
///
/// Needs no account and no credentials. A second run fetches only what is not settled.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake demo
  voxlake demo --days 7 --calls-per-day 20000 --lake /tmp/calls")]
pub(crate) struct DemoArgs {
    /// Lake of the simulated calls: a folder or a URL
    #[arg(long, value_name = "PATH|URL", default_value = "data/demo")]
    pub(crate) lake: String,
    /// Days to simulate
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,
    /// End of the last day, a UTC date [default: now]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) until: Option<chrono::NaiveDate>,
    #[command(flatten)]
    pub(crate) centre: CentreArgs,
}
