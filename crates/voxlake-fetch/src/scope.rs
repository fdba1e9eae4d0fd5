//! The scope of a lake and the filter of a client: a sync writes only under the scope that the lake
//! has.

use chrono::NaiveDate;
use voxlake_lake::{Lake, LakeError, Scope, ScopeId, TimeRange, WriterLock};

use crate::{ApiClient, Budget, CallFilter, FetchError};

/// The scope of the lake, as a filter; none where it is to hold all calls.
///
/// # Errors
/// [`LakeError::UnreadableScope`] if the scope file is malformed.
pub async fn lake_filter(lake: &Lake) -> Result<Option<(Scope, CallFilter)>, LakeError> {
    let Some(scope) = lake.scope().await? else { return Ok(None) };
    let filter = read(&scope.filter)?;
    Ok(Some((scope, filter)))
}

/// Reads a noted filter.
pub(crate) fn read(filter: &serde_json::Value) -> Result<CallFilter, LakeError> {
    serde_json::from_value(filter.clone()).map_err(|error| LakeError::UnreadableScope {
        path: "_voxlake/scope.json".to_owned(),
        reason: error.to_string(),
    })
}

/// A note of `filter`, called `words`.
pub(crate) fn note(filter: &CallFilter, words: &str) -> Result<Scope, FetchError> {
    Ok(Scope {
        id: filter.scope(),
        words: words.to_owned(),
        filter: serde_json::to_value(filter).map_err(|error| FetchError::Setting(error.to_string()))?,
        widened_from: None,
        confirmed_on: None,
    })
}

/// Checks that `filter` is the scope of the lake, and returns the identity of the scope. A lake
/// without days takes any.
///
/// # Errors
/// [`FetchError::OtherScope`] where it is to hold others, also where it has days and no scope.
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
    let wanted = if filter.is_empty() { "all calls".to_owned() } else { format!("calls with {words}") };
    Err(FetchError::OtherScope { held, wanted })
}

/// As [`check_scope`], and notes the scope in a lake that has no days yet.
///
/// # Errors
/// As [`check_scope`], and where the note cannot be written.
pub(crate) async fn claim(
    lake: &Lake,
    lock: &WriterLock,
    filter: &CallFilter,
    words: &str,
) -> Result<Option<ScopeId>, FetchError> {
    let id = check_scope(lake, filter, words).await?;
    if lake.scope().await?.and_then(|scope| scope.id) != id {
        let scope = if filter.is_empty() { None } else { Some(note(filter, words)?) };
        lake.set_scope(lock, scope.as_ref()).await?;
    }
    Ok(id)
}

/// Checks, once a UTC day, that the API applies the filter of a sync.
///
/// # Errors
/// [`FetchError::FilterIgnored`], those of counting, and where the note cannot be written.
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
        note_confirmed(lake, lock, today).await?;
    }
    Ok(())
}

/// Notes that the API was seen to apply the conditions of the lake on `date`.
///
/// # Errors
/// Where the note cannot be written.
async fn note_confirmed(lake: &Lake, lock: &WriterLock, date: NaiveDate) -> Result<(), FetchError> {
    if let Some(scope) = lake.scope().await? {
        lake.set_scope(lock, Some(&Scope { confirmed_on: Some(date), ..scope })).await?;
    }
    Ok(())
}

/// Notes that the lake is to hold the calls of `target`, which is wider than its scope, and returns
/// the conditions that it had before. Resumes an interrupted widening.
///
/// # Errors
/// [`FetchError::NotWider`] where the lake may hold calls that `target` leaves out.
pub(crate) async fn widen(
    lake: &Lake,
    lock: &WriterLock,
    target: &CallFilter,
    words: &str,
) -> Result<CallFilter, FetchError> {
    let previous = previous(lake, target, words).await?;
    let widened_from =
        serde_json::to_value(&previous).map_err(|error| FetchError::Setting(error.to_string()))?;
    let scope = Scope { widened_from: Some(widened_from), ..note(target, words)? };
    lake.set_scope(lock, Some(&scope)).await?;
    Ok(previous)
}

/// The conditions of the lake before it is widened to `target`.
///
/// # Errors
/// As [`widen`].
async fn previous(lake: &Lake, target: &CallFilter, words: &str) -> Result<CallFilter, FetchError> {
    let not_wider = |held: String| Err(FetchError::NotWider { held, wanted: words.to_owned() });
    let Some((scope, held)) = lake_filter(lake).await? else { return not_wider("all calls".to_owned()) };
    let is_wider = match &scope.widened_from {
        None => target.includes(&held),
        Some(previous) => {
            let previous = read(previous)?;
            // What a widening to other conditions has fetched stays in the lake.
            let is_begun = has_coverage(lake, scope.id).await?;
            if target.includes(if is_begun { &held } else { &previous }) {
                return Ok(previous);
            }
            false
        }
    };
    if is_wider { Ok(held) } else { not_wider(format!("calls with {}", scope.words)) }
}

/// Whether a range of the lake was fetched under this scope.
async fn has_coverage(lake: &Lake, scope: Option<ScopeId>) -> Result<bool, LakeError> {
    let days = lake.days().await?;
    for footer in lake.footers(&days).await {
        if !footer?.coverage.of_scope(scope).ranges().is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Filter for refetching settled ranges to widen the scope of the lake to `target`.
///
/// # Errors
/// [`FetchError::NotWider`] where it is not.
pub async fn filter_to_widen(
    lake: &Lake,
    target: &CallFilter,
    words: &str,
) -> Result<CallFilter, FetchError> {
    Ok(target.beyond(&previous(lake, target, words).await?))
}

/// Notes that a widening to `target` has ended.
///
/// # Errors
/// Where the note cannot be written.
pub(crate) async fn end_widening(
    lake: &Lake,
    lock: &WriterLock,
    target: &CallFilter,
    words: &str,
) -> Result<(), FetchError> {
    let scope = if target.is_empty() { None } else { Some(note(target, words)?) };
    Ok(lake.set_scope(lock, scope.as_ref()).await?)
}
