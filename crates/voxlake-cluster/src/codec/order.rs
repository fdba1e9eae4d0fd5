//! Orders as data.

use datafusion::arrow::datatypes::Schema;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::LexOrdering;
use datafusion_proto::physical_plan::from_proto::parse_physical_sort_exprs;
use datafusion_proto::physical_plan::to_proto::serialize_physical_sort_exprs;
use datafusion_proto::physical_plan::{
    PhysicalExtensionCodec, PhysicalPlanDecodeContext, PhysicalProtoConverterExtension,
};
use datafusion_proto::protobuf::PhysicalSortExprNodeCollection;
use prost::Message as _;

use crate::error::undecodable;

/// Encodes an order; none is empty.
pub(super) fn encode(
    order: Option<&LexOrdering>,
    codec: &dyn PhysicalExtensionCodec,
    converter: &dyn PhysicalProtoConverterExtension,
) -> Result<Vec<u8>> {
    let keys = order.into_iter().flatten().cloned();
    let nodes = serialize_physical_sort_exprs(keys, codec, converter)?;
    Ok(PhysicalSortExprNodeCollection { physical_sort_expr_nodes: nodes }.encode_to_vec())
}

/// Decodes an order of rows with `schema`.
pub(super) fn decode(
    encoded: &[u8],
    schema: &Schema,
    context: &TaskContext,
    codec: &dyn PhysicalExtensionCodec,
    converter: &dyn PhysicalProtoConverterExtension,
) -> Result<Option<LexOrdering>> {
    let nodes = PhysicalSortExprNodeCollection::decode(encoded).map_err(undecodable)?;
    let context = PhysicalPlanDecodeContext::new(context, codec);
    let nodes = nodes.physical_sort_expr_nodes;
    Ok(LexOrdering::new(parse_physical_sort_exprs(&nodes, &context, schema, converter)?))
}
