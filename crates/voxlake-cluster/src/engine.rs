//! Engine that runs the plans of a session on a cluster.

use std::num::NonZeroUsize;
use std::sync::Arc;

use ballista_core::config::BallistaConfig;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::FileGroup;
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use voxlake_engine::table::pinned_scan;
use voxlake_lake::Lake;
use voxlake_query::RemoteEngine;

use crate::address::EngineAddress;
use crate::client::Client;
use crate::cluster_exec::ClusterExec;
use crate::codec::PlanCodec;
use crate::job::Job;
use crate::stores::lake_url;
use crate::tls::ClusterTls;

/// Ballista cluster that answers the queries of sessions.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
///
/// use voxlake_cluster::BallistaEngine;
/// use voxlake_query::SessionOptions;
///
/// let engine = BallistaEngine::new("ballista://127.0.0.1:50050".parse()?);
/// let options = SessionOptions::new().engine(Some(Arc::new(engine)));
/// assert!(options.engine.is_some());
/// # Ok::<(), voxlake_cluster::ClusterError>(())
/// ```
#[derive(Debug)]
pub struct BallistaEngine {
    client: Arc<Client>,
    codec: PlanCodec,
}

impl BallistaEngine {
    /// Creates an engine. It connects when a query runs.
    #[must_use]
    pub fn new(address: EngineAddress) -> Self {
        Self::with_codec(address, PlanCodec::default())
    }

    /// Creates an engine with the codec of another release, for tests of mismatched processes.
    #[must_use]
    pub fn with_codec(address: EngineAddress, codec: PlanCodec) -> Self {
        Self { client: Arc::new(Client { address, tls: None }), codec }
    }

    /// Sets the certificates for a cluster with mutual TLS.
    #[must_use]
    pub fn with_tls(self, tls: Option<ClusterTls>) -> Self {
        let address = self.client.address.clone();
        Self { client: Arc::new(Client { address, tls }), ..self }
    }
}

impl RemoteEngine for BallistaEngine {
    fn target_partitions(&self) -> NonZeroUsize {
        self.client.address.partitions
    }

    fn needs_calls(&self) -> bool {
        self.client.address.min_bytes > 0
    }

    fn configure(&self, config: SessionConfig) -> SessionConfig {
        config.with_option_extension(BallistaConfig::default())
    }

    fn place(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        lake: &Lake,
        config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if scanned_bytes(&plan)? < self.client.address.min_bytes {
            return Ok(plan);
        }
        let job = Job::new(Arc::clone(&plan), &lake_url(lake)?, config, &self.codec)?;
        Ok(Arc::new(ClusterExec::new(plan, job, Arc::clone(&self.client))))
    }
}

/// Bytes of the day files that a plan scans.
fn scanned_bytes(plan: &Arc<dyn ExecutionPlan>) -> Result<u64> {
    let mut bytes = 0;
    plan.apply(|node| {
        if let Some(scan) = pinned_scan::file_scan(node)
            && pinned_scan::is_session_scan(scan)
        {
            let files = scan.file_groups.iter().flat_map(FileGroup::files);
            bytes += files.map(PartitionedFile::effective_size).sum::<u64>();
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(bytes)
}
