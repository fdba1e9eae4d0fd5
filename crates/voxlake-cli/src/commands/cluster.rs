//! `voxlake cluster`: scheduler and executors of a Ballista cluster.

use std::io::Write as _;
use std::net::SocketAddr;

use voxlake_cluster::{ExecutorOptions, Scheduler, run_executor};

use crate::args::{ClusterProcess, ExecutorArgs};
use crate::config::Settings;
use crate::exit::Exit;
use crate::signals;

pub(crate) async fn run(settings: Settings, process: ClusterProcess) -> anyhow::Result<Exit> {
    match process {
        ClusterProcess::Scheduler { listen } => run_scheduler(listen).await,
        ClusterProcess::Executor(args) => {
            run_executor(&executor_options(&settings, args), signals::interrupted()).await?;
            Ok(Exit::Done)
        }
    }
}

async fn run_scheduler(listen: SocketAddr) -> anyhow::Result<Exit> {
    let scheduler = Scheduler::bind(listen).await?;
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "scheduler at ballista://{}; Ctrl-C ends it", scheduler.address())?;
        out.flush()?;
    }
    scheduler.serve(signals::interrupted()).await?;
    Ok(Exit::Done)
}

fn executor_options(settings: &Settings, args: ExecutorArgs) -> ExecutorOptions {
    let mut options = ExecutorOptions::default();
    options.bind = args.listen;
    options.port = args.port;
    options.scheduler = args.scheduler;
    options.tasks = args.tasks;
    options.work_folder = args.work_folder;
    options.memory_limit = args.memory_limit;
    options.store = settings.lake.options().clone();
    options.grace = args.grace;
    options
}
