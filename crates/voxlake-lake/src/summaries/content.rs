//! Content of a summary, decoded column by column on request.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

/// Verified bytes of a summary, decoded on request.
#[derive(Clone, Debug)]
pub struct SummaryContent {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
}

impl SummaryContent {
    pub(super) fn decode(bytes: Bytes) -> Result<Self, ParquetError> {
        let metadata = ArrowReaderMetadata::load(&bytes, <_>::default())?;
        Ok(Self { bytes, metadata })
    }

    /// Schema of the summary.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// Number of rows.
    #[must_use]
    pub fn num_rows(&self) -> usize {
        usize::try_from(self.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// Decodes the given columns in the given order, in batches of at most `batch_rows` rows.
    ///
    /// # Errors
    /// If a column does not exist or the bytes cannot be decoded.
    pub fn batches(
        &self,
        columns: &[usize],
        batch_rows: usize,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + use<>, ArrowError> {
        // A projection yields columns in the order of the file, each once.
        let (mut sorted, count) = (columns.to_vec(), self.schema().fields().len());
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.last().is_some_and(|last| *last >= count) {
            return Err(ArrowError::SchemaError(format!(
                "cannot read the columns {sorted:?} of a summary with {count} columns"
            )));
        }
        let order: Vec<_> = columns.iter().filter_map(|column| sorted.binary_search(column).ok()).collect();
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), sorted);
        let reader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), self.metadata.clone())
                .with_projection(mask)
                .with_batch_size(batch_rows.max(1))
                .build()?;
        Ok(reader.map(move |batch| batch?.project(&order)))
    }

    /// Decodes all rows of the given columns.
    ///
    /// # Errors
    /// As [`Self::batches`].
    pub fn rows(&self, columns: &[usize]) -> Result<RecordBatch, ArrowError> {
        let batches = self.batches(columns, self.num_rows())?.collect::<Result<Vec<_>, _>>()?;
        match &batches[..] {
            [all] => Ok(all.clone()),
            _ => concat_batches(&self.schema().project(columns)?.into(), &batches),
        }
    }
}
