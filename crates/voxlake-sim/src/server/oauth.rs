//! The token endpoint, and the check of access tokens.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, HOST};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::config::ServerConfig;
use super::error::Refusal;
use super::faults::{Fault, RequestContext, tag_fault};
use super::state::ServerState;
use super::tokens::Tokens;

/// Returns the access token of a request.
pub(crate) fn authorise<'a>(
    tokens: &Tokens,
    headers: &'a HeaderMap,
    now: DateTime<Utc>,
) -> Result<&'a str, Refusal> {
    credential(headers, "Bearer")
        .filter(|token| tokens.accept(token, now))
        .ok_or_else(Refusal::invalid_access_token)
}

/// Returns the part of the `Authorization` header after the scheme.
fn credential<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (given, rest) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

pub(crate) async fn token(
    State(shared): State<Arc<ServerState>>,
    Extension(context): Extension<RequestContext>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let config = &shared.config;
    let query = Query::<HashMap<String, String>>::try_from_uri(&uri);
    let query = query.map(|Query(pairs)| pairs).unwrap_or_default();
    let has = |name: &str, value: &str| query.get(name).is_some_and(|given| given == value);
    if !has_valid_secret(config, &headers) {
        return Err(Refusal::oauth(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "Invalid client_id or client_secret",
        ));
    }
    if !has("grant_type", "account_credentials") {
        return Err(Refusal::oauth(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "unsupported grant type",
        ));
    }
    if !has("account_id", &config.credentials.account_id) {
        return Err(Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_request", "Bad Request"));
    }
    if let Some(refusal) = context.refusal_of_any_endpoint() {
        return Ok(refusal);
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let token =
        shared.tokens.issue(config.centre.config().seed, config.token_lifetime, context.info.received_at);
    let body = json!({
        "access_token": &token,
        "token_type": "bearer",
        "expires_in": config.token_lifetime.num_seconds(),
        "scope": config.scopes.join(" "),
        "api_url": format!("http://{}", host.unwrap_or("localhost")),
    });
    let answer = ([(CACHE_CONTROL, "no-store")], Json(body)).into_response();
    Ok(match &context.fault {
        Some(fault @ Fault::TokenDies) => {
            shared.tokens.revoke(&token);
            tag_fault(fault, answer)
        }
        _ => answer,
    })
}

fn has_valid_secret(config: &ServerConfig, headers: &HeaderMap) -> bool {
    let given = credential(headers, "Basic").and_then(|text| STANDARD.decode(text).ok());
    let known = &config.credentials;
    let expected = format!("{}:{}", known.client_id, known.client_secret);
    given.is_some_and(|given| given == expected.as_bytes())
}
