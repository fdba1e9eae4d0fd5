//! Remedies and exit codes for errors of the cluster.

use voxlake_query::QueryError;

/// Returns the remedy for an error of the cluster in a query.
#[cfg(feature = "cluster")]
pub(crate) fn query_hint(error: &QueryError) -> Option<&'static str> {
    use voxlake_cluster::ClusterError;

    let (QueryError::Execution(error) | QueryError::Sql(error)) = error else { return None };
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
    while let Some(error) = cause {
        match error.downcast_ref::<ClusterError>() {
            None => cause = error.source(),
            Some(ClusterError::DeadlineExceeded { .. }) => {
                return Some("deadline= in the URL of --engine sets the limit");
            }
            Some(ClusterError::Unreachable { .. }) => {
                return Some(
                    "`voxlake cluster scheduler` starts one; with --engine local the query runs in this process",
                );
            }
            Some(ClusterError::NotPortable { .. } | ClusterError::Refused { .. }) => {
                return Some("with --engine local the query runs in this process");
            }
            Some(_) => return Some("run it again; with --engine local the query runs in this process"),
        }
    }
    None
}

/// Returns `None`, because this build has no cluster.
#[cfg(not(feature = "cluster"))]
pub(crate) fn query_hint(_: &QueryError) -> Option<&'static str> {
    None
}

/// Returns the remedy for an error of a scheduler or executor.
#[cfg(feature = "cluster")]
pub(crate) fn process_hint(error: &anyhow::Error) -> Option<&'static str> {
    use voxlake_cluster::ClusterError;

    match error.downcast_ref()? {
        ClusterError::Unreachable { .. } => {
            Some("start `voxlake cluster scheduler`, or name the address of a running one with --scheduler")
        }
        ClusterError::CannotListen { .. } => {
            Some("another process may use it: choose another port, with --listen or --port")
        }
        _ => None,
    }
}

/// Returns whether an option or a setting of the cluster is the cause of an error.
#[cfg(feature = "cluster")]
pub(crate) fn is_usage_error(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(voxlake_cluster::ClusterError::is_usage_error)
}

/// Returns false, because this build has no cluster.
#[cfg(not(feature = "cluster"))]
pub(crate) fn is_usage_error(_: &anyhow::Error) -> bool {
    false
}

/// Returns `None`, because this build has no cluster.
#[cfg(not(feature = "cluster"))]
pub(crate) fn process_hint(_: &anyhow::Error) -> Option<&'static str> {
    None
}
