//! Options of a publication.

use chrono::TimeDelta;

/// Default time for which replaced versions stay readable.
pub const DEFAULT_KEEP: TimeDelta = TimeDelta::days(7);

/// Options of [`publish`](crate::publish).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishOptions {
    /// Time for which replaced versions stay readable, in whole seconds. `None`: that of the table,
    /// or [`DEFAULT_KEEP`] for a new one.
    pub keep: Option<TimeDelta>,
    /// True to look for missing and unused files in any case. Otherwise this happens with the first
    /// version of a UTC day.
    pub checks_files: bool,
}

impl PublishOptions {
    /// Sets the time for which replaced versions stay readable.
    #[must_use]
    pub fn keep(mut self, keep: Option<TimeDelta>) -> Self {
        self.keep = keep;
        self
    }

    /// Sets whether files are checked in any case.
    #[must_use]
    pub fn checks_files(mut self, checks_files: bool) -> Self {
        self.checks_files = checks_files;
        self
    }
}
