//! Executor process: runs the tasks of a scheduler and serves their results.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::RuntimeProducer;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use tokio::time::timeout;
use voxlake_lake::StoreOptions;

use crate::codec::PlanCodec;
use crate::error::ClusterError;
use crate::process::{MAX_MESSAGE_BYTES, check_loopback, session_config};
use crate::stores::LakeStores;

/// Port of an executor for results. The next port is for tasks.
pub const EXECUTOR_PORT: u16 = 50061;
/// Time to connect to the scheduler, which may start at the same time.
const CONNECT_SECONDS: u16 = 20;
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Time after which data of jobs is removed although the scheduler did not request it.
const DATA_RETENTION: Duration = Duration::from_secs(3600);
const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(600);

/// Options of an executor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExecutorOptions {
    /// Address of the listeners. Default: 127.0.0.1.
    pub bind: IpAddr,
    /// Port for results. The next port is for tasks. Default: 50061.
    pub port: u16,
    /// Address of the scheduler. Default: 127.0.0.1:50050.
    pub scheduler: SocketAddr,
    /// Number of tasks at the same time. Default: the number of cores.
    pub tasks: Option<NonZeroUsize>,
    /// Folder for the data between stages, which must be empty. Default: a temporary folder.
    pub work_folder: Option<PathBuf>,
    /// Memory limit of all tasks in bytes. Default: 70 % of the machine's memory.
    pub memory_limit: Option<u64>,
    /// Credentials and endpoints of object stores. Default: none.
    pub store: StoreOptions,
    /// Time for running tasks to end after a request to shut down. Default: 10 s.
    pub grace: Duration,
}

impl Default for ExecutorOptions {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: EXECUTOR_PORT,
            scheduler: SocketAddr::from((Ipv4Addr::LOCALHOST, crate::address::SCHEDULER_PORT)),
            tasks: None,
            work_folder: None,
            memory_limit: None,
            store: StoreOptions::default(),
            grace: Duration::from_secs(10),
        }
    }
}

/// Runs an executor until it stops.
///
/// SIGTERM and Ctrl-C end it: it takes no new tasks, leaves the scheduler, and gives running tasks
/// `grace` to end. `shutdown` completes at the same signals. The scheduler runs unfinished tasks
/// elsewhere.
///
/// # Errors
/// [`ClusterError::NotLoopback`] for an address that other machines reach;
/// [`ClusterError::Stopped`] if the executor cannot start or reach its scheduler.
pub async fn run_executor(
    options: &ExecutorOptions,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ClusterError> {
    check_loopback(SocketAddr::new(options.bind, options.port))?;
    let process = start_executor_process(Arc::new(config(options)));
    tokio::pin!(process);
    let ended = tokio::select! {
        ended = &mut process => ended,
        () = shutdown => match timeout(options.grace, process).await {
            Ok(ended) => ended,
            Err(_) => {
                tracing::warn!("running tasks did not end in time");
                Ok(())
            }
        },
    };
    ended.map_err(|error| ClusterError::Stopped { process: "executor", reason: error.to_string() })
}

fn config(options: &ExecutorOptions) -> ExecutorProcessConfig {
    let stores = Arc::new(LakeStores::new(options.store.clone()));
    let work_folder = options.work_folder.clone();
    let produce_runtime: RuntimeProducer = Arc::new(move |_| {
        let mut runtime = RuntimeEnvBuilder::new().with_object_store_registry(Arc::clone(&stores) as _);
        if let Some(folder) = &work_folder {
            runtime = runtime.with_temp_file_path(folder.clone());
        }
        Ok(Arc::new(runtime.build()?))
    });
    ExecutorProcessConfig {
        bind_host: options.bind.to_string(),
        external_host: Some(options.bind.to_string()),
        port: options.port,
        grpc_port: options.port.saturating_add(1),
        scheduler_host: options.scheduler.ip().to_string(),
        scheduler_port: options.scheduler.port(),
        scheduler_connect_timeout_seconds: CONNECT_SECONDS,
        vcores: options.tasks.map_or(0, NonZeroUsize::get),
        task_scheduling_policy: TaskSchedulingPolicy::PushStaged,
        work_dir: options.work_folder.as_ref().map(|folder| folder.to_string_lossy().into_owned()),
        job_data_ttl_seconds: DATA_RETENTION.as_secs(),
        job_data_clean_up_interval_seconds: CLEAN_UP_INTERVAL.as_secs(),
        grpc_max_decoding_message_size: MAX_MESSAGE_BYTES,
        grpc_max_encoding_message_size: MAX_MESSAGE_BYTES,
        executor_heartbeat_interval_seconds: HEARTBEAT.as_secs(),
        memory_pool_size: options.memory_limit,
        override_function_registry: Some(Arc::new(BallistaFunctionRegistry::default())),
        override_runtime_producer: Some(produce_runtime),
        override_config_producer: Some(Arc::new(session_config)),
        override_physical_codec: Some(Arc::new(PlanCodec::default())),
        ..ExecutorProcessConfig::default()
    }
}
