//! The scope of a lake and the filter of a client: a sync writes only under the scope that the lake has.

use voxlake_lake::{Lake, LakeError, Scope, ScopeId, WriterLock};

use crate::{CallFilter, FetchError};

/// The scope of the lake, as a filter; none where it is to hold all calls.
///
/// # Errors
/// [`LakeError::UnknownScope`] where the note of it is not one.
pub async fn lake_filter(lake: &Lake) -> Result<Option<(Scope, CallFilter)>, LakeError> {
    let Some(scope) = lake.scope().await? else { return Ok(None) };
    let filter = read(&scope.filter)?;
    Ok(Some((scope, filter)))
}

/// Reads a noted filter.
pub(crate) fn read(filter: &serde_json::Value) -> Result<CallFilter, LakeError> {
    serde_json::from_value(filter.clone()).map_err(|error| LakeError::UnknownScope {
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
    })
}

/// Checks that the lake is to hold the calls of `filter`, and returns the identity of its scope.
///
/// # Errors
/// [`FetchError::OtherScope`] where it is to hold others, also where it has days and no scope.
pub(crate) async fn check(
    lake: &Lake,
    filter: &CallFilter,
    words: &str,
) -> Result<Option<ScopeId>, FetchError> {
    let held = match lake_filter(lake).await? {
        Some((scope, held)) if held == *filter => return Ok(scope.id),
        Some((scope, _)) => format!("calls with {}", scope.words),
        None if filter.is_empty() || lake.days().await?.is_empty() => return Ok(filter.scope()),
        None => "all calls".to_owned(),
    };
    let wanted = if filter.is_empty() { "all calls".to_owned() } else { format!("calls with {words}") };
    Err(FetchError::OtherScope { held, wanted })
}

/// Notes that the lake is to hold the calls of `target`, which is wider than its scope, and returns the conditions that
/// it had before. A widening that did not end is taken up.
///
/// # Errors
/// [`FetchError::NotWider`] where the lake may hold calls that `target` leaves out.
pub(crate) async fn widen(
    lake: &Lake,
    lock: &WriterLock,
    target: &CallFilter,
    words: &str,
) -> Result<CallFilter, FetchError> {
    let Some((scope, previous)) = previous(lake, target, words).await? else {
        return Err(FetchError::NotWider { held: "all calls".to_owned(), wanted: words.to_owned() });
    };
    if scope.widened_from.is_none() {
        let widened_from = Some(scope.filter);
        lake.set_scope(lock, Some(&Scope { widened_from, ..note(target, words)? })).await?;
    }
    Ok(previous)
}

/// The scope of the lake, and the conditions that `target` widens; `None` where the lake is to hold all calls.
///
/// # Errors
/// As [`widen`].
async fn previous(
    lake: &Lake,
    target: &CallFilter,
    words: &str,
) -> Result<Option<(Scope, CallFilter)>, FetchError> {
    let Some((scope, held)) = lake_filter(lake).await? else { return Ok(None) };
    match &scope.widened_from {
        Some(previous) if held == *target => {
            let previous = read(previous)?;
            Ok(Some((scope, previous)))
        }
        None if held != *target && target.includes(&held) => Ok(Some((scope, held))),
        _ => {
            let held = format!("calls with {}", scope.words);
            Err(FetchError::NotWider { held, wanted: words.to_owned() })
        }
    }
}

/// The filter under which a lake has to be fetched again to hold the calls of `target`, which is wider than its scope.
///
/// # Errors
/// [`FetchError::NotWider`] where it is not.
pub async fn filter_to_widen(
    lake: &Lake,
    target: &CallFilter,
    words: &str,
) -> Result<CallFilter, FetchError> {
    match previous(lake, target, words).await? {
        Some((_, previous)) => Ok(target.beyond(&previous)),
        None => Err(FetchError::NotWider { held: "all calls".to_owned(), wanted: words.to_owned() }),
    }
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

/// As [`check`], and notes the scope in a lake that has no days yet.
///
/// # Errors
/// As [`check`], and where the note cannot be written.
pub(crate) async fn claim(
    lake: &Lake,
    lock: &WriterLock,
    filter: &CallFilter,
    words: &str,
) -> Result<Option<ScopeId>, FetchError> {
    let id = check(lake, filter, words).await?;
    if id.is_some() && lake.scope().await?.is_none() {
        lake.set_scope(lock, Some(&note(filter, words)?)).await?;
    }
    Ok(id)
}
