//! The endpoint for voice calls: from a request to a page.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::config::{SCOPE_MASTER, SCOPE_MASTER_GRANULAR, SCOPE_READ, ServerConfig};
use super::error::Refusal;
use super::moment::Window;
use super::oauth::authorise;
use super::page_token::PageToken;
use super::params::Params;
use super::state::Shared;
use crate::call::Call;
use crate::centre::{Entry, LONGEST};
use crate::wire::{WireCall, write_moment};

/// An account's own calls.
pub(crate) async fn own(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    answer(shared, uri, headers, &[SCOPE_READ, SCOPE_MASTER, SCOPE_MASTER_GRANULAR]).await
}

/// Calls of an account that is named in the path.
pub(crate) async fn of_account(
    State(shared): State<Arc<Shared>>,
    account: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let known = shared.config.credentials.account_id.clone();
    let response = answer(shared, uri, headers, &[SCOPE_MASTER, SCOPE_MASTER_GRANULAR]).await?;
    match account {
        Ok(Path(account)) if account == known => Ok(response),
        Ok(Path(account)) => Err(Refusal::unknown_account(&account)),
        Err(_) => Err(Refusal::unknown_path()),
    }
}

/// `scopes` are those of which a token needs one; the first is what a refusal asks for.
async fn answer(
    shared: Arc<Shared>,
    uri: Uri,
    headers: HeaderMap,
    scopes: &[&str],
) -> Result<Response, Refusal> {
    // The order is that of a gateway: who is it, how often, what may they do, and only then what they ask.
    authorise(&shared, &headers)?;
    let config = &shared.config;
    let limits = shared.limiter.admit(config.limits, config.clock.now())?;
    if !config.scopes.iter().any(|scope| scopes.contains(&scope.as_str())) {
        return Err(Refusal::missing_scope(scopes.first().copied().unwrap_or_default()));
    }
    let params = Params::parse(&uri, config)?;
    // The first page of a long window takes a while to count: not on a thread that others' requests wait for.
    let body = tokio::task::spawn_blocking(move || page(&shared, &params))
        .await
        .map_err(|_| Refusal::internal())??;
    Ok((limits, [(CONTENT_TYPE, "application/json")], body).into_response())
}

#[derive(Serialize)]
struct Page<'a> {
    next_page_token: String,
    page_size: usize,
    total_records: usize,
    from: String,
    to: String,
    voice_calls: Vec<WireCall<'a>>,
}

fn page(shared: &Shared, params: &Params) -> Result<Vec<u8>, Refusal> {
    let config = &shared.config;
    let now = config.clock.now();
    let seed = config.centre.config().seed;
    let token = match &params.next_page_token {
        Some(text) => Some(PageToken::read(text, &params.digest, seed, now)?),
        None => None,
    };
    let window = params.window.unwrap_or_else(|| {
        let from = token.map_or(now.timestamp() - 86_400, |token| token.from);
        Window::day_from(from, config.to_bound)
    });
    let first = first_second(config, window.from);
    let index = shared.indexes.get(&config.centre, first.min(window.end), window.end, &params.filter);
    let entries = index.between(first, window.end);
    let latest_end = latest_end(config);
    let rest = match token {
        Some(token) => &entries[entries.partition_point(|entry| entry.position() <= token.after)..],
        None => entries,
    };
    let mut visible = rest.iter().filter(|entry| entry.end() <= latest_end);
    let taken: Vec<&Entry> = visible.by_ref().take(params.page_size).collect();
    let next_page_token = match (taken.last(), visible.next()) {
        (Some(last), Some(_)) => PageToken {
            from: window.from,
            after: last.position(),
            expires: now.timestamp() + config.page_token_lifetime.num_seconds(),
        }
        .write(&params.digest, seed),
        _ => String::new(),
    };
    let calls: Vec<Call> = taken.iter().filter_map(|entry| config.centre.call(entry)).collect();
    let moment = |seconds| chrono::DateTime::from_timestamp(seconds, 0).unwrap_or(now);
    let page = Page {
        next_page_token,
        page_size: params.page_size,
        total_records: count_visible(entries, latest_end),
        from: write_moment(moment(window.from), window.offset),
        to: write_moment(moment(window.to), window.offset),
        voice_calls: calls.iter().map(|call| WireCall::new(call, params.view, window.offset)).collect(),
    };
    serde_json::to_vec(&page).map_err(|_| Refusal::internal())
}

fn first_second(config: &ServerConfig, from: i64) -> i64 {
    config.history_start.map_or(from, |start| from.max(start.timestamp()))
}

/// A call can be seen when it ended no later than this.
fn latest_end(config: &ServerConfig) -> i64 {
    config.clock.now().timestamp() - config.appears_after.num_seconds().max(0)
}

fn count_visible(entries: &[Entry], latest_end: i64) -> usize {
    // Whatever began long enough ago has ended: only the rest has to be looked at.
    let long_ago = latest_end - i64::from(LONGEST);
    let ended = entries.partition_point(|entry| entry.start <= long_ago);
    let late = entries[ended..].iter().filter(|entry| entry.end() <= latest_end);
    ended + late.count()
}
