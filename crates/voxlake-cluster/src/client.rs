//! Client of a scheduler: submits a job and reads its result.
//!
//! The scheduler cancels a job when the connection that submitted it ends, so that dropping the
//! stream of batches cancels the job.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::client::BallistaClient;
use ballista_core::config::BallistaConfig;
use ballista_core::extension::BallistaConfigGrpcEndpoint;
use ballista_core::ids::new_instance_id;
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::job_status::Status as JobState;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{ExecuteQueryParams, GetJobStatusResult, PartitionLocation};
use ballista_core::utils::GrpcClientConfig;
use ballista_core::version::insert_version_header;
use datafusion::arrow::array::RecordBatch;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::time::{Instant, timeout_at};
use tonic::{Request, Status, Streaming};

use crate::address::EngineAddress;
use crate::connection::{chain, connect};
use crate::error::ClusterError;
use crate::job::Job;
use crate::process::MAX_MESSAGE_BYTES;
use crate::task_error::job_error;
use crate::tls::ClusterTls;

/// Deadline of queries without one.
const FAR_FUTURE: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Client of a scheduler.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) address: EngineAddress,
    /// Certificates of a cluster with mutual TLS.
    pub(crate) tls: Option<ClusterTls>,
}

impl Client {
    /// Runs a job and returns the batches of its result.
    pub(crate) fn run(self: Arc<Self>, job: Arc<Job>) -> BoxStream<'static, Result<RecordBatch>> {
        let deadline = Instant::now() + self.address.deadline.unwrap_or(FAR_FUTURE);
        let seconds = self.address.deadline.unwrap_or_default().as_secs();
        let batches = stream::once(self.locate(job)).try_flatten();
        // Each wait for a batch ends at the deadline.
        stream::unfold(Some(batches.boxed()), move |batches| async move {
            let mut batches = batches?;
            match timeout_at(deadline, batches.next()).await {
                Ok(Some(Ok(batch))) => Some((Ok(batch), Some(batches))),
                Ok(Some(Err(error))) => Some((Err(error), None)),
                Ok(None) => None,
                Err(_) => Some((Err(ClusterError::DeadlineExceeded { seconds }.into()), None)),
            }
        })
        .boxed()
    }

    /// Submits a job, waits until it has finished and returns the batches of its result.
    async fn locate(self: Arc<Self>, job: Arc<Job>) -> Result<BoxStream<'static, Result<RecordBatch>>> {
        let connection = GrpcClientConfig::from(&BallistaConfig::default());
        let max_bytes = usize::try_from(MAX_MESSAGE_BYTES).unwrap_or(usize::MAX);
        if job.plan_bytes() > max_bytes {
            let plan_bytes = job.plan_bytes();
            return Err(ClusterError::PlanTooLarge { plan_bytes, max_bytes }.into());
        }
        let updates = self.submit(&job, &connection, max_bytes).await?;
        let partitions = self.finished(updates).await?;
        let endpoints = self.tls.as_ref().map(ClusterTls::endpoints);
        let endpoints = endpoints.map(|endpoints| Arc::new(BallistaConfigGrpcEndpoint::new(endpoints)));
        let batches = stream::iter(partitions)
            .map(move |partition| fetch(partition, endpoints.clone(), connection.io_retries_times, max_bytes))
            .buffered(1)
            .try_flatten();
        Ok(batches.boxed())
    }

    /// Submits a job. Returns the stream of its states.
    async fn submit(
        &self,
        job: &Job,
        connection: &GrpcClientConfig,
        max_bytes: usize,
    ) -> Result<Streaming<GetJobStatusResult>> {
        let channel = connect(self.address.scheduler_url(), connection, self.tls.as_ref())
            .await
            .map_err(|reason| self.unreachable(reason))?;
        let mut scheduler = SchedulerGrpcClient::new(channel)
            .max_encoding_message_size(max_bytes)
            .max_decoding_message_size(max_bytes);
        let mut request = Request::new(ExecuteQueryParams {
            query: Some(Query::PhysicalPlan(job.plan.clone())),
            settings: job.settings.clone(),
            // A session for each query: they may have different settings.
            session_id: new_instance_id(),
            operation_id: new_instance_id(),
        });
        insert_version_header(request.metadata_mut());
        match scheduler.execute_query_push(request).await {
            Ok(updates) => Ok(updates.into_inner()),
            Err(status) => Err(self.refused(&status).into()),
        }
    }

    /// Error of a query that was not submitted.
    fn refused(&self, status: &Status) -> ClusterError {
        // A server refuses a certificate only after the handshake, so that it looks like a failed
        // request.
        let Some(cause) = status.source() else {
            return ClusterError::Refused { reason: status.message().to_owned() };
        };
        let question = match &self.tls {
            None => "does the scheduler use TLS?",
            Some(_) => "does the scheduler use TLS, with certificates of the same authority?",
        };
        self.unreachable(format!("{} ({question})", chain(cause)))
    }

    /// Waits until a job has finished. Returns the places of its result.
    async fn finished(&self, mut updates: Streaming<GetJobStatusResult>) -> Result<Vec<PartitionLocation>> {
        loop {
            let update = match updates.message().await {
                Ok(Some(update)) => update,
                Ok(None) => return Err(self.lost("it ended the connection".to_owned()).into()),
                Err(status) => {
                    let reason = status.source().map_or_else(|| status.message().to_owned(), chain);
                    return Err(self.lost(reason).into());
                }
            };
            match update.status.and_then(|job| job.status) {
                None | Some(JobState::Queued(_) | JobState::Running(_)) => {}
                Some(JobState::Failed(failure)) => return Err(job_error(&failure.error)),
                Some(JobState::Successful(success)) => return Ok(success.partition_location),
            }
        }
    }

    fn lost(&self, reason: String) -> ClusterError {
        ClusterError::ConnectionLost { address: self.scheduler(), reason }
    }

    fn unreachable(&self, reason: String) -> ClusterError {
        ClusterError::Unreachable { address: self.scheduler(), reason }
    }

    /// Host and port of the scheduler.
    fn scheduler(&self) -> String {
        format!("{}:{}", self.address.host, self.address.port)
    }
}

/// Fetches a partition of a result from the executor that holds it.
async fn fetch(
    location: PartitionLocation,
    endpoints: Option<Arc<BallistaConfigGrpcEndpoint>>,
    retries: u8,
    max_bytes: usize,
) -> Result<SendableRecordBatchStream> {
    let layout = location.layout();
    let failed = |reason: &str| DataFusionError::from(ClusterError::Failed { reason: reason.to_owned() });
    let executor = location.executor_meta.ok_or_else(|| failed("a part of the result has no executor"))?;
    let partition = location.partition_id.ok_or_else(|| failed("a part of the result has no id"))?;
    let port = u16::try_from(executor.port).map_err(|_| failed("an executor has no valid port"))?;
    let mut client =
        BallistaClient::try_new(&executor.host, port, max_bytes, false, endpoints, retries, 100, 0, 0)
            .await
            .map_err(|error| failed(&chain(&error)))?;
    client
        .fetch_partition(&executor.id, &partition.into(), location.file_id, layout, true)
        .await
        .map_err(|error| failed(&chain(&error)))
}
