//! Command-line arguments. Defaults that a file or the environment can change are in
//! [`crate::config`].

#![allow(rustdoc::bare_urls, reason = "clap shows these texts without Markdown")]

mod bench;
mod call;
mod choice;
#[cfg(feature = "cluster")]
mod cluster;
mod demo;
mod filter;
mod generate;
mod lake;
mod lookup;
mod publish;
mod query;
mod report;
mod schedule;
mod sim;
mod sql;

use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;

use chrono::Datelike as _;
use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use url::Url;
use voxlake_config::AccountPlan;
use voxlake_fetch::{ListForm, ViewType};

pub(crate) use self::bench::BenchArgs;
pub(crate) use self::call::CallArgs;
use self::choice::one_of;
#[cfg(feature = "cluster")]
pub(crate) use self::cluster::{ClusterArgs, ClusterProcess, ExecutorArgs};
pub(crate) use self::demo::{CentreArgs, ContactCenterArgs, DemoArgs};
pub(crate) use self::filter::{FilterArgs, RescopeArgs};
pub(crate) use self::generate::GenerateArgs;
pub(crate) use self::lake::{
    ApiCheckArgs, FreezeArgs, ImportArgs, MigrateArgs, OutputFormat, RejectsAction, RejectsArgs, StatusArgs,
    SummarizeArgs, VerifyArgs,
};
pub(crate) use self::lookup::LookupArgs;
pub(crate) use self::publish::PublishArgs;
pub(crate) use self::query::QueryArgs;
pub(crate) use self::report::{ReportAction, ReportArgs, RunArgs, UserDefinitionsArgs};
pub(crate) use self::schedule::{ScheduleAction, ScheduleArgs, ScheduleCommonArgs};
pub(crate) use self::sim::SimArgs;
pub(crate) use self::sql::SqlArgs;

/// Copy the voice-call log of Zoom Contact Center into Parquet files, and query it with SQL.
#[derive(Clone, Debug, Parser)]
#[command(name = "voxlake", version, propagate_version = true, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Configuration file [default: voxlake.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE", env = "VOXLAKE_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Increase log verbosity (-v info, -vv debug, -vvv trace)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  voxlake demo                                   try it with simulated calls
  voxlake doctor                                 check credentials, API and lake
  voxlake sync --from 2026-01-01                 fetch what the lake does not have yet
  voxlake status                                 show what the lake has and lacks
  voxlake query abandonment_rate --last 7d
  voxlake query -c 'SELECT result, count(*) FROM voice_calls GROUP BY result'
  voxlake lookup --engagement ID                 look up one call in the API
  voxlake sql                                    interactive SQL shell
  voxlake publish                                a Delta table for Spark, Polars, DuckDB
  voxlake report run weekly-queues               last week as a web page
  voxlake schedule list                          scheduled reports

Settings come from voxlake.toml, then VOXLAKE_* variables, then options; the later wins.
Credentials come from ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET, or a file.

Exit codes:
  0   done
  1   something failed; completed work is kept
  2   the command line or the configuration is invalid
  75  a daily limit is reached; completed work is kept, run again when it is lifted
  130 ended by Ctrl-C or SIGTERM; completed work is kept";

/// Subcommands. The help of each is the documentation of its arguments.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    Sync(SyncArgs),
    Rescope(RescopeArgs),
    Lookup(LookupArgs),
    Doctor(DoctorArgs),
    Status(StatusArgs),
    Verify(VerifyArgs),
    Migrate(MigrateArgs),
    Rejects(RejectsArgs),
    Import(ImportArgs),
    Summarize(SummarizeArgs),
    Publish(PublishArgs),
    Query(QueryArgs),
    Call(CallArgs),
    Sql(SqlArgs),
    Report(ReportArgs),
    Schedule(ScheduleArgs),
    Bench(BenchArgs),
    #[cfg(feature = "cluster")]
    Cluster(ClusterArgs),
    Sim(SimArgs),
    Demo(DemoArgs),
    Generate(GenerateArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  voxlake completions bash > ~/.local/share/bash-completion/completions/voxlake"
    )]
    Completions {
        /// Shell
        shell: Shell,
    },
}

impl Command {
    /// Returns whether the command reads credentials or passwords.
    pub(crate) fn has_secrets(&self) -> bool {
        matches!(
            self,
            Self::Sync(_)
                | Self::Rescope(_)
                | Self::Lookup(_)
                | Self::Verify(_)
                | Self::Doctor(_)
                | Self::Schedule(_)
        )
    }
}

/// Fetch the calls that the lake does not have yet.
///
/// A time range is settled once it was fetched at least the settle time after it ended. Settled
/// ranges are not fetched again. The same command creates a lake, updates it, and continues after a
/// crash or the deletion of a day file. It can be interrupted at any time: complete windows are
/// kept.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake sync                                   the last 30 days, or since the lake's first day
  voxlake sync --from 2025-01-01 --dry-run       requests and duration of a backfill
  voxlake sync --from 2025-01-01 --plan business --wait
  voxlake sync --every 15m                       run as a service until SIGTERM
  voxlake sync --freeze-before 2026-11-01        refuse changes to closed months
  voxlake sync --repair                          refetch damaged days
  voxlake sync --queue Billing --lake billing    a lake with the calls of one queue only
  voxlake sync --lake /srv/calls --credentials /run/secrets/zoom.toml")]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// Start of the period: a date or time, in the configured time zone [default: the first day of
    /// the lake, or 30 days ago if it has none]
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<String>,
    /// End of the period, exclusive [default: now]
    #[arg(long, value_name = "WHEN")]
    pub(crate) to: Option<String>,
    /// Order in which windows are fetched
    #[arg(long, value_enum, default_value_t = OrderName::Oldest)]
    pub(crate) order: OrderName,
    /// Print the windows to fetch, their requests, share of the quota and time, without fetching
    /// them. Takes one request for each window of up to 28 days
    #[arg(long, alias = "plan-only", conflicts_with_all = ["every", "wait", "repair"])]
    pub(crate) dry_run: bool,
    /// Run as a service: sync at this interval until SIGTERM or Ctrl-C
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) every: Option<std::time::Duration>,
    /// Wait until a daily limit or the budget is reset, and continue
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) api: ApiArgs,
    /// Refetch data until it is at least this old [default: 24h]
    #[arg(long, value_name = "DURATION")]
    pub(crate) settle: Option<String>,
    /// Windows fetched concurrently [default: enough to use the request rate]
    #[arg(long, alias = "walkers", value_name = "N")]
    pub(crate) concurrency: Option<NonZeroU16>,
    /// Maximum pages of 100 calls per window, which are fetched again after a permanent error or an
    /// interruption [default: 60]
    #[arg(long, value_name = "N")]
    pub(crate) window_pages: Option<NonZeroU16>,
    /// Maximum attempts per request on transient errors [default: 7]
    #[arg(long, alias = "tries", value_name = "N")]
    pub(crate) max_attempts: Option<NonZeroU16>,
    /// Delay before the second attempt; doubles with each further attempt, up to 30s [default:
    /// 500ms]
    #[arg(long, value_name = "DURATION")]
    pub(crate) retry_delay: Option<String>,
    /// Level of detail of the calls [default: detail]
    #[arg(long, value_parser = one_of(&ViewType::ALL, ViewType::name, ViewType::description))]
    pub(crate) view: Option<ViewType>,
    /// Maximum time before fetched calls are written to the lake, which a crash can lose [default:
    /// 30s]
    #[arg(long, value_name = "DURATION")]
    pub(crate) commit_every: Option<String>,
    /// Maximum fetched calls before they are written to the lake [default: 20000]
    #[arg(long, value_name = "N")]
    pub(crate) commit_calls: Option<NonZeroU32>,
    #[command(flatten)]
    pub(crate) freeze: FreezeArgs,
    /// Quarantine damaged day files and refetch their days; reads every file completely
    #[arg(long)]
    pub(crate) repair: bool,
    /// Continue if the clock differs from the API's by more than an hour; the earlier clock is used
    #[arg(long)]
    pub(crate) allow_clock_skew: bool,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
}

/// Order in which windows are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderName {
    /// From the start of the period; an interrupted run can be resumed without --from
    Oldest,
    /// From the end of the period
    Newest,
}

/// Connection to the API, and its limits.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ApiArgs {
    /// Base URL of the API [default: https://api.zoom.us/v2]
    #[arg(long, value_name = "URL")]
    pub(crate) api_url: Option<Url>,
    /// Base URL of the token endpoint [default: https://zoom.us]
    #[arg(long, value_name = "URL")]
    pub(crate) oauth_url: Option<Url>,
    /// Allow URLs without HTTPS on other machines: anyone on the network path can read the
    /// credentials
    #[arg(long)]
    pub(crate) insecure_http: bool,
    /// TOML file with account_id, client_id and client_secret, readable only by its owner
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
    /// Sub-account to read, with the credentials of a master account
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// Form of lists of filter values in requests; `voxlake doctor` shows the one that the account
    /// accepts [default: repeated]
    #[arg(long, value_parser = one_of(&ListForm::ALL, ListForm::name, ListForm::description))]
    pub(crate) list_form: Option<ListForm>,
    #[command(flatten)]
    pub(crate) quota: QuotaArgs,
}

/// Limits of requests.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct QuotaArgs {
    /// Plan of the account, for its limits: pro allows 5 requests a second and 15,000 a day,
    /// business and above 10 and 30,000, for all apps of the account together [default: pro]
    #[arg(long, value_parser = one_of(&AccountPlan::ALL, AccountPlan::name, AccountPlan::description))]
    pub(crate) plan: Option<AccountPlan>,
    /// Maximum requests per second, if different from the plan
    #[arg(long, value_name = "N")]
    pub(crate) requests_per_second: Option<NonZeroU32>,
    /// Maximum requests per UTC day, if different from the plan
    #[arg(long, value_name = "N")]
    pub(crate) requests_per_day: Option<NonZeroU32>,
    /// Requests per UTC day to use, over all runs: a share of the maximum such as 80%, or a number.
    /// The rest is left to other apps of the account [default: 80%]
    #[arg(long, value_name = "SHARE|N")]
    pub(crate) daily_budget: Option<String>,
}

/// Check whether a sync would work, and suggest fixes.
///
/// Opens the lake and requests a token, one page of the call log and up to four counts (five
/// requests in total). No calls are written.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Example:
  voxlake doctor --credentials /run/secrets/zoom.toml

Exit codes: 0 if all checks pass, 1 otherwise.")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    #[command(flatten)]
    pub(crate) api: ApiArgs,
}

/// Location of the lake.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LakeArgs {
    /// The lake: a folder or a URL [default: data]
    #[arg(long, value_name = "PATH|URL")]
    pub(crate) lake: Option<String>,
}

/// Parses a date from 2010 to 2190: others are mistakes.
fn date(text: &str) -> Result<chrono::NaiveDate, String> {
    let date: chrono::NaiveDate =
        text.parse().map_err(|_| format!("{text:?} is not a date such as 2026-11-01"))?;
    if (2010..=2190).contains(&date.year()) {
        Ok(date)
    } else {
        Err(format!("{date} is not between 2010 and 2190"))
    }
}

/// Parses a duration of at least a second.
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("{text:?} is not a duration such as 15m: {error}"))?;
    if duration < std::time::Duration::from_secs(1) {
        return Err(format!("{text} is less than a second"));
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::{Args, Command};

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    /// Renamed options keep their old spellings as hidden aliases.
    #[test]
    fn old_option_spellings_still_work() {
        let args = ["voxlake", "sync", "--plan-only", "--walkers", "3", "--tries", "2"];
        let Command::Sync(sync) = Args::try_parse_from(args).unwrap().command else { panic!("not a sync") };
        let (concurrency, max_attempts) = (sync.concurrency.unwrap(), sync.max_attempts.unwrap());
        assert_eq!((sync.dry_run, concurrency.get(), max_attempts.get()), (true, 3, 2));
        for args in
            [["voxlake", "schedule", "again", "weekly"].as_slice(), &["voxlake", "summarize", "--anew"]]
        {
            assert!(Args::try_parse_from(args).is_ok(), "{args:?}");
        }
    }
}
