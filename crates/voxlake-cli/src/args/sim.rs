//! Arguments of `voxlake sim`.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use clap::ValueEnum;

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
    #[arg(long, value_enum, default_value_t = PlanName::Business)]
    pub(crate) plan: PlanName,
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
    #[arg(long, value_name = "RATE[:SEED]", value_parser = faults)]
    pub(crate) faults: Option<FaultsArg>,
    /// Offset of the server's clock from this machine's, such as 5m; -5m is behind
    #[arg(long, value_name = "DURATION", value_parser = skew, allow_hyphen_values = true, default_value = "0s")]
    pub(crate) skew: TimeDelta,
    /// First day of the call log, a UTC date [default: unlimited history]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) history_from: Option<NaiveDate>,
    #[command(flatten)]
    pub(crate) centre: CentreArgs,
}

/// Rate limits of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanName {
    /// 5 requests a second, 15,000 a day
    Pro,
    /// 10 requests a second, 30,000 a day
    Business,
    /// No limits
    Unlimited,
}

/// Share of requests with faults, and seed that selects them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FaultsArg {
    /// Share of requests, 0 to 1.
    pub(crate) rate: f64,
    pub(crate) seed: u64,
}

fn faults(text: &str) -> Result<FaultsArg, String> {
    let (rate, seed) = text.split_once(':').unwrap_or((text, "1"));
    let rate = rate.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
    let rate = rate.ok_or_else(|| format!("{text:?} has no rate from 0 to 1, such as 0.1 or 0.1:7"))?;
    let seed = seed.parse().map_err(|_| format!("{text:?} has no whole number for a seed, such as 0.1:7"))?;
    Ok(FaultsArg { rate, seed })
}

fn skew(text: &str) -> Result<TimeDelta, String> {
    let (sign, length) = match text.strip_prefix('-') {
        Some(length) => (-1, length),
        None => (1, text),
    };
    let length = humantime::parse_duration(length).map_err(|error| error.to_string())?;
    // A larger offset is a mistake.
    let length = TimeDelta::from_std(length).ok().filter(|length| *length <= TimeDelta::days(3650));
    length.map(|length| length * sign).ok_or_else(|| format!("{text:?} is more than ten years"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_a_rate_and_a_seed() {
        assert_eq!(faults("0.1"), Ok(FaultsArg { rate: 0.1, seed: 1 }));
        assert_eq!(faults("1:7"), Ok(FaultsArg { rate: 1.0, seed: 7 }));
        for bad in ["", ":", "0.1:", ":7", "1.1", "-0.1", "NaN", "inf", "0.1:x", "0.1:-1", "10%"] {
            assert!(faults(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_clock_is_ahead_or_behind() {
        assert_eq!(skew("5m"), Ok(TimeDelta::minutes(5)));
        assert_eq!(skew("-1h 30s"), Ok(TimeDelta::seconds(-3630)));
        for bad in ["", "-", "5", "--5m", "11years", "1000000000000years"] {
            assert!(skew(bad).is_err(), "{bad}");
        }
    }
}
