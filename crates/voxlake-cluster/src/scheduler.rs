//! Scheduler process: splits plans into stages and gives their tasks to executors.

mod service;

use std::future::Future;
use std::net::SocketAddr;
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
use crate::codec::PlanCodec;
use crate::error::ClusterError;
use crate::process::{MAX_MESSAGE_BYTES, check_loopback, session_config};

/// Time after which executors without a heartbeat are given up.
const EXECUTOR_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for which the results of a finished job are kept.
const RESULT_RETENTION: Duration = Duration::from_secs(300);

/// Scheduler that listens for clients and executors.
#[derive(Debug)]
pub struct Scheduler {
    listener: TcpListener,
    address: SocketAddr,
}

impl Scheduler {
    /// Binds the listener. Port 0 chooses a free port.
    ///
    /// # Errors
    /// [`ClusterError::NotLoopback`] for an address that other machines reach;
    /// [`ClusterError::Stopped`] if the address cannot be bound.
    pub async fn bind(address: SocketAddr) -> Result<Self, ClusterError> {
        check_loopback(address)?;
        let listener = TcpListener::bind(address).await.map_err(|error| stopped(&error))?;
        let address = listener.local_addr().map_err(|error| stopped(&error))?;
        Ok(Self { listener, address })
    }

    /// Address of the listener.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` completes.
    ///
    /// # Errors
    /// [`ClusterError::Stopped`] if the scheduler cannot start or its listener fails.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), ClusterError> {
        let config = Arc::new(config(self.address));
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(|error| stopped(&error))?;
        let server = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, config)
            .await
            .map_err(|error| stopped(&error))?;
        let bytes = usize::try_from(MAX_MESSAGE_BYTES).unwrap_or(usize::MAX);
        let service = SchedulerGrpcServer::new(CancellingScheduler::new(server))
            .max_decoding_message_size(bytes)
            .max_encoding_message_size(bytes);
        create_grpc_server(&GrpcServerConfig::default())
            .add_service(service)
            .serve_with_incoming_shutdown(TcpIncoming::from(self.listener).with_nodelay(Some(true)), shutdown)
            .await
            .map_err(|error| stopped(&error))
    }
}

fn config(address: SocketAddr) -> SchedulerConfig {
    let build_session = |config: SessionConfig| {
        Ok(SessionStateBuilder::new().with_default_features().with_config(config).build())
    };
    SchedulerConfig {
        bind_host: address.ip().to_string(),
        external_host: address.ip().to_string(),
        bind_port: address.port(),
        scheduling_policy: TaskSchedulingPolicy::PushStaged,
        finished_job_data_clean_up_interval_seconds: RESULT_RETENTION.as_secs(),
        finished_job_state_clean_up_interval_seconds: RESULT_RETENTION.as_secs(),
        executor_timeout_seconds: EXECUTOR_TIMEOUT.as_secs(),
        grpc_server_max_decoding_message_size: MAX_MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MAX_MESSAGE_BYTES,
        grpc_client_max_message_size: MAX_MESSAGE_BYTES,
        override_config_producer: Some(Arc::new(session_config)),
        override_session_builder: Some(Arc::new(build_session)),
        override_physical_codec: Some(Arc::new(PlanCodec::default())),
        ..SchedulerConfig::default()
    }
}

fn stopped(error: &dyn std::error::Error) -> ClusterError {
    ClusterError::Stopped { process: "scheduler", reason: error.to_string() }
}
