//! The wish to end, as the system tells it.

/// Ready at Ctrl-C or, where there is one, SIGTERM.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // Where no signal can be heard the program runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Each Ctrl-C, also one that came while nobody listened.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    signals: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    signals: tokio::signal::windows::CtrlC,
}

impl Interrupts {
    /// Begins to listen: from now on Ctrl-C ends the program no more, and nor does SIGTERM where that is `also` heard.
    ///
    /// # Errors
    /// Where the system lets nobody listen.
    #[cfg(unix)]
    pub(crate) fn listen(also: bool) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = also.then(|| signal(SignalKind::terminate())).transpose()?;
        Ok(Self { signals: signal(SignalKind::interrupt())?, terminate })
    }

    /// Begins to listen: from now on Ctrl-C ends the program no more.
    ///
    /// # Errors
    /// Where the system lets nobody listen.
    #[cfg(windows)]
    pub(crate) fn listen(_: bool) -> std::io::Result<Self> {
        Ok(Self { signals: tokio::signal::windows::ctrl_c()? })
    }

    /// The next one.
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

    /// Passes over one that came already.
    pub(crate) fn forget(&mut self) {
        let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
        while let std::task::Poll::Ready(Some(())) = self.signals.poll_recv(&mut nobody) {}
    }
}
