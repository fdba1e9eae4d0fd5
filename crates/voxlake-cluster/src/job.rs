//! A plan as the scheduler takes it.

use std::sync::Arc;

use ballista_core::serde::protobuf::KeyValuePair;
use datafusion::arrow::datatypes::{FieldRef, SchemaRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_expr::expressions::{CastExpr, Column};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties as _};
use datafusion_proto::physical_plan::AsExecutionPlan as _;
use datafusion_proto::protobuf::PhysicalPlanNode;

use crate::codec::PlanCodec;
use crate::error::ClusterError;
use crate::portable::portable;
use crate::shown::shown;
use crate::stages;

/// Encoded plan with the settings of its session.
#[derive(Debug)]
pub struct Job {
    pub(crate) plan: Vec<u8>,
    pub(crate) settings: Vec<KeyValuePair>,
}

impl Job {
    /// Encodes a plan that has not started. `lake` is the URL of its lake.
    ///
    /// The encoded plan is decoded again and compared with the original one, so that nothing that
    /// the encoding lacks goes unnoticed.
    ///
    /// # Errors
    /// [`ClusterError::NotPortable`] for a plan that the cluster could not run exactly.
    pub fn new(
        plan: Arc<dyn ExecutionPlan>,
        lake: &ObjectStoreUrl,
        config: &ConfigOptions,
        codec: &PlanCodec,
    ) -> Result<Self> {
        let plan = portable(plan, lake)?;
        let encoded = encode(&plan, codec)?;
        let decoded = decode(&encoded, &TaskContext::default(), codec).map_err(name_depth)?;
        compare(&plan, &decoded)?;
        let config = scheduler_config(config);
        stages::check(&decoded, &config)?;
        let settings = config.entries().into_iter();
        let settings = settings.map(|entry| KeyValuePair { key: entry.key, value: entry.value });
        Ok(Self { plan: encoded, settings: settings.collect() })
    }

    /// Size of the encoded plan in bytes.
    #[must_use]
    pub fn plan_bytes(&self) -> usize {
        self.plan.len()
    }
}

/// Returns the configuration for the scheduler. Its rules add no exchanges: a plan has all that it
/// needs.
fn scheduler_config(config: &ConfigOptions) -> ConfigOptions {
    let mut config = config.clone();
    config.execution.target_partitions = 1;
    let optimizer = &mut config.optimizer;
    optimizer.enable_round_robin_repartition = false;
    optimizer.repartition_aggregations = false;
    optimizer.repartition_file_scans = false;
    optimizer.repartition_joins = false;
    optimizer.repartition_sorts = false;
    optimizer.repartition_windows = false;
    optimizer.prefer_existing_sort = true;
    optimizer.prefer_existing_union = true;
    optimizer.top_down_join_key_reordering = false;
    config
}

/// Encodes a portable plan.
///
/// # Errors
/// For a node, expression or function that the codec does not know.
pub fn encode(plan: &Arc<dyn ExecutionPlan>, codec: &PlanCodec) -> Result<Vec<u8>> {
    let node = PhysicalPlanNode::try_from_physical_plan(Arc::clone(plan), codec)?;
    let mut encoded = Vec::new();
    node.try_encode(&mut encoded)?;
    Ok(encoded)
}

/// Decodes a plan.
///
/// # Errors
/// For a plan of another release, and for bytes that are not a plan.
pub fn decode(encoded: &[u8], context: &TaskContext, codec: &PlanCodec) -> Result<Arc<dyn ExecutionPlan>> {
    PhysicalPlanNode::try_decode(encoded)?.try_into_physical_plan(context, codec)
}

/// Names the cause of an error for a plan with more nested messages than the decoder accepts.
fn name_depth(error: DataFusionError) -> DataFusionError {
    if !error.to_string().contains("recursion limit") {
        return error;
    }
    let reason = "its plan is nested too deeply to be sent: use fewer nested subqueries".to_owned();
    ClusterError::NotPortable { part: "the statement".to_owned(), reason }.into()
}

/// Compares a decoded plan with the original one.
fn compare(original: &Arc<dyn ExecutionPlan>, decoded: &Arc<dyn ExecutionPlan>) -> Result<()> {
    let (originals, decoded) = (nodes(original)?, nodes(decoded)?);
    let differs =
        |(one, other): (&Arc<dyn ExecutionPlan>, &Arc<dyn ExecutionPlan>)| one.name() != other.name();
    if let Some(place) = originals.iter().zip(&decoded).position(differs) {
        let change = format!("is {} at the place of {}", decoded[place].name(), originals[place].name());
        return Err(changed("the plan", &change));
    }
    if originals.len() != decoded.len() {
        return Err(changed("the plan", "has another number of operators"));
    }
    for (original, decoded) in originals.iter().zip(&decoded) {
        let name = original.name();
        if shown(original) != shown(decoded) {
            tracing::debug!(original = shown(original), decoded = shown(decoded), "plans differ");
            return Err(changed(name, "is displayed differently"));
        }
        if !same_columns(&original.schema(), &decoded.schema()) {
            return Err(changed(name, "has another schema"));
        }
        let partitions = [original, decoded].map(|node| node.output_partitioning().partition_count());
        if partitions[0] != partitions[1] {
            return Err(changed(name, "has another number of partitions"));
        }
    }
    Ok(())
}

/// Compares names and types. Comments on columns are not encoded everywhere.
fn same_columns(one: &SchemaRef, other: &SchemaRef) -> bool {
    let same = |(one, other): (&FieldRef, &FieldRef)| {
        one.name() == other.name() && one.data_type().equals_datatype(other.data_type())
    };
    one.fields().len() == other.fields().len() && one.fields().iter().zip(other.fields()).all(same)
}

fn nodes(plan: &Arc<dyn ExecutionPlan>) -> Result<Vec<Arc<dyn ExecutionPlan>>> {
    let mut nodes = Vec::new();
    plan.apply(|node| {
        if !only_aligns(node) {
            nodes.push(Arc::clone(node));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(nodes)
}

/// Returns whether `node` is a projection that a union adds to a branch when it is decoded: it
/// keeps all columns with their types, and aligns nullability and comments.
fn only_aligns(node: &Arc<dyn ExecutionPlan>) -> bool {
    let Some(projection) = node.downcast_ref::<ProjectionExec>() else { return false };
    let input = projection.input().schema();
    let aligned = projection.expr().iter().enumerate().all(|(place, column)| {
        let cast = column.expr.downcast_ref::<CastExpr>();
        let kept = cast.map_or(&column.expr, CastExpr::expr);
        let kept = kept.downcast_ref::<Column>().is_some_and(|column| column.index() == place);
        let field = input.fields().get(place);
        kept && field.is_some_and(|field| cast.is_none_or(|cast| cast.cast_type() == field.data_type()))
    });
    aligned && projection.expr().len() == input.fields().len()
}

fn changed(part: &str, change: &str) -> DataFusionError {
    let reason = format!("after encoding and decoding it {change}");
    ClusterError::NotPortable { part: part.to_owned(), reason }.into()
}
