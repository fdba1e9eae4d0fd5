//! Rows of a result in a format for machines.

use arrow::array::RecordBatch;

use crate::content::SectionResult;
use crate::error::ReportError;
use crate::format::Format;
use crate::formats::result_writer;
use crate::options::WriterOptions;

/// Writes all rows and columns of a result, as `voxlake query` does.
pub(super) fn write_rows(result: &SectionResult, format: Format) -> Result<Vec<u8>, ReportError> {
    write_batch(&result.rows, format)
}

pub(super) fn write_batch(batch: &RecordBatch, format: Format) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    let mut out = result_writer(format, batch.schema(), &WriterOptions::default(), &mut bytes)?;
    out.write(batch)?;
    out.finish()?;
    drop(out);
    Ok(bytes)
}
