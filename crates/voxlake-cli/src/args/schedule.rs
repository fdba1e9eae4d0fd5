//! What can be typed after `voxlake schedule`.

use std::net::SocketAddr;

use clap::Subcommand;

use super::LakeArgs;
use super::report::OwnArgs;

/// Make reports by themselves, by the `[[schedule]]` tables of voxlake.toml, and deliver them.
///
/// A run is of one report, period and set of parameters. One that was missed is made later, one that is
/// done is not made again, and each destination gets it once.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake schedule list                       what is scheduled, when it is next due, what became of the last run
  voxlake schedule check --send-test          whether all of it works, down to the mail server
  voxlake schedule due                        make what is due and end: for cron or a systemd timer
  voxlake schedule run --healthz 127.0.0.1:8686     as a service; SIGTERM ends it
  voxlake schedule due --changed              also what was delivered and whose figures have changed since
  voxlake schedule again weekly --period 2026-W44   make and deliver one run once more

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
  1   a report could not be made or delivered; it is tried again with the next run
  2   the configuration is at fault
  130 ended by Ctrl-C or SIGTERM")]
pub(crate) struct ScheduleArgs {
    #[command(subcommand)]
    pub(crate) action: ScheduleAction,
}

/// What to do with the schedule.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ScheduleAction {
    /// Show what is scheduled, when it is next due and what became of the last run
    List {
        /// How many next times to show of each
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=50))]
        next: u8,
        #[command(flatten)]
        common: ScheduleCommon,
    },
    /// Make the report of each schedule for the last time it was due, without delivering it: finds what is wrong with
    /// queries, parameters, names of queues and alerts
    Check {
        /// Only this schedule, by its name
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
        /// Also deliver these reports to all destinations, marked as a test
        #[arg(long)]
        send_test: bool,
        #[command(flatten)]
        common: ScheduleCommon,
    },
    /// Make and deliver what is due, and end
    Due {
        /// Also make again what was delivered and whose figures have changed since
        #[arg(long)]
        changed: bool,
        /// Only this schedule, by its name
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
        #[command(flatten)]
        common: ScheduleCommon,
    },
    /// Make and deliver reports when they are due, until SIGTERM or Ctrl-C
    Run {
        /// Answer GET /healthz on this address, which has to be one of this machine alone
        #[arg(long, value_name = "ADDRESS")]
        healthz: Option<SocketAddr>,
        #[command(flatten)]
        common: ScheduleCommon,
    },
    /// Make and deliver one run once more, whatever became of it before
    Again {
        /// The schedule, by its name
        name: String,
        /// The period, as `voxlake report run --period` takes it [default: that of the last time it was due]
        #[arg(long, value_name = "NAME")]
        period: Option<String>,
        #[command(flatten)]
        common: ScheduleCommon,
    },
}

/// What every part of the schedule needs.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ScheduleCommon {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    #[command(flatten)]
    pub(crate) own: OwnArgs,
}

impl ScheduleAction {
    /// What every part of the schedule needs.
    pub(crate) fn common(&self) -> &ScheduleCommon {
        match self {
            Self::List { common, .. }
            | Self::Check { common, .. }
            | Self::Due { common, .. }
            | Self::Run { common, .. }
            | Self::Again { common, .. } => common,
        }
    }
}
