//! The binary `voxlake`: from arguments to an exit code.
//!
//! - [`args`]: what can be typed; [`config`]: what is meant, from file, environment and flags
//! - [`clock`]: the current time, which tests can set
//! - [`call_filter`]: conditions on calls, with names of queues and agents
//! - [`credentials`]: the secrets, from environment or file
//! - [`commands`]: one file per subcommand
//! - [`exit`]: what the exit codes mean
//! - [`screen`]: the terminal
//! - [`progress`]: how a sync is shown
//! - [`process`]: what other users of the machine can see
//! - [`stderr`]: lines that are told whether or not they can be
//! - [`signals`]: the wish to end
//! - [`workers`]: the threads that all work runs on

mod args;
mod call_filter;
mod clock;
mod commands;
mod config;
mod credentials;
mod exit;
mod process;
mod progress;
mod screen;
mod signals;
mod stderr;
mod workers;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Command};
use crate::config::Settings;
use crate::exit::Exit;

/// Queries allocate and free record batches all the time, from several threads.
/// `docs/adr/0032-jemalloc.md` has the measurements.
#[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    // Until the settings say otherwise.
    process::set_file_mode(0o600);
    start_logging(args.verbose);
    log_panics_of_workers();
    match clock::init().map_err(Into::into).and_then(|()| run(&args)) {
        Ok(exit) => exit.into(),
        Err(error) => exit::report(&error).into(),
    }
}

fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut runtime = workers::builder();
    if matches!(args.command, Command::Sync(_)) {
        // Ten pages a second are little work, and each further thread would hold memory of its own.
        runtime.worker_threads(1);
    }
    let runtime = runtime.build()?;
    if args.command.has_secrets() {
        process::forbid_core_dumps();
    }
    let settings = || {
        let settings = Settings::load(args.config.as_deref(), &args.command)?;
        process::set_file_mode(settings.file_mode);
        anyhow::Ok(settings)
    };
    // On workers, whose stacks have one size everywhere; the main thread's is the system's to choose.
    let work = match args.command.clone() {
        Command::Sync(sync) => runtime.spawn(commands::sync::run(settings()?, sync)),
        Command::Lookup(lookup) => runtime.spawn(commands::lookup::run(settings()?, lookup)),
        Command::Rescope(rescope) => runtime.spawn(commands::rescope::run(settings()?, rescope)),
        Command::Doctor(_) => runtime.spawn(commands::doctor::run(settings()?)),
        Command::Status(status) => runtime.spawn(commands::status::run(settings()?, status)),
        Command::Verify(verify) => runtime.spawn(commands::verify::run(settings()?, verify)),
        Command::Rejects(rejects) => runtime.spawn(commands::rejects::run(settings()?, rejects.action)),
        Command::Import(import) => runtime.spawn(commands::import::run(settings()?, import)),
        Command::Summarize(summarize) => runtime.spawn(commands::summarize::run(settings()?, summarize)),
        Command::Query(query) => runtime.spawn(commands::query::run(settings()?, query)),
        Command::Sql(sql) => runtime.spawn(commands::sql::run(settings()?, sql)),
        Command::Report(report) => runtime.spawn(commands::report::run(settings()?, report.action)),
        Command::Schedule(schedule) => runtime.spawn(commands::schedule::run(settings()?, schedule.action)),
        Command::Bench(bench) => runtime.spawn(commands::bench::run(settings()?, bench)),
        Command::Sim(sim) => runtime.spawn(commands::sim::run(sim)),
        Command::Demo(demo) => runtime.spawn(commands::demo::run(settings()?, demo)),
        Command::Generate(generate) => runtime.spawn(commands::generate::run(generate)),
        Command::Completions { shell } => return commands::completions::run(shell),
    };
    let done = runtime.block_on(work);
    // What was told to end may hang in a write that nobody reads: the program does not wait for it.
    runtime.shutdown_background();
    done.unwrap_or_else(|error| Err(anyhow::anyhow!("internal error of voxlake: {error}")))
}

/// A panic of a worker becomes an error, which is reported; where it was is for the log.
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

/// Warnings and worse go to stderr; `-v` adds more, `VOXLAKE_LOG` says exactly what. More is of our own crates: what
/// an engine says of its plans at its most talkative has values of columns in it, names and numbers among them.
fn start_logging(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("VOXLAKE_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("warn,voxlake={level}")));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // It would say on stderr that stderr cannot be written to, and panic.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}
