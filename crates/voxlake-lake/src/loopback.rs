//! Test for addresses of this machine, which need no encryption and no proxy.

use url::{Host, Url};

/// Returns whether a URL refers to this machine.
///
/// ```
/// let url = "http://127.0.0.1:8080".parse()?;
/// assert!(voxlake_lake::is_loopback(&url));
/// # Ok::<(), url::ParseError>(())
/// ```
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
