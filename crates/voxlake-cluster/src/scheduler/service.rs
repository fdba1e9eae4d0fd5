//! gRPC service of the scheduler: Ballista's, restricted to physical plans, with jobs that end with
//! the connection of their client.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ballista_core::serde::protobuf::execute_query_failure_result::Failure;
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::execute_query_result::Result as Submitted;
use ballista_core::serde::protobuf::job_status::Status as JobStatus;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpc;
use ballista_core::serde::protobuf::{
    CancelJobParams, CancelJobResult, CleanJobDataParams, CleanJobDataResult, CreateUpdateSessionParams,
    CreateUpdateSessionResult, ExecuteQueryFailureResult, ExecuteQueryParams, ExecuteQueryResult,
    ExecutorStoppedParams, ExecutorStoppedResult, FailedJob, GetJobMetricsParams, GetJobMetricsResult,
    GetJobStatusParams, GetJobStatusResult, HeartBeatParams, HeartBeatResult, PollWorkParams, PollWorkResult,
    RegisterExecutorParams, RegisterExecutorResult, RemoveSessionParams, RemoveSessionResult,
    UpdateTaskStatusParams, UpdateTaskStatusResult,
};
use ballista_scheduler::cluster::JobState;
use ballista_scheduler::scheduler_server::SchedulerServer;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt as _};
use tokio::time::sleep;
use tonic::{Request, Response, Status};

use super::exact_inputs::are_exact;

type Server = SchedulerServer<LogicalPlanNode, PhysicalPlanNode>;
/// Time between two looks at the state of a job, which grows from the first to the second.
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(2);
const MAX_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Looks for a job that has succeeded, before it counts as lost: 10 s.
const STORE_LOOKS: u32 = 5000;
/// Error of a job whose stages did not read each row once.
const LOST_EXECUTOR: &str = "an executor was lost while the query ran, so that rows could be counted twice";
/// Error of a job of which the scheduler does not know what its stages read.
const UNCHECKED: &str = "the scheduler could not check that each row was counted once";

type Reply<T> = Result<Response<T>, Status>;

/// Service of a scheduler.
pub(super) struct CancellingScheduler {
    server: Server,
    jobs: Arc<dyn JobState>,
}

impl CancellingScheduler {
    /// Creates the service. `jobs` is the state of the jobs of `server`.
    pub(super) fn new(server: Server, jobs: Arc<dyn JobState>) -> Self {
        Self { server, jobs }
    }
}

/// States of a job. Cancels the job when it is dropped before the job has ended, which is when the
/// client has gone.
pub(super) struct JobUpdates {
    server: Server,
    updates: BoxStream<'static, Result<GetJobStatusResult, Status>>,
    job_id: String,
    session_id: String,
    has_ended: bool,
}

impl JobUpdates {
    fn new(server: Server, jobs: Arc<dyn JobState>, job_id: String, session_id: String) -> Self {
        let updates = poll(server.clone(), job_id.clone());
        let updates = updates.then(move |update| check(update, Arc::clone(&jobs))).boxed();
        Self { server, updates, job_id, session_id, has_ended: false }
    }
}

impl Stream for JobUpdates {
    type Item = Result<GetJobStatusResult, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let update = std::task::ready!(self.updates.poll_next_unpin(cx));
        self.has_ended = update.as_ref().and_then(|update| update.as_ref().ok()).is_some_and(has_ended);
        Poll::Ready(update)
    }
}

impl Drop for JobUpdates {
    fn drop(&mut self) {
        let (server, has_ended) = (self.server.clone(), self.has_ended);
        let (job_id, session_id) = (std::mem::take(&mut self.job_id), std::mem::take(&mut self.session_id));
        tokio::spawn(async move {
            if !has_ended {
                tracing::info!(job_id, "the client has gone: the job is cancelled");
                let cancelled = SchedulerGrpc::cancel_job(&server, Request::new(CancelJobParams { job_id }));
                if let Err(error) = cancelled.await {
                    tracing::warn!(%error, "the job cannot be cancelled");
                }
            }
            // Fails only if the session is gone already.
            let _ = server.remove_session(Request::new(RemoveSessionParams { session_id })).await;
        });
    }
}

fn has_ended(update: &GetJobStatusResult) -> bool {
    let state = update.status.as_ref().and_then(|job| job.status.as_ref());
    matches!(state, Some(JobStatus::Failed(_) | JobStatus::Successful(_)))
}

/// Asks for the state of a job until it has ended. Ballista's own stream has no state before that,
/// and so no id by which to cancel the job.
fn poll(server: Server, job_id: String) -> impl Stream<Item = Result<GetJobStatusResult, Status>> {
    let first = Some((server, MIN_POLL_INTERVAL));
    stream::unfold(first, move |next| {
        let job_id = job_id.clone();
        async move {
            let (server, interval) = next?;
            sleep(interval).await;
            match server.get_job_status(Request::new(GetJobStatusParams { job_id })).await {
                Ok(update) => {
                    let next = (server, (interval * 2).min(MAX_POLL_INTERVAL));
                    Some((Ok(update.into_inner()), Some(next)))
                }
                Err(status) => Some((Err(status), None)),
            }
        }
    })
}

/// Replaces the success of a job by a failure unless its stages read each row once.
async fn check(
    update: Result<GetJobStatusResult, Status>,
    jobs: Arc<dyn JobState>,
) -> Result<GetJobStatusResult, Status> {
    let mut update = update?;
    let Some(job) = &mut update.status else { return Ok(update) };
    let Some(JobStatus::Successful(success)) = &job.status else { return Ok(update) };
    if let Err(reason) = check_rows(&job.job_id, jobs).await {
        tracing::warn!(job_id = job.job_id, "the job is reported as failed: {reason}");
        job.status = Some(JobStatus::Failed(FailedJob {
            error: reason.to_owned(),
            queued_at: success.queued_at,
            started_at: success.started_at,
            ended_at: success.ended_at,
        }));
    }
    Ok(update)
}

/// Checks that the stages of a finished job read the output of each task once. Returns the reason
/// why the answer cannot be used.
async fn check_rows(job_id: &str, jobs: Arc<dyn JobState>) -> Result<(), &'static str> {
    let job_id = job_id.into();
    // A job is stored soon after it has succeeded.
    for _ in 0..STORE_LOOKS {
        match jobs.get_execution_graph(&job_id).await {
            Ok(Some(graph)) => return if are_exact(&graph) { Ok(()) } else { Err(LOST_EXECUTOR) },
            Ok(None) => sleep(MIN_POLL_INTERVAL).await,
            Err(error) => {
                tracing::warn!(%error, "a finished job cannot be checked");
                return Err(UNCHECKED);
            }
        }
    }
    Err(UNCHECKED)
}

/// Cause of a refused query.
fn reason(failure: ExecuteQueryFailureResult) -> String {
    match failure.failure {
        Some(
            Failure::PlanParsingFailure(reason)
            | Failure::SqlParsingFailure(reason)
            | Failure::SessionNotFound(reason),
        ) => reason,
        None => "no reason is known".to_owned(),
    }
}

#[tonic::async_trait]
impl SchedulerGrpc for CancellingScheduler {
    type ExecuteQueryPushStream = JobUpdates;

    async fn execute_query_push(&self, request: Request<ExecuteQueryParams>) -> Reply<JobUpdates> {
        if !matches!(request.get_ref().query, Some(Query::PhysicalPlan(_))) {
            return Err(Status::invalid_argument("only physical plans of voxlake are run"));
        }
        let session_id = request.get_ref().session_id.clone();
        let (metadata, submitted, extensions) = self.server.execute_query(request).await?.into_parts();
        let job_id = match submitted.result {
            Some(Submitted::Success(success)) => success.job_id,
            Some(Submitted::Failure(failure)) => return Err(Status::invalid_argument(reason(failure))),
            None => return Err(Status::internal("the query was not submitted")),
        };
        let updates = JobUpdates::new(self.server.clone(), Arc::clone(&self.jobs), job_id, session_id);
        Ok(Response::from_parts(metadata, updates, extensions))
    }

    /// Refused: a job without a connection could not be cancelled when its client goes.
    async fn execute_query(&self, _: Request<ExecuteQueryParams>) -> Reply<ExecuteQueryResult> {
        Err(Status::unimplemented("queries are submitted by execute_query_push"))
    }

    async fn poll_work(&self, request: Request<PollWorkParams>) -> Reply<PollWorkResult> {
        self.server.poll_work(request).await
    }

    async fn register_executor(
        &self,
        request: Request<RegisterExecutorParams>,
    ) -> Reply<RegisterExecutorResult> {
        self.server.register_executor(request).await
    }

    async fn heart_beat_from_executor(&self, request: Request<HeartBeatParams>) -> Reply<HeartBeatResult> {
        self.server.heart_beat_from_executor(request).await
    }

    async fn update_task_status(
        &self,
        request: Request<UpdateTaskStatusParams>,
    ) -> Reply<UpdateTaskStatusResult> {
        self.server.update_task_status(request).await
    }

    async fn create_update_session(
        &self,
        request: Request<CreateUpdateSessionParams>,
    ) -> Reply<CreateUpdateSessionResult> {
        self.server.create_update_session(request).await
    }

    async fn remove_session(&self, request: Request<RemoveSessionParams>) -> Reply<RemoveSessionResult> {
        self.server.remove_session(request).await
    }

    async fn get_job_status(&self, request: Request<GetJobStatusParams>) -> Reply<GetJobStatusResult> {
        self.server.get_job_status(request).await
    }

    async fn get_job_metrics(&self, request: Request<GetJobMetricsParams>) -> Reply<GetJobMetricsResult> {
        self.server.get_job_metrics(request).await
    }

    async fn executor_stopped(
        &self,
        request: Request<ExecutorStoppedParams>,
    ) -> Reply<ExecutorStoppedResult> {
        self.server.executor_stopped(request).await
    }

    async fn cancel_job(&self, request: Request<CancelJobParams>) -> Reply<CancelJobResult> {
        SchedulerGrpc::cancel_job(&self.server, request).await
    }

    async fn clean_job_data(&self, request: Request<CleanJobDataParams>) -> Reply<CleanJobDataResult> {
        self.server.clean_job_data(request).await
    }
}
