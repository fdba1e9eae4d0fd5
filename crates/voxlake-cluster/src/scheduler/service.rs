//! gRPC service of the scheduler: Ballista's, restricted to physical plans, with jobs that end with
//! the connection of their client.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ballista_core::serde::protobuf::execute_query_failure_result::Failure;
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::execute_query_result::Result as Submitted;
use ballista_core::serde::protobuf::job_status::Status as JobState;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpc;
use ballista_core::serde::protobuf::{
    CancelJobParams, CancelJobResult, CleanJobDataParams, CleanJobDataResult, CreateUpdateSessionParams,
    CreateUpdateSessionResult, ExecuteQueryFailureResult, ExecuteQueryParams, ExecuteQueryResult,
    ExecutorStoppedParams, ExecutorStoppedResult, GetJobMetricsParams, GetJobMetricsResult,
    GetJobStatusParams, GetJobStatusResult, HeartBeatParams, HeartBeatResult, PollWorkParams, PollWorkResult,
    RegisterExecutorParams, RegisterExecutorResult, RemoveSessionParams, RemoveSessionResult,
    UpdateTaskStatusParams, UpdateTaskStatusResult,
};
use ballista_scheduler::scheduler_server::SchedulerServer;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt as _};
use tokio::time::sleep;
use tonic::{Request, Response, Status};

type Server = SchedulerServer<LogicalPlanNode, PhysicalPlanNode>;
/// Time between two looks at the state of a job, which grows from the first to the second.
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(2);
const MAX_POLL_INTERVAL: Duration = Duration::from_millis(50);

type Reply<T> = Result<Response<T>, Status>;

/// Service of a scheduler.
pub(super) struct CancellingScheduler {
    server: Server,
}

impl CancellingScheduler {
    pub(super) fn new(server: Server) -> Self {
        Self { server }
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
    fn new(server: Server, job_id: String, session_id: String) -> Self {
        let updates = poll(server.clone(), job_id.clone()).boxed();
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
    matches!(state, Some(JobState::Failed(_) | JobState::Successful(_)))
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
        let updates = JobUpdates::new(self.server.clone(), job_id, session_id);
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
