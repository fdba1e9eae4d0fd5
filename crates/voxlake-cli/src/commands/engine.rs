//! Engine of queries, from the settings.

use std::sync::Arc;

use voxlake_query::RemoteEngine;

use crate::config::Settings;
use crate::exit::UsageError;

/// Returns the cluster of the settings; `None` if queries run in this process.
///
/// # Errors
/// For a URL that is not an engine.
#[cfg(feature = "cluster")]
pub(crate) fn engine(settings: &Settings) -> Result<Option<Arc<dyn RemoteEngine>>, UsageError> {
    let Some(url) = settings.engine.as_deref().filter(|url| *url != LOCAL) else { return Ok(None) };
    let address =
        url.parse().map_err(|error: voxlake_cluster::ClusterError| UsageError(error.to_string()))?;
    Ok(Some(Arc::new(voxlake_cluster::BallistaEngine::new(address))))
}

/// Refuses engines, because this build has none.
#[cfg(not(feature = "cluster"))]
pub(crate) fn engine(settings: &Settings) -> Result<Option<Arc<dyn RemoteEngine>>, UsageError> {
    match settings.engine.as_deref().filter(|url| *url != LOCAL) {
        None => Ok(None),
        Some(url) => Err(UsageError(format!("{url:?} is not an engine: this build has no cluster"))),
    }
}

/// Value of the setting for queries in this process.
const LOCAL: &str = "local";
