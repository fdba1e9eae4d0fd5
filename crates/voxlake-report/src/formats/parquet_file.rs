//! Parquet file with the types of the result.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::error::ReportError;
use crate::result_writer::ResultWriter;

/// Maximum rows of a row group. Other engines share work among threads by row groups of about this
/// size.
const MAX_ROW_GROUP_ROWS: usize = 1 << 17;
/// Maximum bytes of a row group, which is buffered in memory.
const MAX_ROW_GROUP_BYTES: usize = 64 << 20;
/// Default of zstd.
const ZSTD_LEVEL: i32 = 3;

pub(crate) struct ParquetWriter<W: Write + Send>(ArrowWriter<W>);

impl<W: Write + Send> ParquetWriter<W> {
    pub(crate) fn new(schema: SchemaRef, out: W) -> Result<Self, ReportError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
            .set_max_row_group_row_count(Some(MAX_ROW_GROUP_ROWS))
            .set_max_row_group_bytes(Some(MAX_ROW_GROUP_BYTES))
            .build();
        Ok(Self(ArrowWriter::try_new(out, schema, Some(properties))?))
    }
}

impl<W: Write + Send> ResultWriter for ParquetWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        Ok(self.0.write(batch)?)
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        self.0.finish()?;
        Ok(self.0.sync()?)
    }
}
