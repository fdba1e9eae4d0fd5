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
use super::faults::{RequestContext, tag_fault};
use super::oauth::authorise;
use super::page::render_page;
use super::params::Params;
use super::state::ServerState;

/// Returns calls of the token's own account.
pub(crate) async fn list_own(
    State(shared): State<Arc<ServerState>>,
    Extension(context): Extension<RequestContext>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    respond(shared, context, uri, headers, &[SCOPE_READ, SCOPE_MASTER, SCOPE_MASTER_GRANULAR]).await
}

/// Returns calls of the account in the path.
pub(crate) async fn list_of_account(
    State(shared): State<Arc<ServerState>>,
    Extension(context): Extension<RequestContext>,
    account: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let known = shared.config.credentials.account_id.clone();
    let response = respond(shared, context, uri, headers, &[SCOPE_MASTER, SCOPE_MASTER_GRANULAR]).await?;
    match account {
        Ok(Path(account)) if account == known => Ok(response),
        Ok(Path(account)) => Err(Refusal::unknown_account(&account)),
        Err(_) => Err(Refusal::unknown_path()),
    }
}

/// Handles a request for calls. The token needs one of `scopes`; a refusal names the first.
async fn respond(
    shared: Arc<ServerState>,
    context: RequestContext,
    uri: Uri,
    headers: HeaderMap,
    scopes: &[&str],
) -> Result<Response, Refusal> {
    // The order of a gateway: authentication, rate limit, authorisation, then the parameters.
    let now = context.info.received_at;
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
    if let Some(refusal) = context.refusal(&shared.tokens, token) {
        return Ok(refusal);
    }
    // Counting the first page of a long window is slow, so it runs on a blocking thread.
    let fault = context.fault.clone();
    let rendered = tokio::task::spawn_blocking(move || render_page(&shared, &params, now, fault.as_ref()));
    let page = rendered.await.map_err(|_| Refusal::internal())??;
    let answer = (limits, [(CONTENT_TYPE, "application/json")], page.body).into_response();
    Ok(match &context.fault {
        Some(fault) if page.fault_applied => tag_fault(fault, answer),
        _ => answer,
    })
}
