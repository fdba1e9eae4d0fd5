//! Check of the stages that the scheduler makes of a plan.
//!
//! The scheduler splits a plan at its exchanges and applies DataFusion's rules to the parts,
//! without the corrections of this project. They may remove or move sorts, and joins may get other
//! partitions. So the stages are planned here first, and compared with the plan:
//!
//! - no operator that requires one partition or an order gets another input
//! - no exchange is left within a stage
//! - joined together again, the stages have the operators of the plan below the same operators
//! - the result has as many partitions

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ballista_core::JobId;
use ballista_core::execution_plans::UnresolvedShuffleExec;
use ballista_scheduler::planner::{DefaultDistributedPlanner, DistributedPlanner as _};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{Distribution, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, PartitionMode};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties as _};

use crate::error::ClusterError;
use crate::one_partition::OnePartitionExec;
use crate::shown::shown;

type Plan = Arc<dyn ExecutionPlan>;

/// Compares the stages that the scheduler makes of `plan` with it. `config` is the configuration
/// that the scheduler gets.
///
/// # Errors
/// [`ClusterError::NotPortable`] if the stages could have another result.
pub(crate) fn check(plan: &Plan, config: &ConfigOptions) -> Result<()> {
    let mut planner = DefaultDistributedPlanner::new();
    let writers = planner
        .plan_query_stages(&JobId::from("check"), Arc::clone(plan), config)
        .map_err(|error| refused(&format!("it cannot be split into stages: {error}")))?;
    let mut stages = HashMap::new();
    for writer in &writers {
        if let [stage] = writer.children()[..] {
            check_stage(stage, &stages)?;
            stages.insert(writer.stage_id(), Arc::clone(stage));
        }
    }
    let last = writers.last().and_then(|writer| stages.get(&writer.stage_id()));
    let last = last.ok_or_else(|| refused("it has no stages"))?;
    let partitions = [plan, last].map(|plan| plan.output_partitioning().partition_count());
    if partitions[0] != partitions[1] {
        return Err(refused("its result would have another number of partitions"));
    }
    let no_stages = HashMap::new();
    let (mut planned, mut scheduled) = (Paths::new(&no_stages), Paths::new(&stages));
    planned.add(plan, "");
    scheduled.add(last, "");
    match planned.difference(&scheduled) {
        None => Ok(()),
        Some(path) => {
            tracing::debug!(path, "the scheduler changes a plan");
            let operator = path.rsplit(" <- ").next().unwrap_or_default();
            Err(refused(&format!("the scheduler would move or change {operator}")))
        }
    }
}

/// Checks the operators of a stage.
fn check_stage(stage: &Plan, stages: &HashMap<usize, Plan>) -> Result<()> {
    stage.apply(|node| {
        if node.is::<RepartitionExec>() {
            return Err(refused("a stage would have an exchange within"));
        }
        check_join(node)?;
        let required = node.input_distribution_requirements();
        for (child, required) in node.children().into_iter().zip(required.per_child_distributions()) {
            let several = child.output_partitioning().partition_count() > 1;
            if several && matches!(required, Distribution::SinglePartition) {
                let name = node.name();
                return Err(refused(&format!("{name} would run once for each partition")));
            }
        }
        for (child, required) in node.children().into_iter().zip(node.required_input_ordering()) {
            // A merge reads each partition of another stage in its order.
            let child = match (node.is::<SortPreservingMergeExec>(), stage_of(child, stages)) {
                (true, Some(stage)) => stage,
                _ => child,
            };
            let order = child.equivalence_properties();
            if let Some(required) = required
                && !order.ordering_satisfy_requirement(required.into_single())?
            {
                return Err(refused(&format!("the input of {} would have no order", node.name())));
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

/// Checks that the distributed sides of a join have as many partitions.
fn check_join(node: &Plan) -> Result<()> {
    let Some(join) = node.downcast_ref::<HashJoinExec>() else { return Ok(()) };
    let [left, right] = [join.left(), join.right()].map(|side| side.output_partitioning().partition_count());
    if *join.partition_mode() == PartitionMode::Partitioned && left != right {
        return Err(refused("the sides of a join would have different partitions"));
    }
    Ok(())
}

/// Returns the stage that `node` reads.
fn stage_of<'a>(node: &Plan, stages: &'a HashMap<usize, Plan>) -> Option<&'a Plan> {
    stages.get(&node.downcast_ref::<UnresolvedShuffleExec>()?.stage_id)
}

/// Operators of a plan, each with those above it, and how often they occur.
struct Paths<'a> {
    stages: &'a HashMap<usize, Plan>,
    counts: BTreeMap<String, usize>,
}

impl<'a> Paths<'a> {
    fn new(stages: &'a HashMap<usize, Plan>) -> Self {
        Self { stages, counts: BTreeMap::new() }
    }

    /// Adds `node` and those below it. `above` are the operators above it.
    fn add(&mut self, node: &Plan, above: &str) {
        if let Some(stage) = stage_of(node, self.stages) {
            return self.add(stage, above);
        }
        let path = match self.label(node) {
            Some(label) => {
                let path = format!("{above} <- {label}");
                *self.counts.entry(path.clone()).or_default() += 1;
                path
            }
            None => above.to_owned(),
        };
        for child in node.children() {
            self.add(child, &path);
        }
    }

    /// Name of an operator. A sort of rows that another stage has sorted has none, or that of the
    /// merge in its place.
    fn label(&self, node: &Plan) -> Option<String> {
        let Some(sort) = node.downcast_ref::<SortExec>().filter(|sort| sort.fetch().is_none()) else {
            return label(node);
        };
        let merged = sort.input().downcast_ref::<CoalescePartitionsExec>().map(CoalescePartitionsExec::input);
        let sorts_again =
            stage_of(merged.unwrap_or_else(|| sort.input()), self.stages).is_some_and(|stage| {
                stage.equivalence_properties().ordering_satisfy(sort.expr().clone()).unwrap_or(false)
            });
        match (sorts_again, merged) {
            (true, Some(_)) => Some(format!("SortPreservingMergeExec: [{}]", sort.expr())),
            (true, None) => None,
            (false, _) => label(node),
        }
    }

    /// Returns the first operator that does not occur equally often in both plans.
    fn difference(&self, other: &Self) -> Option<String> {
        let differs = |(path, count): &(&String, &usize)| other.counts.get(*path) != Some(*count);
        let missing = self.counts.iter().find(differs);
        let extra = other.counts.iter().find(|(path, _)| !self.counts.contains_key(*path));
        missing.or(extra).map(|(path, _)| path.clone())
    }
}

/// Name of an operator with its expressions; `None` for those that only move rows or columns. The
/// scheduler may exchange the sides of joins.
fn label(node: &Plan) -> Option<String> {
    if node.is::<CoalescePartitionsExec>() {
        return node.fetch().map(|rows| format!("a limit of {rows} rows"));
    }
    if node.is::<RepartitionExec>() || node.is::<OnePartitionExec>() {
        return None;
    }
    if node.is::<HashJoinExec>() || node.is::<NestedLoopJoinExec>() || node.is::<CrossJoinExec>() {
        return Some("join".to_owned());
    }
    if only_columns(node).is_some() {
        return None;
    }
    if let Some(sort) = node.downcast_ref::<SortExec>() {
        let keys = sort.expr().iter().map(|key| key_below(key, sort.input())).collect::<Vec<_>>();
        return Some(format!("SortExec: fetch={:?}, expr=[{}]", sort.fetch(), keys.join(", ")));
    }
    // Without an order of its input, an aggregate hashes its groups.
    let shown = shown(node);
    let shown = shown.split(", ordering_mode=").next().unwrap_or_default();
    Some(shown.trim_end().to_owned())
}

/// Returns the columns of a projection that has no other expressions.
fn only_columns(node: &Plan) -> Option<Vec<&Column>> {
    let projection = node.downcast_ref::<ProjectionExec>()?;
    projection.expr().iter().map(|column| column.expr.downcast_ref::<Column>()).collect()
}

/// Name of a sort key below the projections of `input`: a sort may move below them.
fn key_below(key: &PhysicalSortExpr, input: &Plan) -> String {
    let (Some(column), Some(columns)) = (key.expr.downcast_ref::<Column>(), only_columns(input)) else {
        return key.to_string();
    };
    match (columns.get(column.index()), input.children().as_slice()) {
        (Some(column), [input]) => {
            let column: Arc<dyn PhysicalExpr> = Arc::new(Column::clone(column));
            key_below(&PhysicalSortExpr::new(column, key.options), input)
        }
        _ => key.to_string(),
    }
}

fn refused(reason: &str) -> DataFusionError {
    ClusterError::NotPortable { part: "the statement".to_owned(), reason: reason.to_owned() }.into()
}
