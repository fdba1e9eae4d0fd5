//! Engine URLs: `ballista://host:port`.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

use crate::error::ClusterError;

/// Port of a scheduler.
pub const SCHEDULER_PORT: u16 = 50050;
/// Partitions of a query unless the URL says otherwise.
const PARTITIONS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);
/// Bytes of day files below which a query runs in the session. A query on the cluster takes at
/// least 50 ms, in which one thread scans about as much.
const MIN_BYTES: u64 = 16 << 20;

/// Host and port of a scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchedulerAddress {
    /// Name or IP address; an IPv6 address has brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl Default for SchedulerAddress {
    fn default() -> Self {
        Self { host: "127.0.0.1".to_owned(), port: SCHEDULER_PORT }
    }
}

impl fmt::Display for SchedulerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl FromStr for SchedulerAddress {
    type Err = ClusterError;

    /// Parses `HOST:PORT`.
    fn from_str(text: &str) -> Result<Self, ClusterError> {
        let invalid = || ClusterError::InvalidScheduler { text: text.to_owned() };
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        let port = port.parse().map_err(|_| invalid())?;
        // Parses names, IPv4 addresses, and IPv6 addresses in brackets.
        let host = url::Host::parse(host).map_err(|_| invalid())?.to_string();
        Ok(Self { host, port })
    }
}

/// Address of a scheduler and how queries use the cluster.
///
/// # Example
///
/// ```
/// use voxlake_cluster::EngineAddress;
///
/// let engine: EngineAddress = "ballista://127.0.0.1:50050?partitions=32&deadline=600".parse()?;
/// assert_eq!(engine.scheduler_url(), "http://127.0.0.1:50050");
/// assert_eq!(engine.partitions.get(), 32);
/// # Ok::<(), voxlake_cluster::ClusterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineAddress {
    /// Host of the scheduler.
    pub host: String,
    /// Port of the scheduler. Default: 50050.
    pub port: u16,
    /// Partitions per query, `partitions=` in the URL. Default: 16. Twice the number of the
    /// cluster's cores is a good value.
    pub partitions: NonZeroUsize,
    /// Bytes of day files below which a query runs in the session, `min_bytes=` in the URL.
    /// Default: 16 MiB. With 0, queries without calls run on the cluster as well.
    pub min_bytes: u64,
    /// Maximum time of a query, `deadline=` in the URL, in seconds. Default: none.
    pub deadline: Option<Duration>,
}

impl EngineAddress {
    /// URL of the scheduler's gRPC service.
    #[must_use]
    pub fn scheduler_url(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }
}

impl FromStr for EngineAddress {
    type Err = ClusterError;

    fn from_str(text: &str) -> Result<Self, ClusterError> {
        let invalid = |reason: String| ClusterError::InvalidEngine { url: text.to_owned(), reason };
        let url = Url::parse(text).map_err(|error| invalid(error.to_string()))?;
        let host = url.host_str().filter(|host| url.scheme() == "ballista" && !host.is_empty());
        let host = host.ok_or_else(|| invalid("it must be ballista://HOST:PORT".to_owned()))?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() || !url.username().is_empty() {
            return Err(invalid("it must be ballista://HOST:PORT".to_owned()));
        }
        let mut address = Self {
            host: host.to_owned(),
            port: url.port().unwrap_or(SCHEDULER_PORT),
            partitions: PARTITIONS,
            min_bytes: MIN_BYTES,
            deadline: None,
        };
        for (key, value) in url.query_pairs() {
            let number = || value.parse::<u64>().map_err(|_| invalid(format!("{key} must be a number")));
            match key.as_ref() {
                "partitions" => {
                    let partitions = usize::try_from(number()?).ok().and_then(NonZeroUsize::new);
                    let allowed = partitions.filter(|partitions| partitions.get() <= 4096);
                    address.partitions =
                        allowed.ok_or_else(|| invalid("partitions must be from 1 to 4096".to_owned()))?;
                }
                "min_bytes" => address.min_bytes = number()?,
                "deadline" => address.deadline = Some(Duration::from_secs(number()?)),
                _ => return Err(invalid(format!("{key} is not partitions, min_bytes or deadline"))),
            }
        }
        Ok(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_fill_the_address() {
        let address: EngineAddress = "ballista://scheduler.example".parse().unwrap();
        assert_eq!((address.host.as_str(), address.port), ("scheduler.example", 50050));
        assert_eq!((address.partitions.get(), address.min_bytes, address.deadline), (16, 16 << 20, None));
        let address: EngineAddress = "ballista://[::1]:7000?deadline=5&min_bytes=0".parse().unwrap();
        assert_eq!(address.scheduler_url(), "http://[::1]:7000");
        assert_eq!((address.min_bytes, address.deadline), (0, Some(Duration::from_secs(5))));
    }

    #[test]
    fn schedulers_have_host_and_port() {
        for text in ["127.0.0.1:50050", "scheduler.example:1", "[::1]:7000"] {
            let address: SchedulerAddress = text.parse().unwrap();
            assert_eq!(format!("{}:{}", address.host, address.port), text);
        }
        for text in
            ["", "127.0.0.1", ":50050", "host:", "host:99999", "::1:50050", "a b:1", "ballista://host:1"]
        {
            let error = text.parse::<SchedulerAddress>().unwrap_err().to_string();
            assert!(error.contains("HOST:PORT"), "{text}: {error}");
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for (text, reason) in [
            ("", "relative URL"),
            ("localhost:50050", "ballista://HOST:PORT"),
            ("http://localhost:50050", "ballista://HOST:PORT"),
            ("ballista://", "ballista://HOST:PORT"),
            ("ballista://localhost/path", "ballista://HOST:PORT"),
            ("ballista://me@localhost", "ballista://HOST:PORT"),
            ("ballista://localhost?partitions=0", "from 1 to 4096"),
            ("ballista://localhost?partitions=5000", "from 1 to 4096"),
            ("ballista://localhost?deadline=soon", "must be a number"),
            ("ballista://localhost?speed=11", "speed is not"),
        ] {
            let error = text.parse::<EngineAddress>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
