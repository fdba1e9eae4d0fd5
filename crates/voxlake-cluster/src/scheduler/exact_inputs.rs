//! Check that each stage of a finished job read the output of each task once.
//!
//! When an executor is lost, Ballista starts a running stage again. The stage after it keeps the
//! output of the tasks that had ended before, and gets it a second time from the new tasks:
//!
//! ```text
//! stage 2, first attempt    task 0 ended ──▶ stage 3
//!                           task 1 was lost
//! stage 2, second attempt   task 0 ended ──▶ stage 3: the rows of task 0 twice
//!                           task 1 ended ──▶ stage 3
//! ```

use std::collections::HashMap;

use ballista_core::serde::protobuf::task_status::Status;
use ballista_core::serde::scheduler::PartitionLocation;
use ballista_scheduler::state::execution_graph::ExecutionGraphBox;
use ballista_scheduler::state::execution_stage::{ExecutionStage, SuccessfulStage};

/// Output of a task: its number, its executor, and the partition and file that it wrote.
type Output<'a> = (usize, &'a str, u64, Option<u64>);

/// Returns whether the inputs of all stages and the result are the output of successful tasks, each
/// once.
pub(super) fn are_exact(graph: &ExecutionGraphBox) -> bool {
    reads_are_exact(graph.stages(), &graph.output_locations())
}

/// As [`are_exact`], for the stages of a job and the locations of its result.
fn reads_are_exact(stages: &HashMap<usize, ExecutionStage>, results: &[PartitionLocation]) -> bool {
    stages.iter().all(|(stage_id, stage)| {
        let ExecutionStage::Successful(stage) = stage else { return false };
        let written = written(stage);
        if stage.output_links.is_empty() {
            return read(results) == written;
        }
        stage.output_links.iter().all(|next| match stages.get(next) {
            Some(ExecutionStage::Successful(next)) => next
                .inputs
                .get(stage_id)
                .is_some_and(|input| read(input.partition_locations.values().flatten()) == written),
            _ => false,
        })
    })
}

/// Outputs of the successful tasks of a stage, in order.
fn written(stage: &SuccessfulStage) -> Vec<Output<'_>> {
    let mut outputs = Vec::new();
    for (number, task) in stage.task_infos.iter().enumerate() {
        if let Status::Successful(task) = &task.task_status {
            let executor = task.executor_id.as_str();
            let partitions = task.partitions.iter();
            outputs.extend(partitions.map(|part| (number, executor, part.partition_id, part.file_id)));
        }
    }
    outputs.sort_unstable();
    outputs
}

/// Outputs that a stage or a client reads, in order.
fn read<'a>(locations: impl IntoIterator<Item = &'a PartitionLocation>) -> Vec<Output<'a>> {
    let output = |location: &'a PartitionLocation| {
        let partition = location.partition_id.partition_id as u64;
        (location.map_partition_id, location.executor_meta.id.as_str(), partition, location.file_id)
    };
    let mut outputs: Vec<_> = locations.into_iter().map(output).collect();
    outputs.sort_unstable();
    outputs
}

#[cfg(test)]
mod tests;
