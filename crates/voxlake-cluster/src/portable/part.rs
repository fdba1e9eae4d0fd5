//! Type of plans, and the error for a part of one.

use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::physical_plan::ExecutionPlan;

use crate::error::ClusterError;

pub(super) type Plan = Arc<dyn ExecutionPlan>;

/// Error for a part of a plan.
pub(super) fn refused(part: impl Into<String>, reason: impl Into<String>) -> DataFusionError {
    ClusterError::NotPortable { part: part.into(), reason: reason.into() }.into()
}
