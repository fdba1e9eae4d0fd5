//! A server of one's own on this machine, for tests and demonstrations.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::config::ServerConfig;
use super::service::Server;
use super::state::Handle;

/// A running server on a free port of the loopback address. Stops when dropped.
#[derive(Debug)]
pub struct LocalServer {
    address: SocketAddr,
    handle: Handle,
    /// Dropping it is the sign to stop.
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl LocalServer {
    /// Starts a server, which is ready when this returns.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start(config: ServerConfig) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = Server::new(config);
        let handle = server.handle();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.serve(listener, async {
            // An error means that the sender is gone, which is the sign.
            let _ = stopped.await;
        }));
        Ok(Self { address, handle, stop, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base of the token endpoint: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn oauth_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base of the API: `http://127.0.0.1:PORT/v2`.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}/v2", self.address)
    }

    /// A view into it.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Stops it and waits until requests under way are answered.
    ///
    /// # Errors
    ///
    /// When the server had failed.
    pub async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        self.task.await.map_err(io::Error::other)?
    }
}
