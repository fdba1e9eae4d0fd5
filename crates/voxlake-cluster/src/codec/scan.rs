//! Scans of day files as data: DataFusion's encoding of a scan, and the versions of its files.

use std::sync::Arc;

use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{
    AsExecutionPlan as _, PhysicalExtensionCodec, PhysicalPlanNodeExt as _, PhysicalProtoConverterExtension,
};
use datafusion_proto::protobuf::PhysicalPlanNode;
use serde::{Deserialize, Serialize};
use voxlake_engine::table::pinned_scan::{self, FilePin};

use crate::error::ClusterError;

/// Properties of a scan that DataFusion's encoding lacks.
#[derive(Debug, Serialize, Deserialize)]
struct ScanExtras {
    /// URL of the store.
    store: String,
    /// By file group and file.
    pins: Vec<Vec<FilePin>>,
    preserve_order: bool,
    /// Maximum number of rows. DataFusion's encoding has 32 bits.
    limit: Option<usize>,
}

/// Encodes a pinned scan; `None` for other nodes.
pub(super) fn encode(
    node: &Arc<dyn ExecutionPlan>,
    codec: &dyn PhysicalExtensionCodec,
    converter: &dyn PhysicalProtoConverterExtension,
) -> Result<Option<Vec<u8>>> {
    let Some(scan) = pinned_scan::file_scan(node) else { return Ok(None) };
    let Some(mut plain) = pinned_scan::without_pins(scan) else { return Ok(None) };
    let extras = ScanExtras {
        store: scan.object_store_url.as_str().to_owned(),
        pins: pinned_scan::pins(scan),
        preserve_order: scan.preserve_order,
        limit: plain.limit.take(),
    };
    let extras = serde_json::to_vec(&extras).map_err(undecodable)?;
    // DataFusion opens the store while it decodes. The scheduler has no access to the lake.
    plain.object_store_url = ObjectStoreUrl::local_filesystem();
    let node = DataSourceExec::from_data_source(plain);
    let node = PhysicalPlanNode::try_from_physical_plan_with_converter(node, codec, converter)?;
    let mut encoded = u32::try_from(extras.len()).map_err(undecodable)?.to_le_bytes().to_vec();
    encoded.extend(extras);
    node.try_encode(&mut encoded)?;
    Ok(Some(encoded))
}

/// Decodes a pinned scan.
pub(super) fn decode(
    encoded: &[u8],
    context: &TaskContext,
    codec: &dyn PhysicalExtensionCodec,
    converter: &dyn PhysicalProtoConverterExtension,
) -> Result<Arc<dyn ExecutionPlan>> {
    let short =
        || DataFusionError::from(ClusterError::Undecodable { reason: "a scan is too short".to_owned() });
    let (length, rest) = encoded.split_first_chunk::<4>().ok_or_else(short)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(undecodable)?;
    let (extras, node) = rest.split_at_checked(length).ok_or_else(short)?;
    let extras: ScanExtras = serde_json::from_slice(extras).map_err(undecodable)?;
    let local = TaskContext::default().with_session_config(context.session_config().clone());
    let node = PhysicalPlanNode::try_decode(node)?
        .try_into_physical_plan_with_converter(&local, codec, converter)?;
    let Some(plain) = pinned_scan::file_scan(&node) else {
        return Err(undecodable("a scan without files"));
    };
    let mut scan = pinned_scan::with_pins(plain, extras.pins)?;
    scan.object_store_url = ObjectStoreUrl::parse(&extras.store)?;
    scan.preserve_order = extras.preserve_order;
    scan.limit = extras.limit;
    Ok(DataSourceExec::from_data_source(scan))
}

fn undecodable(error: impl std::fmt::Display) -> DataFusionError {
    ClusterError::Undecodable { reason: error.to_string() }.into()
}
