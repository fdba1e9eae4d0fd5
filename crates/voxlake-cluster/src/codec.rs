//! Encoding of physical plans for other processes.
//!
//! [`PlanCodec`] encodes what DataFusion and Ballista do not know: the functions of this project
//! with their state, scans with the versions of their files, and the nodes of corrected plans. Each
//! part names the release that encoded it.

mod envelope;
mod functions;
mod order;
mod scan;

use std::sync::Arc;

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use voxlake_engine::correctness::portable::{self as corrections, HiddenNode};

use self::functions::Functions;
use crate::error::undecodable;
use crate::one_partition::OnePartitionExec;

/// Version of the encoding. It changes with every change of the encoded parts or of the meaning of
/// an encoded function.
const PLAN_VERSION: u32 = 3;

/// Kind of an encoded part: a node of Ballista.
const BALLISTA_NODE: u8 = 1;
/// Kind of an encoded part: a scan of day files.
const SCAN: u8 = 2;
/// Kind of an encoded part: a node that hides properties.
const HIDDEN_NODE: u8 = 3;
/// Kind of an encoded part: a function.
const FUNCTION: u8 = 4;
/// Kind of an encoded part: a node that requires one partition.
const ONE_PARTITION: u8 = 5;

/// Returns the release of this process, as plans name it.
#[must_use]
pub fn release() -> String {
    format!("voxlake {} (plans {PLAN_VERSION})", env!("CARGO_PKG_VERSION"))
}

/// Codec of physical plans.
#[derive(Debug)]
pub struct PlanCodec {
    release: String,
    functions: Functions,
    ballista: BallistaPhysicalExtensionCodec,
}

impl Default for PlanCodec {
    fn default() -> Self {
        Self::of_release(release())
    }
}

impl PlanCodec {
    /// Creates the codec of another release, for tests of mismatched processes.
    #[must_use]
    pub fn of_release(release: String) -> Self {
        let functions = Functions::new();
        Self { release, functions, ballista: BallistaPhysicalExtensionCodec::default() }
    }

    fn seal(&self, kind: u8, part: &[u8], buffer: &mut Vec<u8>) {
        buffer.extend(envelope::seal(&self.release, kind, part));
    }

    /// Returns the content of an encoded function.
    fn open_function<'a>(&self, sealed: &'a [u8]) -> Result<&'a [u8]> {
        match envelope::open(&self.release, sealed)? {
            (FUNCTION, part) => Ok(part),
            (kind, _) => Err(unknown_kind(kind)),
        }
    }
}

impl PhysicalExtensionCodec for PlanCodec {
    fn try_decode(
        &self,
        sealed: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match envelope::open(&self.release, sealed)? {
            (BALLISTA_NODE, node) => self.ballista.try_decode(node, inputs, context, converter),
            (SCAN, node) => scan::decode(node, context, self, converter),
            (HIDDEN_NODE, node) => {
                let node: HiddenNode = serde_json::from_slice(node).map_err(undecodable)?;
                match inputs {
                    [input] => Ok(corrections::rebuild_node(Arc::clone(input), node)),
                    _ => Err(undecodable("a node with one input has another number of inputs")),
                }
            }
            (ONE_PARTITION, order) => match inputs {
                [input] => {
                    let order = order::decode(order, &input.schema(), context, self, converter)?;
                    Ok(Arc::new(OnePartitionExec::new(Arc::clone(input), order)))
                }
                _ => Err(undecodable("a node with one input has another number of inputs")),
            },
            (kind, _) => Err(unknown_kind(kind)),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buffer: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if let Some(scan) = scan::encode(&node, self, converter)? {
            self.seal(SCAN, &scan, buffer);
            return Ok(());
        }
        if let Some(hidden) = corrections::describe_node(&node) {
            self.seal(HIDDEN_NODE, &serde_json::to_vec(&hidden).map_err(undecodable)?, buffer);
            return Ok(());
        }
        if let Some(node) = node.downcast_ref::<OnePartitionExec>() {
            self.seal(ONE_PARTITION, &order::encode(node.order(), self, converter)?, buffer);
            return Ok(());
        }
        let mut encoded = Vec::new();
        self.ballista.try_encode(node, &mut encoded, converter)?;
        self.seal(BALLISTA_NODE, &encoded, buffer);
        Ok(())
    }

    fn try_encode_udf(&self, function: &ScalarUDF, buffer: &mut Vec<u8>) -> Result<()> {
        self.seal(FUNCTION, &self.functions.encode_scalar(function)?, buffer);
        Ok(())
    }

    fn try_decode_udf(&self, name: &str, sealed: &[u8]) -> Result<Arc<ScalarUDF>> {
        Ok(self.functions.decode_scalar(name, self.open_function(sealed)?)?)
    }

    fn try_encode_udaf(&self, function: &AggregateUDF, buffer: &mut Vec<u8>) -> Result<()> {
        self.seal(FUNCTION, &self.functions.encode_aggregate(function)?, buffer);
        Ok(())
    }

    fn try_decode_udaf(&self, name: &str, sealed: &[u8]) -> Result<Arc<AggregateUDF>> {
        Ok(self.functions.decode_aggregate(name, self.open_function(sealed)?)?)
    }

    fn try_encode_udwf(&self, function: &WindowUDF, buffer: &mut Vec<u8>) -> Result<()> {
        self.seal(FUNCTION, &self.functions.encode_window(function)?, buffer);
        Ok(())
    }

    fn try_decode_udwf(&self, name: &str, sealed: &[u8]) -> Result<Arc<WindowUDF>> {
        Ok(self.functions.decode_window(name, self.open_function(sealed)?)?)
    }
}

fn unknown_kind(kind: u8) -> DataFusionError {
    undecodable(format!("a part of kind {kind}"))
}
