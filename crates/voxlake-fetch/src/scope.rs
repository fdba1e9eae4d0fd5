//! Scope of a lake: the filter that all its syncs must have.

use chrono::NaiveDate;
use voxlake_lake::{Lake, LakeError, Scope, ScopeId, TimeRange, WriterLock};

use crate::{ApiClient, Budget, CallFilter, FetchError};

/// Returns the scope of the lake and its filter; `None` if the lake holds all calls.
///
/// # Errors
/// [`LakeError::UnreadableScope`] if the scope file is malformed.
pub async fn lake_filter(lake: &Lake) -> Result<Option<(Scope, CallFilter)>, LakeError> {
    let Some(scope) = lake.scope().await? else { return Ok(None) };
    let filter = parse_filter(&scope.filter)?;
    Ok(Some((scope, filter)))
}

/// Returns the filter of the lake's scope if it has the description `words` but differs from
/// `filter`: the ids of a name change over the years.
///
/// # Errors
/// The errors of [`lake_filter`].
pub async fn recorded_filter(
    lake: &Lake,
    filter: &CallFilter,
    words: &str,
) -> Result<Option<CallFilter>, LakeError> {
    let recorded = lake_filter(lake).await?;
    Ok(recorded
        .filter(|(scope, recorded)| scope.words == words && recorded != filter)
        .map(|(_, recorded)| recorded))
}

/// Returns whether `target` is the scope of the lake and no widening is unfinished.
///
/// # Errors
/// The errors of [`lake_filter`].
pub async fn has_scope(lake: &Lake, target: &CallFilter) -> Result<bool, LakeError> {
    Ok(match lake_filter(lake).await? {
        Some((scope, held)) => held == *target && scope.widened_from.is_none(),
        None => target.is_empty(),
    })
}

/// Checks that the scope of the lake includes all calls of `filter`.
///
/// # Errors
/// [`FetchError::ScopeMismatch`] if it does not.
pub async fn check_includes(lake: &Lake, filter: &CallFilter) -> Result<(), FetchError> {
    match lake_filter(lake).await? {
        Some((scope, held)) if !held.includes(filter) => Err(FetchError::ScopeMismatch {
            current: format!("calls with {}", scope.words),
            requested: format!("calls with {filter}"),
        }),
        _ => Ok(()),
    }
}

/// Parses the filter of a scope file.
pub(crate) fn parse_filter(filter: &serde_json::Value) -> Result<CallFilter, LakeError> {
    serde_json::from_value(filter.clone()).map_err(|error| LakeError::UnreadableScope {
        path: "_voxlake/scope.json".to_owned(),
        reason: error.to_string(),
    })
}

/// Creates the scope of `filter`, described by `words`.
pub(crate) fn to_scope(filter: &CallFilter, words: &str) -> Result<Scope, FetchError> {
    Ok(Scope {
        id: filter.scope(),
        words: words.to_owned(),
        filter: serde_json::to_value(filter).map_err(|error| FetchError::InvalidConfig(error.to_string()))?,
        widened_from: None,
        confirmed_on: None,
    })
}

/// Checks that `filter` is the scope of the lake, and returns the scope's id. A lake without days
/// accepts any filter. `words` describe the filter in errors.
///
/// # Errors
/// [`FetchError::ScopeMismatch`] if the lake has another scope, or days without a scope.
pub async fn check_scope(
    lake: &Lake,
    filter: &CallFilter,
    words: &str,
) -> Result<Option<ScopeId>, FetchError> {
    let held = match lake_filter(lake).await? {
        Some((scope, held)) if held == *filter => return Ok(scope.id),
        Some((scope, _)) if scope.widened_from.is_some() || !lake.days().await?.is_empty() => {
            format!("calls with {}", scope.words)
        }
        None if !filter.is_empty() && !lake.days().await?.is_empty() => "all calls".to_owned(),
        _ => return Ok(filter.scope()),
    };
    let requested = if filter.is_empty() { "all calls".to_owned() } else { format!("calls with {words}") };
    Err(FetchError::ScopeMismatch { current: held, requested })
}

/// Checks the scope like [`check_scope`], and sets it in a lake without days.
///
/// # Errors
/// The errors of [`check_scope`]. Fails if the scope file cannot be written.
pub(crate) async fn claim_scope(
    lake: &Lake,
    lock: &WriterLock,
    filter: &CallFilter,
    words: &str,
) -> Result<Option<ScopeId>, FetchError> {
    let id = check_scope(lake, filter, words).await?;
    if lake.scope().await?.and_then(|scope| scope.id) != id {
        let scope = if filter.is_empty() { None } else { Some(to_scope(filter, words)?) };
        lake.set_scope(lock, scope.as_ref()).await?;
    }
    Ok(id)
}

/// Checks, once a UTC day, that the API applies the filter of a sync.
///
/// # Errors
/// [`FetchError::FilterIgnored`], and errors of the requests. Fails if the scope file cannot be
/// written.
pub(crate) async fn confirm_daily(
    client: &ApiClient,
    lake: &Lake,
    lock: &WriterLock,
    budget: &Budget,
    windows: &[TimeRange],
    today: NaiveDate,
) -> Result<(), FetchError> {
    let confirmed_on = lake.scope().await?.and_then(|scope| scope.confirmed_on);
    if client.filter().is_empty() || confirmed_on == Some(today) {
        return Ok(());
    }
    if client.confirm_filter(budget, windows, |_| true).await? {
        record_confirmation(lake, lock, today).await?;
    }
    Ok(())
}

/// Records that the API applied the filter of the lake on `date`.
///
/// # Errors
/// Fails if the scope file cannot be written.
async fn record_confirmation(lake: &Lake, lock: &WriterLock, date: NaiveDate) -> Result<(), FetchError> {
    if let Some(scope) = lake.scope().await? {
        lake.set_scope(lock, Some(&Scope { confirmed_on: Some(date), ..scope })).await?;
    }
    Ok(())
}

/// Sets the wider scope `target` of the lake, and returns the filter that it had before. Resumes an
/// interrupted widening.
///
/// # Errors
/// [`FetchError::ScopeNotWider`] if the lake may hold calls that `target` excludes.
pub(crate) async fn begin_widening(
    lake: &Lake,
    lock: &WriterLock,
    target: &CallFilter,
    words: &str,
) -> Result<CallFilter, FetchError> {
    let previous = previous_filter(lake, target, words).await?;
    let widened_from =
        serde_json::to_value(&previous).map_err(|error| FetchError::InvalidConfig(error.to_string()))?;
    let scope = Scope { widened_from: Some(widened_from), ..to_scope(target, words)? };
    lake.set_scope(lock, Some(&scope)).await?;
    Ok(previous)
}

/// Returns the filter of the lake before it is widened to `target`.
///
/// # Errors
/// The errors of [`begin_widening`].
async fn previous_filter(lake: &Lake, target: &CallFilter, words: &str) -> Result<CallFilter, FetchError> {
    let not_wider =
        |held: String| Err(FetchError::ScopeNotWider { current: held, requested: words.to_owned() });
    let Some((scope, held)) = lake_filter(lake).await? else { return not_wider("all calls".to_owned()) };
    let is_wider = match &scope.widened_from {
        None => target.includes(&held),
        Some(previous) => {
            let previous = parse_filter(previous)?;
            // The lake keeps calls that a widening to another scope has fetched.
            let has_started = has_coverage(lake, scope.id).await?;
            if target.includes(if has_started { &held } else { &previous }) {
                return Ok(previous);
            }
            false
        }
    };
    if is_wider { Ok(held) } else { not_wider(format!("calls with {}", scope.words)) }
}

/// Returns whether any range of the lake was fetched under this scope.
async fn has_coverage(lake: &Lake, scope: Option<ScopeId>) -> Result<bool, LakeError> {
    let days = lake.days().await?;
    for footer in lake.footers(&days).await {
        if !footer?.coverage.of_scope(scope).ranges().is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the filter with which settled ranges are fetched again to widen the scope to `target`.
///
/// # Errors
/// [`FetchError::ScopeNotWider`] if the lake may hold calls that `target` excludes.
pub async fn filter_to_widen(
    lake: &Lake,
    target: &CallFilter,
    words: &str,
) -> Result<CallFilter, FetchError> {
    Ok(target.difference(&previous_filter(lake, target, words).await?))
}

/// Records that a widening to `target` is complete.
///
/// # Errors
/// Fails if the scope file cannot be written.
pub(crate) async fn end_widening(
    lake: &Lake,
    lock: &WriterLock,
    target: &CallFilter,
    words: &str,
) -> Result<(), FetchError> {
    let scope = if target.is_empty() { None } else { Some(to_scope(target, words)?) };
    Ok(lake.set_scope(lock, scope.as_ref()).await?)
}
