//! Reruns of queries over a lake that changed while they ran.

use crate::QueryError;

/// Reruns of one query. A sync that commits every few seconds rarely hits the days of a query three
/// times in a row.
const MAX_RERUNS: u32 = 2;

/// Decides whether a query that failed runs again, in a new session over the current day files.
///
/// Only a query without output so far can run again: the rows of another version could contradict
/// those that were printed.
///
/// # Example
/// ```
/// use voxlake_lake::Lake;
/// use voxlake_query::{LakeSession, QueryError, Reruns, SessionOptions};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), QueryError> {
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
/// let mut reruns = Reruns::default();
/// let batches = loop {
///     let session = LakeSession::open(&lake, SessionOptions::default()).await?;
///     let batches = match session.sql("SELECT count(*) FROM calls").await {
///         Ok(result) => result.collect().await,
///         Err(error) => Err(error),
///     };
///     match batches {
///         Err(error) if reruns.allow(&error) => {}
///         batches => break batches?,
///     }
/// };
/// assert_eq!(batches[0].num_rows(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Reruns {
    left: u32,
}

impl Default for Reruns {
    fn default() -> Self {
        Self { left: MAX_RERUNS }
    }
}

impl Reruns {
    /// Returns whether the query that failed with `error` runs again, and counts that. The answer
    /// is yes for a replaced day file, up to two times.
    pub fn allow(&mut self, error: &QueryError) -> bool {
        let QueryError::Replaced { path } = error else { return false };
        let Some(left) = self.left.checked_sub(1) else { return false };
        tracing::info!(%path, "the lake changed while it was read, and the query runs again");
        self.left = left;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_replaced_files_allow_reruns() {
        let mut reruns = Reruns::default();
        assert!(!reruns.allow(&QueryError::ReadOnly { reason: String::new() }));
        let replaced = QueryError::Replaced { path: "calls.parquet".to_owned() };
        assert_eq!([(); 3].map(|()| reruns.allow(&replaced)), [true, true, false]);
    }
}
