//! HTTP endpoint `GET /healthz` of the scheduler service.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::error::{ScheduleError, invalid};
use crate::limited_listener::LimitedListener;

/// Health of the service: true if it works, and a message. The service sets it, and the endpoint
/// reports it. Clones share the state.
#[derive(Clone, Debug)]
pub struct Health(Arc<Mutex<(bool, String)>>);

impl Health {
    /// Creates a healthy state with a message.
    pub fn new(message: &str) -> Self {
        Self(Arc::new(Mutex::new((true, message.to_owned()))))
    }

    /// Replaces the state.
    pub fn set(&self, is_healthy: bool, message: &str) {
        if let Ok(mut state) = self.0.lock() {
            *state = (is_healthy, message.to_owned());
        }
    }

    /// Returns the state. A poisoned lock counts as unhealthy.
    fn get(&self) -> (bool, String) {
        self.0.lock().map_or((false, "the service panicked".to_owned()), |state| state.clone())
    }
}

/// Binds a loopback address and returns a future that serves `GET /healthz` until it is dropped.
/// The status is 200 if the service is healthy, 503 otherwise.
///
/// # Errors
/// [`ScheduleError::Invalid`] for an address that other machines can reach,
/// [`ScheduleError::Listen`] for an address that cannot be bound.
pub async fn serve_health(
    address: SocketAddr,
    health: Health,
) -> Result<impl Future<Output = std::io::Result<()>>, ScheduleError> {
    if !address.ip().is_loopback() {
        return Err(invalid(format!(
            "health endpoint {address} can be reached from other machines: use a loopback address, such as \
             127.0.0.1:8686"
        )));
    }
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|source| ScheduleError::Listen { address, source })?;
    let app = Router::new().route("/healthz", get(healthz)).with_state(health);
    Ok(async move { axum::serve(LimitedListener::new(listener), app).await })
}

async fn healthz(State(health): State<Health>) -> (StatusCode, String) {
    let (is_healthy, message) = health.get();
    let status = if is_healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, format!("{message}\n"))
}
