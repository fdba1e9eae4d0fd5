//! The API over HTTP: a centre's calls served as the real service would, limits, traps and refusals included.
//!
//! ```text
//! POST /oauth/token                                          oauth
//! GET  /v2/contact_center/voice_calls                        voice_calls ── params ── moment, filter
//! GET  /v2/accounts/{accountId}/contact_center/voice_calls        │
//!                                                               page ── index, page_token
//! ```
//!
//! Around them: faults (what goes wrong on purpose), connection (how it is cut), log.

mod clock;
mod config;
mod connection;
mod error;
mod faults;
mod filter;
mod index;
mod limits;
mod local;
mod log;
mod moment;
mod oauth;
mod page;
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
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderValue;
use axum::http::header::DATE;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use tokio::net::TcpListener;

pub use self::clock::{Clock, ManualClock, SystemClock, TickingClock};
pub use self::config::{
    Bound, Credentials, RateLimits, RetryAfter, SCOPE_MASTER, SCOPE_MASTER_GRANULAR, SCOPE_READ, ServerConfig,
};
use self::connection::{CuttableListener, Switch};
use self::error::Refusal;
pub use self::faults::{Asked, Fault, Faults, Oddities, Told};
use self::faults::{Met, leave};
pub use self::local::LocalServer;
pub use self::log::Served;
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
        let service = router(self.0).into_make_service_with_connect_info::<Switch>();
        axum::serve(CuttableListener(listener), service).with_graceful_shutdown(shutdown).await
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

/// Every request passes here: it gets its number and its fault, is counted and logged, and what goes wrong on the way
/// of its answer goes wrong here.
async fn observe(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Switch>,
    mut request: Request,
    next: Next,
) -> Response {
    let asked = request.uri().path_and_query().map(ToString::to_string);
    let arrival = shared.arrive(request.uri());
    let (now, endpoint) = (arrival.asked.at, arrival.asked.endpoint);
    let number = shared.log.open(arrival.asked.clone());
    request.extensions_mut().insert(arrival.clone());
    let mut response = next.run(request).await;
    if let Some(fault) = &arrival.fault {
        response = leave(response, fault, &connection).await;
    }
    if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
        response.headers_mut().insert(DATE, date);
    }
    let fault = response.extensions().get::<Met>().map(|Met(name)| *name);
    let status = (fault != Some(Fault::CutBefore.name())).then(|| response.status().as_u16());
    shared.count(endpoint, status.unwrap_or(0));
    shared.log.close(number, status, fault);
    tracing::debug!(request = asked, status, fault, "answered");
    response
}

/// A moment as headers write it: `Sun, 01 Nov 2026 00:00:01 GMT`.
fn http_date(moment: DateTime<Utc>) -> String {
    moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
