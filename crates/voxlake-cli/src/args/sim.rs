//! Arguments of `voxlake sim`.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use voxlake_sim::{AccountPlan, Faults, parse_clock_skew};

use super::choice::one_of;
use super::{CentreArgs, date};

/// Serve simulated calls with the interface of the API.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Example, in two terminals:
  voxlake sim --port 8080                        prints the variables for the second terminal
  voxlake sync --lake data/sim

Fault injection:
  voxlake sim --latency 300ms --plan pro         latency of a network, and the smaller plan
  voxlake sim --faults 0.1                       about every tenth request fails
  voxlake sim --faults 0.1:7 --seed 3            other faults and other calls
  voxlake sim --requests-per-day 50              a low daily limit
  voxlake sim --skew -5m                         a server clock that is behind")]
pub(crate) struct SimArgs {
    /// Loopback port; 0 picks a free one
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// Rate limits to enforce
    #[arg(long, default_value = "business", value_parser = one_of(&AccountPlan::ALL, AccountPlan::name, AccountPlan::description))]
    pub(crate) plan: AccountPlan,
    /// Maximum requests per second, instead of the plan's
    #[arg(long, value_name = "N")]
    pub(crate) requests_per_second: Option<NonZeroU32>,
    /// Maximum requests per UTC day, instead of the plan's
    #[arg(long, value_name = "N")]
    pub(crate) requests_per_day: Option<NonZeroU32>,
    /// Latency of each response with calls, such as 300ms
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "0s")]
    pub(crate) latency: Duration,
    /// Inject faults into this share of requests (0 to 1), and anomalies into as many records
    ///
    /// Responses fail, are truncated, late, garbled or repeated; tokens expire; counts are wrong. A
    /// client can recover from all of them. Records have unknown fields, and additional records
    /// are not calls. The same seed (default: 1) gives the same faults for the same requests.
    #[arg(long, value_name = "RATE[:SEED]")]
    pub(crate) faults: Option<Faults>,
    /// Offset of the server's clock from this machine's, such as 5m; -5m is behind
    #[arg(long, value_name = "DURATION", value_parser = parse_clock_skew, allow_hyphen_values = true, default_value = "0s")]
    pub(crate) skew: TimeDelta,
    /// First day of the call log, a UTC date [default: unlimited history]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) history_from: Option<NaiveDate>,
    #[command(flatten)]
    pub(crate) centre: CentreArgs,
}
