//! The writer of an answer.

use arrow::array::RecordBatch;

use crate::error::ReportError;

/// Takes an answer batch by batch.
pub trait AnswerWriter {
    /// Writes a batch of the writer's schema, now or, where widths depend on all of it, at the end.
    ///
    /// # Errors
    /// Where the output takes no more, a value has no form in this format, or a sheet has no more rows.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError>;

    /// Ends the output. Nothing may be written after; an output that was not ended is not whole.
    ///
    /// # Errors
    /// As [`AnswerWriter::write`].
    fn finish(&mut self) -> Result<(), ReportError>;
}
