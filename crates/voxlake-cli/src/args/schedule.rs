//! Arguments of `voxlake schedule`.

use std::net::SocketAddr;

use clap::Subcommand;

use super::LakeArgs;
use super::report::UserDefinitionsArgs;

/// Build and deliver reports on a schedule.
///
/// The `[[schedule]]` tables of voxlake.toml define the schedules. A run is one report for one
/// period with one set of parameters. Missed runs are caught up, delivered runs are not repeated,
/// and each destination gets a report once.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake schedule list                             schedules, their next times and last runs
  voxlake schedule check --send-test                build all reports, and send tests
  voxlake schedule due                              run what is due, for cron or systemd timers
  voxlake schedule run --healthz 127.0.0.1:8686     run as a service; SIGTERM ends it
  voxlake schedule due --changed                    also rerun reports with changed figures
  voxlake schedule rerun weekly --period 2026-W44   build and deliver one run again

In voxlake.toml:
  [[schedule]]
  report = \"weekly-queues\"
  cron = \"0 7 * * MON\"
  timezone = \"Europe/Berlin\"
  formats = [\"html\", \"xlsx\"]
  [[schedule.deliver]]
  folder = \"/srv/reports\"

Exit codes:
  0   done
  1   a report could not be built or delivered; the next run retries it
  2   the configuration is invalid
  130 ended by Ctrl-C or SIGTERM")]
pub(crate) struct ScheduleArgs {
    #[command(subcommand)]
    pub(crate) action: ScheduleAction,
}

/// Subcommands of `voxlake schedule`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ScheduleAction {
    /// List schedules with their next times and the state of their last runs
    List {
        /// Number of next times to list for each schedule
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=50))]
        next: u8,
        #[command(flatten)]
        common: ScheduleCommonArgs,
    },
    /// Build the report of each schedule for its last time without delivering it, to find errors in
    /// queries, parameters, names of queues and alerts
    Check {
        /// Only this schedule
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
        /// Also deliver these reports to all destinations, marked as tests
        #[arg(long)]
        send_test: bool,
        #[command(flatten)]
        common: ScheduleCommonArgs,
    },
    /// Build and deliver the reports that are due, then exit
    Due {
        /// Also rerun delivered reports whose figures have changed since
        #[arg(long)]
        changed: bool,
        /// Only this schedule
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
        #[command(flatten)]
        common: ScheduleCommonArgs,
    },
    /// Build and deliver reports when they are due, until SIGTERM or Ctrl-C
    Run {
        /// Serve GET /healthz on this loopback address
        #[arg(long, value_name = "ADDRESS")]
        healthz: Option<SocketAddr>,
        #[command(flatten)]
        common: ScheduleCommonArgs,
    },
    /// Build and deliver one run again, in any state
    #[command(alias = "again")]
    Rerun {
        /// Name of the schedule
        name: String,
        /// Period, as in `voxlake report run --period` [default: that of the last time it was due]
        #[arg(long, value_name = "NAME")]
        period: Option<String>,
        #[command(flatten)]
        common: ScheduleCommonArgs,
    },
}

/// Options of all subcommands of `voxlake schedule`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ScheduleCommonArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    #[command(flatten)]
    pub(crate) definitions: UserDefinitionsArgs,
    /// Cluster that answers queries over many calls: ballista://HOST:PORT, or local for none
    /// [default: local]
    #[cfg(feature = "cluster")]
    #[arg(long, value_name = "URL")]
    pub(crate) engine: Option<String>,
}

impl ScheduleAction {
    /// Returns the options of all subcommands.
    pub(crate) fn common(&self) -> &ScheduleCommonArgs {
        match self {
            Self::List { common, .. }
            | Self::Check { common, .. }
            | Self::Due { common, .. }
            | Self::Run { common, .. }
            | Self::Rerun { common, .. } => common,
        }
    }
}
