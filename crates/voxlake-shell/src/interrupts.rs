//! Signals that cancel work: Ctrl-C and, on Unix, SIGTERM.

/// Completes at the next Ctrl-C or SIGTERM. Listening starts when the future is first polled.
///
/// Never completes if the system has no signals: the process then runs until it is killed.
pub async fn interrupted() {
    match Interrupts::listen(true) {
        Ok(mut interrupts) => interrupts.next().await,
        Err(_) => std::future::pending().await,
    }
}

/// Stream of Ctrl-C signals, including those that came before it was polled.
pub struct Interrupts {
    #[cfg(unix)]
    signals: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    signals: tokio::signal::windows::CtrlC,
}

impl Interrupts {
    /// Starts listening. From now on Ctrl-C does not end the program, nor does SIGTERM if `also`.
    ///
    /// # Errors
    /// The system's error.
    #[cfg(unix)]
    pub fn listen(also: bool) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = also.then(|| signal(SignalKind::terminate())).transpose()?;
        Ok(Self { signals: signal(SignalKind::interrupt())?, terminate })
    }

    /// Starts listening. From now on Ctrl-C does not end the program.
    ///
    /// # Errors
    /// The system's error.
    #[cfg(windows)]
    pub fn listen(_: bool) -> std::io::Result<Self> {
        Ok(Self { signals: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) {
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

    /// Drops pending signals.
    pub fn drop_pending(&mut self) {
        let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
        while let std::task::Poll::Ready(Some(())) = self.signals.poll_recv(&mut nobody) {}
    }
}
