//! The API over HTTP: a centre's calls served as the real service would, limits, traps and refusals included.
//!
//! ```text
//! POST /oauth/token                                          oauth
//! GET  /v2/contact_center/voice_calls                        voice_calls ── params ── moment, filter
//! GET  /v2/accounts/{accountId}/contact_center/voice_calls        │
//!                                                            index, page_token
//! ```

mod clock;
mod config;
mod error;
mod filter;
mod index;
mod limits;
mod local;
mod moment;
mod oauth;
mod page_token;
mod params;
mod state;
#[cfg(test)]
mod tests;
mod voice_calls;

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use tokio::net::TcpListener;

pub use self::clock::{Clock, ManualClock, SystemClock};
pub use self::config::{
    Bound, Credentials, RateLimits, RetryAfter, SCOPE_MASTER, SCOPE_MASTER_GRANULAR, SCOPE_READ, ServerConfig,
};
use self::error::Refusal;
pub use self::local::LocalServer;
use self::state::Shared;
pub use self::state::{Endpoint, Handle};

/// A server that is ready to run.
#[derive(Debug)]
pub struct Server(Arc<Shared>);

impl Server {
    /// A server of these settings.
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        Self(Arc::new(Shared::new(config)))
    }

    /// A view into the server, good before, while and after it runs.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.0))
    }

    /// Answers requests until `shutdown` completes and those under way are answered.
    ///
    /// # Errors
    ///
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        axum::serve(listener, router(self.0)).with_graceful_shutdown(shutdown).await
    }
}

/// Serves calls on `listener` until `shutdown` completes: [`Server`] without a handle.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    config: ServerConfig,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    Server::new(config).serve(listener, shutdown).await
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/oauth/token", post(oauth::token))
        .route("/v2/contact_center/voice_calls", get(voice_calls::own))
        .route("/v2/accounts/{account_id}/contact_center/voice_calls", get(voice_calls::of_account))
        .fallback(async || Refusal::unknown_path())
        .method_not_allowed_fallback(async || Refusal::method())
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), observe))
        .with_state(shared)
}

/// Every request passes here and is counted.
///
/// Whatever may go wrong on purpose (a status out of turn, a slow or cut answer) belongs here too, around `run`.
async fn observe(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let endpoint = Endpoint::of(request.uri().path());
    let asked = request.uri().path_and_query().map(ToString::to_string);
    let response = next.run(request).await;
    shared.count(endpoint, response.status().as_u16());
    tracing::debug!(request = asked, status = response.status().as_u16(), "answered");
    response
}
