//! Interface to engines that run queries in other processes.

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use voxlake_lake::Lake;

/// Engine that runs physical plans in other processes.
///
/// A session plans queries over calls for it, and [`RemoteEngine::place`] replaces a plan by one
/// that runs elsewhere. Queries without calls, and those that could be answered differently there,
/// run in the session.
pub trait RemoteEngine: Debug + Send + Sync {
    /// Number of partitions to plan for.
    fn target_partitions(&self) -> NonZeroUsize;

    /// Returns whether statements that read no calls stay in the session, which takes less time.
    fn needs_calls(&self) -> bool {
        true
    }

    /// Returns the configuration of sessions that plan for this one.
    fn configure(&self, config: SessionConfig) -> SessionConfig {
        config
    }

    /// Returns a plan with one partition that runs `plan` remotely, or `plan` itself if that would
    /// not pay. `config` is the configuration of the session. The plan must not have started.
    ///
    /// # Errors
    /// For a plan that cannot run exactly there.
    fn place(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        lake: &Lake,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>>;
}
