//! What a summary holds: its columns, decoded when they are asked for.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

/// A summary that was read, and not yet decoded. Its bytes are those that were written.
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

    /// Its columns.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// How many rows it has.
    #[must_use]
    pub fn num_rows(&self) -> usize {
        usize::try_from(self.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// Its rows in these columns, by their places, in the order of `columns`: batches of at most
    /// `size` rows.
    ///
    /// # Errors
    /// Where it has no such columns, or is not the Parquet that it was written as.
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
                "a summary of {count} columns has none of {read:?}"
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

    /// All its rows in these columns.
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
