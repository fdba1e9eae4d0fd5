//! Addresses and settings of schedulers and executors.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ballista_core::ConfigProducer;
use ballista_core::config::BallistaConfig;
use ballista_core::extension::SessionConfigExt as _;
use datafusion::prelude::SessionConfig;
use tokio::net::TcpListener;

use crate::error::ClusterError;
use crate::tls::ClusterTls;

/// Largest message between the processes of a cluster, in bytes.
pub(crate) const MAX_MESSAGE_BYTES: u32 = 64 << 20;

/// Refuses addresses that other machines reach, unless connections have TLS.
///
/// Ballista's connections have no sign-in: a program that reaches a port could run plans and read
/// results.
///
/// # Errors
/// [`ClusterError::NotLoopback`] for other than loopback addresses without TLS.
pub(crate) fn check_address(address: SocketAddr, tls: Option<&ClusterTls>) -> Result<(), ClusterError> {
    if address.ip().is_loopback() || tls.is_some() {
        return Ok(());
    }
    Err(ClusterError::NotLoopback { address: address.to_string() })
}

/// Returns an error if `address` cannot be bound. Ballista's executor ends without one.
///
/// # Errors
/// [`ClusterError::CannotListen`], for a port that another process has for example.
pub(crate) async fn check_port(address: SocketAddr) -> Result<(), ClusterError> {
    TcpListener::bind(address).await.map(drop).map_err(|error| ClusterError::CannotListen {
        address: address.to_string(),
        reason: error.to_string(),
    })
}

/// Returns the configuration of sessions, to which the settings of a query are added.
pub(crate) fn session_config(tls: Option<&ClusterTls>) -> ConfigProducer {
    let endpoints = tls.map(ClusterTls::endpoints);
    Arc::new(move || {
        let config = SessionConfig::new().with_option_extension(BallistaConfig::default());
        match &endpoints {
            None => config,
            Some(endpoints) => {
                config.with_ballista_override_create_grpc_client_endpoint(Arc::clone(endpoints))
            }
        }
    })
}

/// Host of an address in a URL.
pub(crate) fn host_text(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_allowed() {
        for address in ["127.0.0.1:50050", "127.8.0.1:0", "[::1]:50050"] {
            assert!(check_address(address.parse().unwrap(), None).is_ok(), "{address}");
        }
        for address in ["0.0.0.0:50050", "192.168.1.7:50050", "[::]:50050", "[2001:db8::1]:50050"] {
            let error = check_address(address.parse().unwrap(), None).unwrap_err();
            assert!(error.to_string().contains(address), "{error}");
        }
    }
}
