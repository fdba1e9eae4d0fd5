//! Opening of object stores by URL.

use std::sync::Arc;
use std::time::Duration;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreScheme};
use thiserror::Error;
use tokio::net::TcpStream;
use url::Url;

use crate::loopback::is_loopback;
use crate::store_options::StoreOptions;

/// Maximum duration of one request, with its body: 64 MiB at 2 Mbit/s. `object_store` has 30 s.
const REQUEST_TIMEOUT: &str = "300s";
const USER_AGENT: &str = concat!("voxlake/", env!("CARGO_PKG_VERSION"));
/// Host of the metadata service of virtual machines of Amazon and Azure.
const METADATA_HOST: &str = "169.254.169.254:80";
/// Maximum time to connect to the metadata service, which is on the same host.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// Error of opening an object store. Its text has no values of options, which may be secrets.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The URL contains a password, or a query that could contain one.
    #[error("the URL has a password or a query: credentials are never part of a location")]
    CredentialsInUrl,
    /// No store has URLs of this kind, or the build does not contain it.
    #[error("{scheme}:// is not supported: this build supports {}", supported_schemes())]
    Unsupported {
        /// Scheme of the URL.
        scheme: String,
    },
    /// The endpoint is not encrypted, and the options do not allow that.
    #[error("the endpoint {endpoint} is not encrypted: use https, or set allow_http")]
    Unencrypted {
        /// URL of the endpoint.
        endpoint: String,
    },
    /// The options contain no credentials, and no metadata service provides them.
    #[error("there are no credentials for {url}")]
    NoCredentials {
        /// URL of the store.
        url: String,
    },
    /// The options are invalid for the store.
    #[error(transparent)]
    Options(#[from] object_store::Error),
}

/// Returns the schemes of the stores that this build contains.
fn supported_schemes() -> String {
    let mut schemes = vec!["file://"];
    if cfg!(feature = "s3") {
        schemes.push("s3://");
    }
    if cfg!(feature = "gcs") {
        schemes.push("gs://");
    }
    if cfg!(feature = "azure") {
        schemes.push("az:// (or abfss://)");
    }
    schemes.join(", ")
}

/// Opens the object store of a URL, and returns the path of the URL within it. It makes no request.
///
/// ```
/// use voxlake_lake::{StoreOptions, open_store};
///
/// let (_store, path) = open_store(&"memory:///calls".parse()?, &StoreOptions::default())?;
/// assert_eq!(path.as_ref(), "calls");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`StoreError`] for a URL or options that cannot be used.
pub fn open_store(url: &Url, options: &StoreOptions) -> Result<(Arc<dyn ObjectStore>, Path), StoreError> {
    if url.password().is_some() || url.query().is_some() {
        return Err(StoreError::CredentialsInUrl);
    }
    if !is_supported(url) {
        return Err(StoreError::Unsupported { scheme: url.scheme().to_owned() });
    }
    let defaults = StoreOptions::default().with("timeout", REQUEST_TIMEOUT).with("user_agent", USER_AGENT);
    let options = allow_loopback(defaults.overridden_by(options))?;
    let (store, path) = object_store::parse_url_opts(url, options.iter())?;
    Ok((Arc::from(store), path))
}

/// Returns whether a store of this build has an option of this name.
///
/// ```
/// assert!(!voxlake_lake::is_store_option("aws_regoin"));
/// ```
#[must_use]
pub fn is_store_option(name: &str) -> bool {
    #[cfg(feature = "s3")]
    if name.starts_with("aws_") && name.parse::<object_store::aws::AmazonS3ConfigKey>().is_ok() {
        return true;
    }
    #[cfg(feature = "gcs")]
    if name.starts_with("google_") && name.parse::<object_store::gcp::GoogleConfigKey>().is_ok() {
        return true;
    }
    #[cfg(feature = "azure")]
    if name.starts_with("azure_") && name.parse::<object_store::azure::AzureConfigKey>().is_ok() {
        return true;
    }
    let _ = name;
    false
}

/// Checks that the options of a store have credentials, or that a metadata service provides them.
/// Without this check, the first request would fail only after many retries of that service.
///
/// # Errors
/// [`StoreError::NoCredentials`]
pub(crate) async fn check_credentials(url: &Url, options: &StoreOptions) -> Result<(), StoreError> {
    let metadata = match scheme(url) {
        Some(ObjectStoreScheme::AmazonS3) if !has_amazon_credentials(options) => {
            options.get("aws_metadata_endpoint")
        }
        Some(ObjectStoreScheme::MicrosoftAzure) if !has_azure_credentials(options) => None,
        _ => return Ok(()),
    };
    let metadata = metadata.and_then(|endpoint| endpoint.parse::<Url>().ok());
    let host = metadata.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
    let connection = async {
        match host {
            Some(host) => TcpStream::connect(host).await,
            None => TcpStream::connect(METADATA_HOST).await,
        }
    };
    match tokio::time::timeout(METADATA_TIMEOUT, connection).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(StoreError::NoCredentials { url: url.to_string() }),
    }
}

fn scheme(url: &Url) -> Option<ObjectStoreScheme> {
    ObjectStoreScheme::parse(url).ok().map(|(scheme, _)| scheme)
}

fn is_supported(url: &Url) -> bool {
    let Some(scheme) = scheme(url) else { return false };
    matches!(scheme, ObjectStoreScheme::Local | ObjectStoreScheme::Memory)
        || cfg!(feature = "s3") && scheme == ObjectStoreScheme::AmazonS3
        || cfg!(feature = "gcs") && scheme == ObjectStoreScheme::GoogleCloudStorage
        || cfg!(feature = "azure") && scheme == ObjectStoreScheme::MicrosoftAzure
}

fn has_amazon_credentials(options: &StoreOptions) -> bool {
    const NAMES: [&str; 6] = [
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_skip_signature",
        "aws_web_identity_token_file",
        "aws_container_credentials_relative_uri",
        "aws_container_credentials_full_uri",
    ];
    NAMES.iter().any(|name| options.get(name).is_some())
}

fn has_azure_credentials(options: &StoreOptions) -> bool {
    // The names of all credentials of Azure contain one of these words.
    const WORDS: [&str; 7] = ["key", "token", "secret", "emulator", "azure_cli", "skip", "msi"];
    options.iter().any(|(name, _)| name.starts_with("azure_") && WORDS.iter().any(|word| name.contains(word)))
}

/// Allows unencrypted requests to an endpoint on this machine.
fn allow_loopback(options: StoreOptions) -> Result<StoreOptions, StoreError> {
    let is_allowed = options.iter().any(|(name, value)| name.ends_with("allow_http") && value == "true");
    let is_endpoint = |name: &str| {
        let is_service = ["metadata", "sts", "msi", "identity"].iter().any(|service| name.contains(service));
        (name.contains("endpoint") || name.ends_with("base_url")) && !is_service
    };
    let unencrypted = options
        .iter()
        .filter(|(name, _)| is_endpoint(name))
        .filter_map(|(_, value)| value.parse::<Url>().ok())
        .find(|url| url.scheme() == "http");
    match unencrypted {
        Some(url) if is_allowed || is_loopback(&url) => Ok(options.with("allow_http", "true")),
        Some(url) => Err(StoreError::Unencrypted { endpoint: url.to_string() }),
        None => Ok(options),
    }
}

#[cfg(test)]
mod tests;
