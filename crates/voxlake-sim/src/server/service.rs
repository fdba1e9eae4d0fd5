//! HTTP service: the routes, and the middleware that all requests pass.

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderValue;
use axum::http::header::DATE;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use super::config::ServerConfig;
use super::connection::{CutSwitch, CuttableListener};
use super::error::Refusal;
use super::faults::{AppliedFault, Fault, apply_fault};
use super::retry_after::http_date;
use super::state::{Handle, ServerState};
use super::{oauth, voice_calls};

/// Simulated API server that has not been started.
#[derive(Debug)]
pub struct Server(Arc<ServerState>);

impl Server {
    /// Creates a server that is not started yet.
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        Self(Arc::new(ServerState::new(config)))
    }

    /// Returns a handle of the server. It is valid before, during and after [`Self::serve`].
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.0))
    }

    /// Serves requests until `shutdown` completes, then answers the requests in progress.
    ///
    /// # Errors
    ///
    /// If the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let service = router(self.0).into_make_service_with_connect_info::<CutSwitch>();
        axum::serve(CuttableListener(listener), service).with_graceful_shutdown(shutdown).await
    }
}

/// Runs a server on `listener` until `shutdown` completes. Unlike [`Server`], it has no [`Handle`].
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    config: ServerConfig,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    Server::new(config).serve(listener, shutdown).await
}

fn router(state: Arc<ServerState>) -> Router {
    Router::new()
        .route("/oauth/token", post(oauth::token))
        .route("/v2/contact_center/voice_calls", get(voice_calls::list_own))
        .route("/v2/accounts/{account_id}/contact_center/voice_calls", get(voice_calls::list_of_account))
        .fallback(async || Refusal::unknown_path())
        .method_not_allowed_fallback(async || Refusal::unsupported_method())
        .layer(middleware::from_fn_with_state(Arc::clone(&state), process_request))
        .with_state(state)
}

/// Middleware of all requests: numbers, counts and logs the request, selects its fault, and applies
/// faults that change the response.
async fn process_request(
    State(state): State<Arc<ServerState>>,
    ConnectInfo(connection): ConnectInfo<CutSwitch>,
    mut request: Request,
    next: Next,
) -> Response {
    let target = request.uri().path_and_query().map(ToString::to_string);
    let context = state.admit(request.uri());
    let (now, endpoint) = (context.info.received_at, context.info.endpoint);
    let number = state.log.open(context.info.clone());
    request.extensions_mut().insert(context.clone());
    let mut response = next.run(request).await;
    if let Some(fault) = &context.fault {
        response = apply_fault(response, fault, &connection).await;
    }
    if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
        response.headers_mut().insert(DATE, date);
    }
    let fault = response.extensions().get::<AppliedFault>().map(|AppliedFault(name)| *name);
    // A connection that is cut before the response gives the client no status.
    let status = (fault != Some(Fault::CutBefore.name())).then(|| response.status().as_u16());
    state.count_response(endpoint, status.unwrap_or(0));
    state.log.close(number, status, fault);
    tracing::debug!(request = target, status, fault, "answered");
    response
}
