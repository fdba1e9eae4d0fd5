//! The answer to whether the service lives, on an address of this machine alone.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::limited_listener::LimitedListener;
use crate::exit::UsageError;

/// What the service says of itself: whether all went well the last time, and what.
pub(crate) type Health = Arc<Mutex<(bool, String)>>;

/// Answers GET /healthz until it is dropped.
pub(crate) async fn serve(
    address: SocketAddr,
    health: Health,
) -> anyhow::Result<impl Future<Output = std::io::Result<()>>> {
    if !address.ip().is_loopback() {
        return Err(UsageError(format!(
            "--healthz {address} can be reached from elsewhere: name an address of this machine alone, such as 127.0.0.1:8686"
        ))
        .into());
    }
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    let app = Router::new().route("/healthz", get(healthz)).with_state(health);
    Ok(async move { axum::serve(LimitedListener::new(listener), app).await })
}

async fn healthz(State(health): State<Health>) -> (StatusCode, String) {
    let (well, words) =
        health.lock().map_or((false, "the service broke off".to_owned()), |health| health.clone());
    (if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, format!("{words}\n"))
}
