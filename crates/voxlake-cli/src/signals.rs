//! Ctrl-C and SIGTERM.

/// Completes at Ctrl-C or, on Unix, SIGTERM.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // Without signals, the process runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Stream of Ctrl-C signals, which also returns those that arrived between two calls.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    signals: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    signals: tokio::signal::windows::CtrlC,
}

impl Interrupts {
    /// Starts to listen: Ctrl-C no longer ends the process, nor does SIGTERM if `with_terminate`.
    ///
    /// # Errors
    /// An I/O error if the system refuses the handler.
    #[cfg(unix)]
    pub(crate) fn listen(with_terminate: bool) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = with_terminate.then(|| signal(SignalKind::terminate())).transpose()?;
        Ok(Self { signals: signal(SignalKind::interrupt())?, terminate })
    }

    /// Starts to listen: Ctrl-C no longer ends the process.
    ///
    /// # Errors
    /// An I/O error if the system refuses the handler.
    #[cfg(windows)]
    pub(crate) fn listen(_: bool) -> std::io::Result<Self> {
        Ok(Self { signals: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(terminate) = &mut self.terminate {
            tokio::select! {
                Some(()) = self.signals.recv() => {}
                Some(()) = terminate.recv() => {}
                else => std::future::pending::<()>().await,
            }
            return;
        }
        if self.signals.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Discards signals that have arrived.
    pub(crate) fn forget(&mut self) {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while let std::task::Poll::Ready(Some(())) = self.signals.poll_recv(&mut context) {}
    }
}
