//! Scheduler process: splits plans into stages and gives their tasks to executors.

mod exact_inputs;
mod service;

use std::fmt::Display;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_core::utils::{GrpcServerConfig, create_grpc_server};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;

use self::service::CancellingScheduler;
use crate::address::SCHEDULER_PORT;
use crate::codec::PlanCodec;
use crate::error::ClusterError;
use crate::process::{MAX_MESSAGE_BYTES, check_address, host_text, session_config};
use crate::tls::ClusterTls;

/// Time after which executors without a heartbeat are given up.
const EXECUTOR_TIMEOUT: Duration = Duration::from_secs(30);
/// Time between two looks for such executors. Their queries wait that long as well.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(2);
/// Time for which the results of a finished job are kept.
const RESULT_RETENTION: Duration = Duration::from_secs(300);

/// Options of a scheduler.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SchedulerOptions {
    /// Address of the listener. Port 0 chooses a free port. Default: 127.0.0.1:50050.
    pub listen: SocketAddr,
    /// Host by which executors reach the scheduler. Default: the address of the listener.
    pub advertised_host: Option<String>,
    /// Certificates of mutual TLS. Default: none, for loopback addresses only.
    pub tls: Option<ClusterTls>,
}

impl Default for SchedulerOptions {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, SCHEDULER_PORT));
        Self { listen, advertised_host: None, tls: None }
    }
}

/// Scheduler that listens for clients and executors.
#[derive(Debug)]
pub struct Scheduler {
    listener: TcpListener,
    address: SocketAddr,
    host: String,
    tls: Option<ClusterTls>,
}

impl Scheduler {
    /// Binds the listener.
    ///
    /// # Errors
    /// [`ClusterError::NotLoopback`] for an address that other machines reach without TLS;
    /// [`ClusterError::NotReachable`] for all addresses of the machine (such as 0.0.0.0) without an
    /// advertised host; [`ClusterError::CannotListen`] if the address cannot be bound.
    pub async fn bind(options: SchedulerOptions) -> Result<Self, ClusterError> {
        let SchedulerOptions { listen, advertised_host, tls } = options;
        check_address(listen, tls.as_ref())?;
        if listen.ip().is_unspecified() && advertised_host.is_none() {
            let reason = "executors need a host to connect to, which the advertised host names";
            return Err(ClusterError::NotReachable { address: listen.to_string(), reason });
        }
        let listener = TcpListener::bind(listen).await.map_err(|error| ClusterError::CannotListen {
            address: listen.to_string(),
            reason: error.to_string(),
        })?;
        let address = listener.local_addr().map_err(|error| stopped(&error))?;
        let host = advertised_host.unwrap_or_else(|| host_text(address.ip()));
        Ok(Self { listener, address, host, tls })
    }

    /// Address of the listener.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Address by which clients and executors reach the scheduler.
    #[must_use]
    pub fn advertised_address(&self) -> String {
        format!("{}:{}", self.host, self.address.port())
    }

    /// Serves until `shutdown` completes.
    ///
    /// # Errors
    /// [`ClusterError::Stopped`] if the scheduler cannot start or its listener fails.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), ClusterError> {
        let config = Arc::new(config(self.address, &self.host, self.tls.as_ref()));
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(|error| stopped(&error))?;
        let jobs = cluster.job_state();
        let server = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, config)
            .await
            .map_err(|error| stopped(&error))?;
        let bytes = usize::try_from(MAX_MESSAGE_BYTES).unwrap_or(usize::MAX);
        let service = SchedulerGrpcServer::new(CancellingScheduler::new(server, jobs))
            .max_decoding_message_size(bytes)
            .max_encoding_message_size(bytes);
        let mut server = create_grpc_server(&GrpcServerConfig::default());
        if let Some(tls) = &self.tls {
            server = server.tls_config(tls.server()).map_err(|error| stopped(&error))?;
        }
        server
            .add_service(service)
            .serve_with_incoming_shutdown(TcpIncoming::from(self.listener).with_nodelay(Some(true)), shutdown)
            .await
            .map_err(|error| stopped(&error))
    }
}

fn config(address: SocketAddr, host: &str, tls: Option<&ClusterTls>) -> SchedulerConfig {
    let build_session = |config: SessionConfig| {
        Ok(SessionStateBuilder::new().with_default_features().with_config(config).build())
    };
    SchedulerConfig {
        bind_host: address.ip().to_string(),
        external_host: host.to_owned(),
        bind_port: address.port(),
        scheduling_policy: TaskSchedulingPolicy::PushStaged,
        finished_job_data_clean_up_interval_seconds: RESULT_RETENTION.as_secs(),
        finished_job_state_clean_up_interval_seconds: RESULT_RETENTION.as_secs(),
        executor_timeout_seconds: EXECUTOR_TIMEOUT.as_secs(),
        expire_dead_executor_interval_seconds: EXPIRY_INTERVAL.as_secs(),
        grpc_server_max_decoding_message_size: MAX_MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MAX_MESSAGE_BYTES,
        grpc_client_max_message_size: MAX_MESSAGE_BYTES,
        override_config_producer: Some(session_config(tls)),
        override_create_grpc_client_endpoint: tls.map(ClusterTls::endpoints),
        override_session_builder: Some(Arc::new(build_session)),
        override_physical_codec: Some(Arc::new(PlanCodec::default())),
        ..SchedulerConfig::default()
    }
}

fn stopped(error: &dyn Display) -> ClusterError {
    ClusterError::Stopped { process: "scheduler", reason: error.to_string() }
}
