//! Scans in memory.
//!
//! When Ballista cuts a scan in memory down to the partitions of a task, it keeps the rows and the
//! projection only. A limit that was pushed into the scan would be lost, and an order that the scan
//! declares as well.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;

use super::part::{Plan, refused};

/// Maximum size of the rows that are sent with a plan. A message of the cluster has 16 MiB.
const MAX_BYTES: usize = 4 << 20;

/// Returns the configuration of a scan in memory; `None` for other nodes.
pub(super) fn memory_scan(node: &Plan) -> Option<&MemorySourceConfig> {
    node.downcast_ref::<DataSourceExec>()?.data_source().downcast_ref::<MemorySourceConfig>()
}

/// Applies the limit and the projection of a scan in memory to its rows.
pub(super) fn plain(node: Plan) -> Result<Plan> {
    let Some(scan) = memory_scan(&node) else { return Ok(node) };
    let rows = scan.partitions().iter().map(|partition| {
        let mut left = node.fetch();
        partition.iter().map(|batch| take_rows(batch, &mut left, scan.projection().as_ref())).collect()
    });
    let rows = rows.collect::<Result<Vec<Vec<RecordBatch>>>>()?;
    let bytes: usize = rows.iter().flatten().map(RecordBatch::get_array_memory_size).sum();
    if bytes > MAX_BYTES {
        return Err(refused("a table in memory", format!("it has more than {MAX_BYTES} bytes")));
    }
    let scan = MemorySourceConfig::try_new(&rows, node.schema(), None)?;
    Ok(DataSourceExec::from_data_source(scan) as Arc<_>)
}

/// Returns the first rows of `batch`, up to those that are `left` of a limit.
fn take_rows(
    batch: &RecordBatch,
    left: &mut Option<usize>,
    projection: Option<&Vec<usize>>,
) -> Result<RecordBatch> {
    let rows = left.map_or(batch.num_rows(), |left| left.min(batch.num_rows()));
    *left = left.map(|left| left - rows);
    let batch = batch.slice(0, rows);
    Ok(match projection {
        Some(columns) => batch.project(columns)?,
        None => batch,
    })
}
