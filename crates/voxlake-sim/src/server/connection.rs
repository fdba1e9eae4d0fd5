//! Connections that a fault can cut.
//!
//! Each accepted connection has a [`CutSwitch`]. Handlers get it through axum's `ConnectInfo`. Once
//! the switch is set, the next write or flush fails. Hyper then drops the connection, which closes
//! the socket. Other connections are not affected.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Switch that cuts one connection. Clones belong to the same connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct CutSwitch(Arc<AtomicU8>);

// States of a switch. The initial state is 0: the connection works.
const CUT_AFTER_FLUSH: u8 = 1;
const CUT: u8 = 2;

impl CutSwitch {
    /// Cuts the connection at the next write.
    pub(crate) fn cut(&self) {
        self.0.store(CUT, Ordering::Release);
    }

    /// Cuts the connection at the next flush. Hyper flushes only after it has written all buffered
    /// data, so the client still receives this data.
    pub(crate) fn cut_after_flush(&self) {
        self.0.store(CUT_AFTER_FLUSH, Ordering::Release);
    }

    /// Returns an error if the state is `limit` or higher.
    fn check(&self, limit: u8) -> io::Result<()> {
        if self.0.load(Ordering::Acquire) >= limit {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "connection cut by a fault"));
        }
        Ok(())
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for CutSwitch {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().switch.clone()
    }
}

/// Listener whose connections can be cut.
#[derive(Debug)]
pub(crate) struct CuttableListener(pub(crate) TcpListener);

impl Listener for CuttableListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (Connection { stream, switch: CutSwitch::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Connection with the switch that cuts it.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    switch: CutSwitch,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.switch.check(CUT)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.switch.check(CUT)?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.switch.check(CUT_AFTER_FLUSH)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
