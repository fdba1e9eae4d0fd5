//! Listener that decrypts connections and passes them on to a listener of this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::error::ClusterError;
use crate::tls::ClusterTls;

/// Time for a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Largest number of connections at the same time. Further ones wait.
const MAX_CONNECTIONS: usize = 4096;
/// Delay after a connection could not be accepted, such as without free file descriptors.
const ACCEPT_DELAY: Duration = Duration::from_millis(100);

/// Listener for connections with TLS. It passes their content on to the same port of 127.0.0.1.
#[derive(Debug)]
pub(crate) struct TlsGateway {
    listener: TcpListener,
    acceptor: Gate,
    inner: SocketAddr,
}

/// An acceptor, which has no debug format.
#[derive(Clone)]
struct Gate(TlsAcceptor);

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsAcceptor")
    }
}

impl TlsGateway {
    /// Binds the listener.
    ///
    /// # Errors
    /// [`ClusterError::CannotListen`] if the address cannot be bound.
    pub(crate) async fn bind(address: SocketAddr, tls: &ClusterTls) -> Result<Self, ClusterError> {
        let listener = TcpListener::bind(address).await.map_err(|error| ClusterError::CannotListen {
            address: address.to_string(),
            reason: error.to_string(),
        })?;
        let acceptor = Gate(TlsAcceptor::from(Arc::clone(&tls.gateway)));
        Ok(Self { listener, acceptor, inner: SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())) })
    }

    /// Serves until it is dropped, which ends all connections.
    pub(crate) async fn serve(self) {
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            // The semaphore is never closed.
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let (acceptor, inner) = (self.acceptor.clone(), self.inner);
                    connections.spawn(async move {
                        if let Err(error) = pass_on(stream, acceptor, inner).await {
                            tracing::debug!(%peer, %error, "a connection ended");
                        }
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    sleep(ACCEPT_DELAY).await;
                }
            }
            // Frees what ended connections have left.
            while connections.try_join_next().is_some() {}
        }
    }
}

/// Decrypts a connection and copies between it and `inner` until one side ends.
async fn pass_on(stream: TcpStream, acceptor: Gate, inner: SocketAddr) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut outer = timeout(HANDSHAKE, acceptor.0.accept(stream)).await??;
    let mut inner = TcpStream::connect(inner).await?;
    inner.set_nodelay(true)?;
    copy_bidirectional(&mut outer, &mut inner).await?;
    Ok(())
}
