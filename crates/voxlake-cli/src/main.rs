//! The binary `voxlake`: from arguments to an exit code.
//!
//! - [`args`]: command line; [`config`]: settings from file, environment and options
//! - [`clock`]: current time, which tests can set
//! - [`call_filter`]: filter options, with names of queues and agents
//! - [`credentials`]: credentials from environment or file
//! - [`commands`]: one file per subcommand
//! - [`exit`]: exit codes and hints of errors; [`cluster_hints`]: those of the cluster
//! - [`progress`]: progress of a sync
//! - [`process`]: file permissions and core dumps
//! - [`signals`]: Ctrl-C and SIGTERM

mod args;
mod call_filter;
mod clock;
mod cluster_hints;
mod commands;
mod config;
mod credentials;
mod exit;
mod process;
mod progress;
mod signals;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;
use voxlake_lake::finish_lock_releases;

use crate::args::{Args, Command};
use crate::exit::Exit;

/// Queries allocate and free record batches all the time, from several threads.
/// `docs/adr/0032-jemalloc.md` has the measurements.
#[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    // Before the settings are loaded.
    process::set_file_mode(0o600);
    start_logging(args.verbose);
    log_panics_of_workers();
    match clock::init().map_err(Into::into).and_then(|()| run(&args)) {
        Ok(exit) => exit.into(),
        Err(error) => exit::report(&error).into(),
    }
}

fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut runtime = voxlake_query::query_runtime();
    if matches!(args.command, Command::Sync(_)) {
        // One thread suffices for ten pages a second, and each thread takes memory.
        runtime.worker_threads(1);
    }
    let runtime = runtime.build()?;
    if args.command.has_secrets() {
        process::forbid_core_dumps();
    }
    let settings = || {
        let settings = config::load(args.config.as_deref(), &args.command)?;
        process::set_file_mode(settings.file_mode);
        anyhow::Ok(settings)
    };
    // Worker threads have the same stack size on all systems; the main thread does not.
    let work = match args.command.clone() {
        Command::Sync(sync) => runtime.spawn(commands::sync::run(settings()?, sync)),
        Command::Lookup(lookup) => runtime.spawn(commands::lookup::run(settings()?, lookup)),
        Command::Rescope(rescope) => runtime.spawn(commands::rescope::run(settings()?, rescope)),
        Command::Doctor(_) => runtime.spawn(commands::doctor::run(settings()?)),
        Command::Status(status) => runtime.spawn(commands::status::run(settings()?, status)),
        Command::Verify(verify) => runtime.spawn(commands::verify::run(settings()?, verify)),
        Command::Migrate(migrate) => runtime.spawn(commands::migrate::run(settings()?, migrate)),
        Command::Rejects(rejects) => runtime.spawn(commands::rejects::run(settings()?, rejects.action)),
        Command::Import(import) => runtime.spawn(commands::import::run(settings()?, import)),
        Command::Summarize(summarize) => runtime.spawn(commands::summarize::run(settings()?, summarize)),
        Command::Publish(publish) => runtime.spawn(commands::publish::run(settings()?, publish)),
        Command::Query(query) => runtime.spawn(commands::query::run(settings()?, query)),
        Command::Call(call) => runtime.spawn(commands::call::run(settings()?, call)),
        Command::Sql(sql) => runtime.spawn(commands::sql::run(settings()?, sql)),
        Command::Report(report) => runtime.spawn(commands::report::run(settings()?, report.action)),
        Command::Schedule(schedule) => runtime.spawn(commands::schedule::run(settings()?, schedule.action)),
        Command::Bench(bench) => runtime.spawn(commands::bench::run(settings()?, bench)),
        #[cfg(feature = "cluster")]
        Command::Cluster(cluster) => runtime.spawn(commands::cluster::run(settings()?, cluster.process)),
        Command::Sim(sim) => runtime.spawn(commands::sim::run(sim)),
        Command::Demo(demo) => runtime.spawn(commands::demo::run(settings()?, demo)),
        Command::Generate(generate) => runtime.spawn(commands::generate::run(settings()?, generate)),
        Command::Completions { shell } => return commands::completions::run(shell),
    };
    let done = runtime.block_on(async {
        let done = work.await;
        finish_lock_releases().await;
        done
    });
    // An interrupted task may block in a write without a reader: the process does not wait for it.
    runtime.shutdown_background();
    done.unwrap_or_else(|error| Err(anyhow::anyhow!("internal error of voxlake: {error}")))
}

/// Logs the location of panics of worker threads. The panic itself is reported as an error.
fn log_panics_of_workers() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() == Some("main") {
            default(panic);
        } else {
            tracing::debug!("{panic}");
        }
    }));
}

/// Logs warnings and errors to stderr, and more with `-v` or by `VOXLAKE_LOG`. `-v` applies to the
/// crates of Voxlake only: DataFusion traces plans with values of columns, which are personal data.
/// `delta_kernel` logs the errors that it returns.
fn start_logging(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("VOXLAKE_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("warn,delta_kernel=off,voxlake={level}")));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // The report of a closed stderr would go to stderr, and panic.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}
