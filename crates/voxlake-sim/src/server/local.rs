//! Server on a free local port, for tests and demonstrations.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::config::ServerConfig;
use super::service::Server;
use super::state::Handle;

/// A running server on a free port of the loopback address. Stops when dropped.
///
/// ```
/// use std::sync::Arc;
/// use voxlake_sim::{Centre, LocalServer, ServerConfig};
///
/// # fn main() -> std::io::Result<()> {
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// runtime.block_on(async {
///     let server = LocalServer::start(ServerConfig::new(Arc::new(Centre::with_seed(7)))).await?;
///     println!("serving {}", server.api_url());
///     server.stop().await
/// })
/// # }
/// ```
#[derive(Debug)]
pub struct LocalServer {
    address: SocketAddr,
    handle: Handle,
    /// Dropping it stops the server.
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl LocalServer {
    /// Starts a server, which accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// If no port can be bound.
    pub async fn start(config: ServerConfig) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = Server::new(config);
        let handle = server.handle();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.serve(listener, async {
            // An error means that the sender was dropped, which is the signal.
            let _ = stopped.await;
        }));
        Ok(Self { address, handle, stop, task })
    }

    /// Returns the address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the base URL of the token endpoint: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn oauth_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the base URL of the API: `http://127.0.0.1:PORT/v2`.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}/v2", self.address)
    }

    /// Returns the handle of the server.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Stops the server after it has answered the requests in progress.
    ///
    /// # Errors
    ///
    /// If the server failed before.
    pub async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        self.task.await.map_err(io::Error::other)?
    }
}
