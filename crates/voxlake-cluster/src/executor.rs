//! Executor process: runs the tasks of a scheduler and serves their results.

use std::future::{Future, pending};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ballista_core::RuntimeProducer;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use futures::future::join_all;
use tokio::time::timeout;
use voxlake_lake::StoreOptions;

use crate::address::SchedulerAddress;
use crate::codec::{PlanCodec, release};
use crate::connection::wait_for_scheduler;
use crate::error::ClusterError;
use crate::process::{MAX_MESSAGE_BYTES, check_address, check_port, host_text, session_config};
use crate::stage_engine::StageEngine;
use crate::stores::LakeStores;
use crate::tls::{ClusterTls, TlsGateway};
use crate::work_folder::WorkFolder;

/// Port of an executor for results. The next port is for tasks.
pub const EXECUTOR_PORT: u16 = 50061;
/// Time for the scheduler to start.
const PATIENCE: Duration = Duration::from_secs(20);
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Time after which data of jobs is removed although the scheduler did not request it.
const DATA_RETENTION: Duration = Duration::from_secs(3600);
const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(600);

/// Options of an executor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExecutorOptions {
    /// Address of the listeners. With TLS any other than 127.0.0.1, which their decrypted
    /// connections use. Default: 127.0.0.1.
    pub bind: IpAddr,
    /// Host by which the other processes reach the executor. Default: the address of the listeners.
    pub advertised_host: Option<String>,
    /// Certificates of mutual TLS. Default: none, for loopback addresses only.
    pub tls: Option<ClusterTls>,
    /// Port for results. The next port is for tasks. Default: 50061.
    pub port: u16,
    /// Address of the scheduler. Default: 127.0.0.1:50050.
    pub scheduler: SchedulerAddress,
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
    /// Release of the plans that it runs. Default: this one. Tests of mismatched processes have
    /// another.
    pub release: String,
}

impl Default for ExecutorOptions {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: EXECUTOR_PORT,
            advertised_host: None,
            tls: None,
            scheduler: SchedulerAddress::default(),
            tasks: None,
            work_folder: None,
            memory_limit: None,
            store: StoreOptions::default(),
            grace: Duration::from_secs(10),
            release: release(),
        }
    }
}

/// Runs an executor until it stops.
///
/// Waits up to 20 seconds for the scheduler. SIGTERM and Ctrl-C end it: it takes no new tasks,
/// leaves the scheduler, and gives running tasks `grace` to end. `shutdown` completes at the same
/// signals. The scheduler runs unfinished tasks elsewhere.
///
/// # Errors
/// [`ClusterError::NotLoopback`] for an address that other machines reach without TLS;
/// [`ClusterError::NotReachable`] for an address that TLS cannot have;
/// [`ClusterError::CannotListen`] for ports in use; [`ClusterError::Unreachable`] if there is no
/// scheduler for 20 s; [`ClusterError::Stopped`] if the executor cannot start, or loses its
/// scheduler.
pub async fn run_executor(
    options: &ExecutorOptions,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ClusterError> {
    check_address(SocketAddr::new(options.bind, options.port), options.tls.as_ref())?;
    let gateways = gateways(options).await?;
    for port in [options.port, options.port.saturating_add(1)] {
        check_port(SocketAddr::new(inner_address(options), port)).await?;
    }
    tokio::pin!(shutdown);
    tokio::select! {
        reached = wait_for_scheduler(&options.scheduler, options.tls.as_ref(), PATIENCE) => reached?,
        () = &mut shutdown => return Ok(()),
    }
    let work_folder = WorkFolder::open(options.work_folder.as_deref())?;
    let process = start_executor_process(Arc::new(config(options, work_folder.path())));
    tokio::pin!(process);
    let stopped = |reason: String| ClusterError::Stopped { process: "executor", reason };
    tokio::select! {
        // Ballista's process reacts to the same signals.
        biased;
        () = &mut shutdown => match timeout(options.grace, process).await {
            Ok(ended) => ended.map_err(|error| stopped(error.to_string())),
            Err(_) => {
                tracing::warn!("running tasks did not end in time");
                Ok(())
            }
        },
        ended = &mut process => Err(stopped(match ended {
            Ok(()) => format!("the scheduler at {} has ended, or has given it up", options.scheduler),
            Err(error) => error.to_string(),
        })),
        () = gateways => Ok(()),
    }
}

/// Address of Ballista's listeners. With TLS, gateways have the other address.
fn inner_address(options: &ExecutorOptions) -> IpAddr {
    if options.tls.is_some() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { options.bind }
}

/// Binds the listeners with TLS. Returns their service, which never ends.
async fn gateways(options: &ExecutorOptions) -> Result<impl Future<Output = ()> + use<>, ClusterError> {
    let mut gateways = Vec::new();
    if let Some(tls) = &options.tls {
        let address = SocketAddr::new(options.bind, options.port);
        let refused = |reason| ClusterError::NotReachable { address: address.to_string(), reason };
        if options.bind.is_unspecified() {
            return Err(refused("name the address by which the other machines reach this one"));
        }
        if options.bind == IpAddr::V4(Ipv4Addr::LOCALHOST) {
            return Err(refused("the decrypted connections use it"));
        }
        for port in [options.port, options.port.saturating_add(1)] {
            gateways.push(TlsGateway::bind(SocketAddr::new(options.bind, port), tls).await?);
        }
    }
    Ok(async move {
        join_all(gateways.into_iter().map(TlsGateway::serve)).await;
        pending::<()>().await;
    })
}

fn config(options: &ExecutorOptions, work_folder: &Path) -> ExecutorProcessConfig {
    let stores = Arc::new(LakeStores::new(options.store.clone()));
    let folder = work_folder.to_path_buf();
    let produce_runtime: RuntimeProducer = Arc::new(move |_| {
        let runtime = RuntimeEnvBuilder::new().with_object_store_registry(Arc::clone(&stores) as _);
        Ok(Arc::new(runtime.with_temp_file_path(folder.clone()).build()?))
    });
    ExecutorProcessConfig {
        bind_host: host_text(inner_address(options)),
        external_host: Some(options.advertised_host.clone().unwrap_or_else(|| host_text(options.bind))),
        port: options.port,
        grpc_port: options.port.saturating_add(1),
        scheduler_host: options.scheduler.host.clone(),
        scheduler_port: options.scheduler.port,
        // Its loop for another value never ends.
        scheduler_connect_timeout_seconds: 0,
        vcores: options.tasks.map_or(0, NonZeroUsize::get),
        task_scheduling_policy: TaskSchedulingPolicy::PushStaged,
        work_dir: Some(work_folder.to_string_lossy().into_owned()),
        job_data_ttl_seconds: DATA_RETENTION.as_secs(),
        job_data_clean_up_interval_seconds: CLEAN_UP_INTERVAL.as_secs(),
        grpc_max_decoding_message_size: MAX_MESSAGE_BYTES,
        grpc_max_encoding_message_size: MAX_MESSAGE_BYTES,
        executor_heartbeat_interval_seconds: HEARTBEAT.as_secs(),
        memory_pool_size: options.memory_limit,
        override_execution_engine: Some(Arc::new(StageEngine::new())),
        override_function_registry: Some(Arc::new(BallistaFunctionRegistry::default())),
        override_runtime_producer: Some(produce_runtime),
        override_config_producer: Some(session_config(options.tls.as_ref())),
        override_create_grpc_client_endpoint: options.tls.as_ref().map(ClusterTls::endpoints),
        override_physical_codec: Some(Arc::new(PlanCodec::of_release(options.release.clone()))),
        ..ExecutorProcessConfig::default()
    }
}
