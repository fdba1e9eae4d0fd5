//! Connections to a scheduler.

use std::error::Error;
use std::time::Duration;

use ballista_core::config::BallistaConfig;
use ballista_core::utils::{GrpcClientConfig, create_grpc_client_endpoint};
use tokio::time::{Instant, sleep};
use tonic::transport::Channel;

use crate::address::SchedulerAddress;
use crate::error::ClusterError;
use crate::tls::ClusterTls;

/// Time between two attempts to connect.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// Connects to the scheduler at `url`, or returns the reason.
pub(crate) async fn connect(
    url: String,
    config: &GrpcClientConfig,
    tls: Option<&ClusterTls>,
) -> Result<Channel, String> {
    let mut endpoint = create_grpc_client_endpoint(url, Some(config)).map_err(|error| chain(&error))?;
    if let Some(tls) = tls {
        endpoint = (tls.endpoints())(endpoint).map_err(|error| chain(error.as_ref()))?;
    }
    endpoint.connect().await.map_err(|error| chain(&error))
}

/// Tries to connect to a scheduler for the time `patience`.
///
/// # Errors
/// [`ClusterError::Unreachable`] with the reason of the last attempt.
pub(crate) async fn wait_for_scheduler(
    scheduler: &SchedulerAddress,
    tls: Option<&ClusterTls>,
    patience: Duration,
) -> Result<(), ClusterError> {
    let address = scheduler.to_string();
    let config = GrpcClientConfig::from(&BallistaConfig::default());
    let end = Instant::now() + patience;
    while let Err(reason) = connect(format!("http://{address}"), &config, tls).await {
        if Instant::now() >= end {
            let reason = format!("{reason}, for {} s", patience.as_secs());
            return Err(ClusterError::Unreachable { address, reason });
        }
        tracing::debug!(address, reason, "the scheduler cannot be reached yet");
        sleep(RETRY_INTERVAL).await;
    }
    Ok(())
}

/// Message of an error with its sources, each once.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn missing_schedulers_are_named() {
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let scheduler = free.to_string().parse().unwrap();
        let error = wait_for_scheduler(&scheduler, None, Duration::ZERO).await.unwrap_err().to_string();
        assert!(error.contains(&free.to_string()) && error.contains("refused"), "{error}");
    }
}
