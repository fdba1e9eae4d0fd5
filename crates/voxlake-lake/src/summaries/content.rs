//! Content of a summary, decoded column by column on request.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

/// The verified bytes of a summary.
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

    /// Decodes the given columns, in the order of `columns`, in batches of at most `size` rows.
    ///
    /// # Errors
    /// If a column does not exist or the bytes cannot be decoded.
    pub fn batches(
        &self,
        columns: &[usize],
        size: usize,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + use<>, ArrowError> {
        let (mut read, count) = (columns.to_vec(), self.schema().fields().len());
        read.sort_unstable();
        read.dedup();
        if read.last().is_some_and(|last| *last >= count) {
            return Err(ArrowError::SchemaError(format!(
                "a summary of {count} columns has no columns {read:?}"
            )));
        }
        let order: Vec<_> = columns.iter().filter_map(|column| read.binary_search(column).ok()).collect();
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), read);
        let reader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), self.metadata.clone())
                .with_projection(mask)
                .with_batch_size(size.max(1))
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
