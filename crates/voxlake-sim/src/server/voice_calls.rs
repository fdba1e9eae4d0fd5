//! The voice call endpoints.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};

use super::config::{SCOPE_MASTER, SCOPE_MASTER_GRANULAR, SCOPE_READ};
use super::error::Refusal;
use super::faults::{Arrival, met};
use super::oauth::authorise;
use super::page::page;
use super::params::Params;
use super::state::Shared;

/// Returns calls of the token's own account.
pub(crate) async fn own(
    State(shared): State<Arc<Shared>>,
    Extension(arrival): Extension<Arrival>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    answer(shared, arrival, uri, headers, &[SCOPE_READ, SCOPE_MASTER, SCOPE_MASTER_GRANULAR]).await
}

/// Returns calls of the account in the path.
pub(crate) async fn of_account(
    State(shared): State<Arc<Shared>>,
    Extension(arrival): Extension<Arrival>,
    account: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let known = shared.config.credentials.account_id.clone();
    let response = answer(shared, arrival, uri, headers, &[SCOPE_MASTER, SCOPE_MASTER_GRANULAR]).await?;
    match account {
        Ok(Path(account)) if account == known => Ok(response),
        Ok(Path(account)) => Err(Refusal::unknown_account(&account)),
        Err(_) => Err(Refusal::unknown_path()),
    }
}

/// Handles a request for calls. The token needs one of `scopes`; a refusal names the first.
async fn answer(
    shared: Arc<Shared>,
    arrival: Arrival,
    uri: Uri,
    headers: HeaderMap,
    scopes: &[&str],
) -> Result<Response, Refusal> {
    // The order of a gateway: authentication, rate limit, authorisation, then the parameters.
    let now = arrival.asked.at;
    let token = authorise(&shared.tokens, &headers, now)?;
    let config = &shared.config;
    let limits = shared.limiter.admit(config.limits, now)?;
    if !config.scopes.iter().any(|scope| scopes.contains(&scope.as_str())) {
        return Err(Refusal::missing_scope(scopes.first().copied().unwrap_or_default()));
    }
    let params = Params::parse(&uri, config)?;
    if !config.latency.is_zero() {
        tokio::time::sleep(config.latency).await;
    }
    if let Some(refusal) = arrival.refusal(&shared.tokens, token) {
        return Ok(refusal);
    }
    // Counting the first page of a long window is slow, so it runs on a blocking thread.
    let fault = arrival.fault.clone();
    let made = tokio::task::spawn_blocking(move || page(&shared, &params, now, fault.as_ref()));
    let page = made.await.map_err(|_| Refusal::internal())??;
    let answer = (limits, [(CONTENT_TYPE, "application/json")], page.body).into_response();
    Ok(match &arrival.fault {
        Some(fault) if page.twisted => met(fault, answer),
        _ => answer,
    })
}
