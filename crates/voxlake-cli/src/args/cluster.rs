//! Arguments of `voxlake cluster`.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use voxlake_cluster::SchedulerAddress;

/// Run a process of a Ballista cluster, which answers queries with --engine.
///
/// A cluster has one scheduler and any number of executors. All of them, and the programs that
/// query, must be the same release. Executors read the lake with the credentials of their own
/// environment; a lake in a folder must have the same path on all machines.
///
/// Other machines can connect only with certificates of mutual TLS, which voxlake.toml names in its
/// table cluster. Without them, the processes listen on loopback addresses.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake cluster scheduler                      listen on 127.0.0.1:50050
  voxlake cluster executor --tasks 4             join the scheduler on this machine
  voxlake cluster executor --tasks 4 --port 50071
  voxlake query abandonment_rate --last 1y --engine ballista://127.0.0.1:50050")]
pub(crate) struct ClusterArgs {
    #[command(subcommand)]
    pub(crate) process: ClusterProcess,
}

/// Process of a cluster.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ClusterProcess {
    /// Split queries into tasks, and give them to executors
    #[command(after_help = "\
Examples:
  voxlake cluster scheduler
  voxlake cluster scheduler --listen 127.0.0.1:0 choose a free port, and print it
  voxlake cluster scheduler --listen 0.0.0.0:50050 --advertise scheduler.example
                                                 with certificates in voxlake.toml

Exit codes:
  0   ended by Ctrl-C or SIGTERM
  1   the scheduler failed
  2   the command line is invalid")]
    Scheduler {
        /// Address and port of the listener
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50050")]
        listen: SocketAddr,
        /// Host by which executors reach the scheduler [default: address of the listener]
        #[arg(long, value_name = "HOST")]
        advertise: Option<String>,
    },
    Executor(ExecutorArgs),
}

/// Run the tasks of a scheduler.
///
/// Waits up to 20 seconds for the scheduler. SIGTERM or Ctrl-C ends the executor: running tasks get
/// --grace to end, and the scheduler runs them elsewhere after that.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake cluster executor
  voxlake cluster executor --tasks 4 --port 50071 --work-folder /var/tmp/voxlake
  voxlake cluster executor --memory-limit 8589934592
  voxlake cluster executor --scheduler scheduler.example:50050 --listen 10.0.0.7
                                                 with certificates in voxlake.toml

Exit codes:
  0   ended by Ctrl-C or SIGTERM
  1   the executor failed, or its scheduler cannot be reached
  2   the command line is invalid")]
pub(crate) struct ExecutorArgs {
    /// Host and port of the scheduler
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050")]
    pub(crate) scheduler: SchedulerAddress,
    /// Address of the listeners; with certificates, any other than 127.0.0.1
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub(crate) listen: IpAddr,
    /// Host by which the other processes reach this one [default: address of the listeners]
    #[arg(long, value_name = "HOST")]
    pub(crate) advertise: Option<String>,
    /// Port for results; the next port is for tasks
    #[arg(long, value_name = "PORT", default_value_t = voxlake_cluster::EXECUTOR_PORT,
          value_parser = clap::value_parser!(u16).range(1..65535))]
    pub(crate) port: u16,
    /// Number of tasks at the same time [default: number of cores]
    #[arg(long, value_name = "N")]
    pub(crate) tasks: Option<NonZeroUsize>,
    /// Folder for the data between stages [default: a temporary folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) work_folder: Option<PathBuf>,
    /// Memory limit of all tasks in bytes [default: 70 % of the machine's memory]
    #[arg(long, value_name = "BYTES")]
    pub(crate) memory_limit: Option<u64>,
    /// Time for running tasks to end, such as 10s
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "10s")]
    pub(crate) grace: Duration,
}
