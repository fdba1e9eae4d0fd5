//! `voxlake cluster`: scheduler and executors of a Ballista cluster.

use std::io::Write as _;

use voxlake_cluster::{ExecutorOptions, Scheduler, SchedulerOptions, run_executor};

use crate::args::{ClusterProcess, ExecutorArgs};
use crate::commands::engine::cluster_tls;
use crate::config::Settings;
use crate::exit::Exit;
use crate::signals;

pub(crate) async fn run(settings: Settings, process: ClusterProcess) -> anyhow::Result<Exit> {
    match process {
        ClusterProcess::Scheduler { listen, advertise } => {
            let mut options = SchedulerOptions::default();
            options.listen = listen;
            options.advertised_host = advertise;
            options.tls = cluster_tls(&settings)?;
            run_scheduler(options).await
        }
        ClusterProcess::Executor(args) => {
            run_executor(&executor_options(&settings, args)?, signals::interrupted()).await?;
            Ok(Exit::Done)
        }
    }
}

async fn run_scheduler(options: SchedulerOptions) -> anyhow::Result<Exit> {
    let scheduler = Scheduler::bind(options).await?;
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "scheduler at ballista://{}; Ctrl-C ends it", scheduler.advertised_address())?;
        out.flush()?;
    }
    scheduler.serve(signals::interrupted()).await?;
    Ok(Exit::Done)
}

fn executor_options(settings: &Settings, args: ExecutorArgs) -> anyhow::Result<ExecutorOptions> {
    let mut options = ExecutorOptions::default();
    options.bind = args.listen;
    options.advertised_host = args.advertise;
    options.tls = cluster_tls(settings)?;
    options.port = args.port;
    options.scheduler = args.scheduler;
    options.tasks = args.tasks;
    options.work_folder = args.work_folder;
    options.memory_limit = args.memory_limit;
    options.store = settings.store_options().clone();
    options.grace = args.grace;
    Ok(options)
}
