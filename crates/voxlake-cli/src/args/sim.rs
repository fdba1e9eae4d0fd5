//! What can be typed after `voxlake sim`.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use clap::ValueEnum;

use super::{CentreArgs, date};

/// Serve simulated calls as the API would.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Example, in two terminals:
  voxlake sim --port 8080                        prints the variables that the second one needs
  voxlake sync --lake data/sim

Worse weather:
  voxlake sim --latency 300ms --plan pro         as slow as a network, and the smaller plan
  voxlake sim --faults 0.1                       every tenth request or so goes wrong
  voxlake sim --faults 0.1:7 --seed 3            the same with other faults, of other calls
  voxlake sim --requests-per-day 50              a daily limit that is soon reached
  voxlake sim --skew -5m                         a server whose clock is behind")]
pub(crate) struct SimArgs {
    /// Port to listen on, on this machine only; 0 picks a free one
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// Rate limits to keep
    #[arg(long, value_enum, default_value_t = PlanName::Business)]
    pub(crate) plan: PlanName,
    /// Requests per second, whatever the plan
    #[arg(long, value_name = "N")]
    pub(crate) requests_per_second: Option<NonZeroU32>,
    /// Requests per UTC day, whatever the plan
    #[arg(long, value_name = "N")]
    pub(crate) requests_per_day: Option<NonZeroU32>,
    /// Time that each answer with calls takes, such as 300ms
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "0s")]
    pub(crate) latency: Duration,
    /// Let this share of requests go wrong (0 to 1), and as large a share of records be odd
    ///
    /// Answers fail, are cut, late, garbled or doubled; tokens die; counts are off. A client can get
    /// over all of it. Records have unknown fields, and some that come besides are no calls. The
    /// same seed, 1 where none is given, brings the same faults to the same requests.
    #[arg(long, value_name = "RATE[:SEED]", value_parser = faults)]
    pub(crate) faults: Option<FaultsArg>,
    /// How far the server's clock is ahead of this machine's, such as 5m; -5m is behind
    #[arg(long, value_name = "DURATION", value_parser = skew, allow_hyphen_values = true, default_value = "0s")]
    pub(crate) skew: TimeDelta,
    /// First day of the log, a UTC date; no call is older [default: there always was one]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) history_from: Option<NaiveDate>,
    #[command(flatten)]
    pub(crate) centre: CentreArgs,
}

/// The rate limits of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanName {
    /// 5 requests a second, 15,000 a day
    Pro,
    /// 10 requests a second, 30,000 a day
    Business,
    /// None
    Unlimited,
}

/// How many requests go wrong, and which.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FaultsArg {
    /// The share of requests, 0 to 1.
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
    // A clock further off than that is no clock that is off.
    let length = TimeDelta::from_std(length).ok().filter(|length| *length <= TimeDelta::days(3650));
    length.map(|length| length * sign).ok_or_else(|| format!("{text:?} is more than ten years"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_a_rate_and_maybe_a_seed() {
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
