//! Addresses and settings of schedulers and executors.

use std::net::SocketAddr;

use ballista_core::config::BallistaConfig;
use datafusion::prelude::SessionConfig;

use crate::error::ClusterError;

/// Largest message between the processes of a cluster, in bytes.
pub(crate) const MAX_MESSAGE_BYTES: u32 = 64 << 20;

/// Refuses addresses that other machines reach.
///
/// Ballista's connections have no sign-in, and its gRPC library is built without TLS. A
/// program that reaches a port could run plans and read results.
///
/// # Errors
/// [`ClusterError::NotLoopback`] for other than loopback addresses.
pub(crate) fn check_loopback(address: SocketAddr) -> Result<(), ClusterError> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    Err(ClusterError::NotLoopback { address: address.to_string() })
}

/// Configuration of sessions, to which the settings of a query are added.
pub(crate) fn session_config() -> SessionConfig {
    SessionConfig::new().with_option_extension(BallistaConfig::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_allowed() {
        for address in ["127.0.0.1:50050", "127.8.0.1:0", "[::1]:50050"] {
            assert!(check_loopback(address.parse().unwrap()).is_ok(), "{address}");
        }
        for address in ["0.0.0.0:50050", "192.168.1.7:50050", "[::]:50050", "[2001:db8::1]:50050"] {
            let error = check_loopback(address.parse().unwrap()).unwrap_err();
            assert!(error.to_string().contains(address), "{error}");
        }
    }
}
