//! A scheduler and executors in the process of a test.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::task::JoinHandle;
use voxlake_cluster::{
    BallistaEngine, EngineAddress, ExecutorOptions, Scheduler, SchedulerOptions, run_executor,
};
use voxlake_query::RemoteEngine;

/// Attempts to start an executor.
const MAX_STARTS: usize = 5;

/// Scheduler and executors. Their tasks end with the cluster.
pub struct Cluster {
    pub scheduler: SocketAddr,
    processes: Vec<JoinHandle<()>>,
    _work: TempDir,
}

impl Cluster {
    pub async fn start(executors: usize, tasks: usize) -> Self {
        Self::start_with(executors, tasks, |_| {}).await
    }

    /// Starts a cluster. `set` changes the options of its executors.
    pub async fn start_with(executors: usize, tasks: usize, set: impl Fn(&mut ExecutorOptions)) -> Self {
        let mut options = SchedulerOptions::default();
        options.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let scheduler = Scheduler::bind(options).await.unwrap();
        let (address, work) = (scheduler.address(), tempfile::tempdir().unwrap());
        let mut processes = vec![tokio::spawn(async move {
            scheduler.serve(std::future::pending()).await.unwrap();
        })];
        for executor in 0..executors {
            let folder = work.path().join(executor.to_string());
            std::fs::create_dir_all(&folder).unwrap();
            let mut options = ExecutorOptions::default();
            options.scheduler = address.to_string().parse().unwrap();
            options.tasks = NonZeroUsize::new(tasks);
            options.work_folder = Some(folder);
            set(&mut options);
            processes.push(tokio::spawn(async move {
                // Another process may take the ports before the executor does.
                for attempt in 1..=MAX_STARTS {
                    options.port = two_free_ports();
                    match run_executor(&options, std::future::pending()).await {
                        Err(error) if attempt == MAX_STARTS => panic!("{error}"),
                        _ => {}
                    }
                }
            }));
        }
        Self { scheduler: address, processes, _work: work }
    }

    pub fn address(&self, options: &str) -> EngineAddress {
        format!("ballista://{}?min_bytes=0&{options}", self.scheduler).parse().unwrap()
    }

    pub fn engine(&self, options: &str) -> Arc<dyn RemoteEngine> {
        Arc::new(BallistaEngine::new(self.address(options)))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.processes.iter().for_each(JoinHandle::abort);
    }
}

/// A port that is free, and so is the next one.
pub fn two_free_ports() -> u16 {
    loop {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)).is_ok() {
            return port;
        }
    }
}
