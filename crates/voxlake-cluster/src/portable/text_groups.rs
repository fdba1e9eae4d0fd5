//! Group ids between stages.
//!
//! A session groups texts by ids, which a process assigns. Another process assigns others, so that
//! groups travel as their texts:
//!
//! ```text
//! AggregateExec: Final, gby=[id]               ProjectionExec: group_code(text) as id
//!   RepartitionExec: Hash([id])        =>        AggregateExec: Final, gby=[text]
//!     AggregateExec: Partial,                      RepartitionExec: Hash([text])
//!         gby=[group_code(direction)]                ProjectionExec: group_text(id) as text
//!                                                      AggregateExec: Partial,
//!                                                          gby=[group_code(direction)]
//! ```

mod ids;
mod layout;

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::Partitioning;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode, PhysicalGroupBy};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use voxlake_functions::text_groups::GROUP_COLUMN;

use self::ids::{Within, groups_of, unknown_texts};
use self::layout::Layout;
use super::part::{Plan, refused};

/// Passes texts instead of ids through the exchange that `node` is, or through the one below the
/// aggregate that it is.
pub(super) fn send_texts(node: Plan) -> Result<Plan> {
    if let Some(aggregate) = node.downcast_ref::<AggregateExec>()
        && *aggregate.mode() == AggregateMode::FinalPartitioned
        && let Some(exchange) = aggregate.input().downcast_ref::<RepartitionExec>()
    {
        let Some(layout) = Layout::of(exchange.input()) else { return Ok(node) };
        let texts = group_by_texts(aggregate, distribute_by_texts(exchange, &layout)?, &layout)?;
        let Some(outer) = Layout::of(&node) else { return Ok(texts) };
        return outer.with_ids(texts);
    }
    if let Some(merge) = node.downcast_ref::<CoalescePartitionsExec>() {
        let Some(layout) = Layout::of(merge.input()) else { return Ok(node) };
        let input = layout.with_texts(Arc::clone(merge.input()))?;
        return layout.with_ids(replace_children_if_necessary(node, vec![input])?);
    }
    if let Some(merge) = node.downcast_ref::<SortPreservingMergeExec>() {
        let Some(layout) = Layout::of(merge.input()) else { return Ok(node) };
        let keys = merge.expr().iter().map(|key| {
            let expr = layout.moved(&key.expr)?;
            Ok(PhysicalSortExpr { expr, options: key.options })
        });
        let Some(order) = LexOrdering::new(keys.collect::<Result<Vec<_>>>()?) else { return Ok(node) };
        let input = layout.with_texts(Arc::clone(merge.input()))?;
        let merge = SortPreservingMergeExec::new(order, input).with_fetch(merge.fetch());
        return layout.with_ids(Arc::new(merge));
    }
    Ok(node)
}

/// Returns the exchange of rows with texts, distributed by them.
fn distribute_by_texts(exchange: &RepartitionExec, layout: &Layout) -> Result<Plan> {
    let Partitioning::Hash(keys, partitions) = exchange.partitioning() else {
        return Err(refused("a distribution of groups", "its kind is unknown"));
    };
    let mut by_texts: Vec<Arc<dyn PhysicalExpr>> = Vec::new();
    for key in keys {
        match layout.texts_of(key) {
            Some(texts) => by_texts.extend(texts.map(|text| Arc::new(text) as _)),
            None => by_texts.push(layout.moved(key)?),
        }
    }
    let input = layout.with_texts(Arc::clone(exchange.input()))?;
    let texts = RepartitionExec::try_new(input, Partitioning::Hash(by_texts, *partitions))?;
    Ok(Arc::new(if exchange.preserve_order() { texts.with_preserve_order() } else { texts }))
}

/// Returns `aggregate` over `input`, with texts at the place of their ids.
fn group_by_texts(aggregate: &AggregateExec, input: Plan, layout: &Layout) -> Result<Plan> {
    let mut groups: Vec<(Arc<dyn PhysicalExpr>, String)> = Vec::new();
    for (expr, name) in aggregate.group_expr().expr() {
        match layout.texts_of(expr) {
            Some(texts) => groups.extend(texts.map(|text| {
                let name = text.name().to_owned();
                (Arc::new(text) as _, name)
            })),
            None => groups.push((layout.moved(expr)?, name.clone())),
        }
    }
    let aggregate = AggregateExec::try_new(
        *aggregate.mode(),
        PhysicalGroupBy::new_single(groups),
        aggregate.aggr_expr().to_vec(),
        aggregate.filter_expr().to_vec(),
        input,
        aggregate.input_schema(),
    )?
    .with_limit_options(aggregate.limit_options());
    Ok(Arc::new(aggregate))
}

/// Checks that no id leaves its stage, and that the text of each id is read where the id was
/// assigned.
pub(super) fn check(plan: &Plan) -> Result<()> {
    plan.apply(|node| {
        let exchanges = node.is::<RepartitionExec>()
            || node.is::<CoalescePartitionsExec>()
            || node.is::<SortPreservingMergeExec>();
        let schema = node.schema();
        for (index, field) in schema.fields().iter().enumerate().filter(|_| exchanges) {
            let sent = node.children().iter().any(|input| groups_of(input, index, Within::Stage).is_some());
            if sent || field.name().starts_with(GROUP_COLUMN) {
                return Err(refused("grouping by texts", "their ids would be sent"));
            }
        }
        if unknown_texts(node)? {
            return Err(refused("grouping by texts", "their ids come from another stage"));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}
