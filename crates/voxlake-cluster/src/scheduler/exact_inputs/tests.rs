//! Jobs of two stages, whose second stage reads the output of the first one.

use std::sync::Arc;

use ballista_core::JobId;
use ballista_core::serde::protobuf::{FailedTask, ShuffleWritePartition, SuccessfulTask};
use ballista_core::serde::scheduler::{
    ExecutorMetadata, ExecutorOperatingSystemSpecification, ExecutorSpecification, PartitionId,
    PartitionStats,
};
use ballista_scheduler::state::execution_stage::{StageOutput, TaskInfo};
use datafusion::arrow::datatypes::Schema;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::prelude::SessionConfig;

use super::*;

/// A task that wrote the partition of its number on `executor`.
fn ended(number: usize, executor: &str) -> TaskInfo {
    let partition = ShuffleWritePartition {
        partition_id: number as u64,
        file_id: Some(number as u64),
        ..ShuffleWritePartition::default()
    };
    let partitions = vec![partition];
    task(
        number,
        Status::Successful(SuccessfulTask {
            executor_id: executor.to_owned(),
            partitions,
            ..SuccessfulTask::default()
        }),
    )
}

fn task(number: usize, task_status: Status) -> TaskInfo {
    TaskInfo {
        task_id: number,
        scheduled_time: 0,
        launch_time: 0,
        start_exec_time: 0,
        end_exec_time: 0,
        finish_time: 0,
        task_status,
        global_input_partition_ids: vec![number],
        vcores_consumed: 1,
    }
}

/// Location of the output of the task `number`.
fn location(stage_id: usize, number: usize, executor: &str) -> PartitionLocation {
    PartitionLocation {
        map_partition_id: number,
        partition_id: PartitionId { job_id: JobId::from("job"), stage_id, partition_id: number },
        executor_meta: ExecutorMetadata {
            id: executor.to_owned(),
            host: String::new(),
            port: 0,
            grpc_port: 0,
            specification: ExecutorSpecification::default(),
            os_info: ExecutorOperatingSystemSpecification::default(),
        },
        partition_stats: PartitionStats::default(),
        file_id: Some(number as u64),
        is_sort_shuffle: false,
    }
}

fn stage(
    stage_id: usize,
    next: Option<usize>,
    inputs: HashMap<usize, StageOutput>,
    task_infos: Vec<TaskInfo>,
) -> ExecutionStage {
    ExecutionStage::Successful(SuccessfulStage {
        stage_id,
        stage_attempt_num: 0,
        partitions: task_infos.len(),
        output_links: next.into_iter().collect(),
        inputs,
        plan: Arc::new(EmptyExec::new(Arc::new(Schema::empty()))),
        task_infos,
        stage_metrics: Vec::new(),
        session_config: Arc::new(SessionConfig::new()),
        output_column_stats: Vec::new(),
    })
}

/// Runs a job whose first stage has these tasks, and whose second stage reads `read`.
fn is_exact(tasks: Vec<TaskInfo>, read: Vec<PartitionLocation>) -> bool {
    let mut input = StageOutput::new();
    input.partition_locations.insert(0, read);
    let stages = [
        (1, stage(1, Some(2), HashMap::new(), tasks)),
        (2, stage(2, None, [(1, input)].into(), vec![ended(0, "a")])),
    ];
    reads_are_exact(&stages.into(), &[location(2, 0, "a")])
}

#[test]
fn each_output_is_read_once() {
    let tasks = || vec![ended(0, "a"), ended(1, "b")];
    assert!(is_exact(tasks(), vec![location(1, 1, "b"), location(1, 0, "a")]));
    assert!(!is_exact(tasks(), vec![location(1, 0, "a")]), "an output is missing");
    let twice = vec![location(1, 0, "a"), location(1, 0, "a"), location(1, 1, "b")];
    assert!(!is_exact(tasks(), twice), "an output is read twice");
    let elsewhere = vec![location(1, 0, "a"), location(1, 1, "a")];
    assert!(!is_exact(tasks(), elsewhere), "an output was written by another executor");
}

#[test]
fn outputs_of_failed_tasks_are_not_read() {
    let failed = || task(0, Status::Failed(FailedTask::default()));
    let tasks = || vec![failed(), ended(1, "b"), ended(2, "b")];
    assert!(is_exact(tasks(), vec![location(1, 1, "b"), location(1, 2, "b")]));
    let read = vec![location(1, 0, "a"), location(1, 1, "b"), location(1, 2, "b")];
    assert!(!is_exact(tasks(), read), "the output of a lost task is read");
}

#[test]
fn results_are_compared_too() {
    let stages = [(1, stage(1, None, HashMap::new(), vec![ended(0, "a")]))].into();
    assert!(reads_are_exact(&stages, &[location(1, 0, "a")]));
    assert!(!reads_are_exact(&stages, &[location(1, 0, "a"), location(1, 0, "a")]));
    assert!(!reads_are_exact(&stages, &[]));
}

#[test]
fn unread_stages_are_not_exact() {
    let stages = [(1, stage(1, Some(2), HashMap::new(), vec![ended(0, "a")]))].into();
    assert!(!reads_are_exact(&stages, &[location(1, 0, "a")]));
}
