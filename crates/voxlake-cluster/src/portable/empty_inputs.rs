//! Inputs without a table.
//!
//! Ballista cuts the leaves of a stage down to the partitions of each task. The encoding of
//! `EmptyExec` and `PlaceholderRowExec` lacks their number of partitions, so that a branch of a
//! union that a task does not own gets one partition again: jobs hang or return extra rows.
//!
//! ```text
//! UnionExec                               UnionExec
//!   PlaceholderRowExec              =>      DataSourceExec: partitions=1   one row
//!   EmptyExec                               DataSourceExec: partitions=1   no row
//! ```

use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions, new_null_array};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlanProperties as _;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;

use super::part::Plan;

/// Replaces an input without a table by a scan in memory.
pub(super) fn replace(node: Plan) -> Result<Plan> {
    let schema = nullable(&node.schema());
    let rows = match (node.is::<EmptyExec>(), node.is::<PlaceholderRowExec>()) {
        (true, _) => Vec::new(),
        (_, true) => {
            let columns = schema.fields().iter().map(|field| new_null_array(field.data_type(), 1)).collect();
            let one = RecordBatchOptions::new().with_row_count(Some(1));
            vec![RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &one)?]
        }
        (false, false) => return Ok(node),
    };
    let partitions = vec![rows; node.output_partitioning().partition_count()];
    let scan = MemorySourceConfig::try_new(&partitions, schema, None)?;
    Ok(DataSourceExec::from_data_source(scan) as Arc<_>)
}

/// Returns `schema` with nullable columns. The row of a statement without a table has a NULL even
/// for a count that was computed from statistics.
fn nullable(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| Field::clone(field).with_nullable(true));
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
}
