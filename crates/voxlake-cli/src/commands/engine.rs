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
pub(crate) fn engine(settings: &Settings) -> anyhow::Result<Option<Arc<dyn RemoteEngine>>> {
    let Some(url) = engine_url(settings) else { return Ok(None) };
    let address =
        url.parse().map_err(|error: voxlake_cluster::ClusterError| UsageError(error.to_string()))?;
    let engine = voxlake_cluster::BallistaEngine::new(address).with_tls(cluster_tls(settings)?);
    Ok(Some(Arc::new(engine)))
}

/// Reads the certificates of the settings, if they name any.
///
/// # Errors
/// For a file that cannot be read or used.
#[cfg(feature = "cluster")]
pub(crate) fn cluster_tls(settings: &Settings) -> anyhow::Result<Option<voxlake_cluster::ClusterTls>> {
    use secrecy::ExposeSecret as _;

    let Some(files) = &settings.cluster else { return Ok(None) };
    let pem = files.read()?;
    let tls =
        voxlake_cluster::ClusterTls::from_pem(&pem.authority, &pem.certificate, pem.key.expose_secret())?;
    Ok(Some(tls))
}

/// Refuses engines, because this build has none.
#[cfg(not(feature = "cluster"))]
pub(crate) fn engine(settings: &Settings) -> anyhow::Result<Option<Arc<dyn RemoteEngine>>> {
    match engine_url(settings) {
        None => Ok(None),
        Some(url) => {
            let text = format!(
                "{url:?} is not an engine: this build has no cluster (build it with --features cluster)"
            );
            Err(UsageError(text).into())
        }
    }
}

/// Returns the URL of the cluster of the settings; `None` if queries run in this process.
pub(crate) fn engine_url(settings: &Settings) -> Option<&str> {
    settings.engine.as_deref().filter(|url| *url != LOCAL)
}

/// Value of the setting for queries in this process.
const LOCAL: &str = "local";
