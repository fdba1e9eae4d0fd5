//! The interface of all writers.

use arrow::array::RecordBatch;

use crate::error::ReportError;

/// Writes the result of a query batch by batch.
///
/// [`result_writer`](crate::result_writer) makes one.
pub trait ResultWriter {
    /// Writes a batch of the writer's schema. Formats whose column widths depend on all rows write
    /// at the end.
    ///
    /// # Errors
    /// If the output fails, a value cannot be represented in this format, or a sheet is full.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError>;

    /// Ends the output. It is incomplete without this call, and nothing may be written after it.
    ///
    /// # Errors
    /// As [`ResultWriter::write`].
    fn finish(&mut self) -> Result<(), ReportError>;
}
