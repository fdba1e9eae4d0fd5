//! A Parquet file: the answer with its types, for keeping and for other tools.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::error::ReportError;
use crate::writer::AnswerWriter;

/// Rows of a row group at most: about the unit in which other engines share the work among threads.
const ROWS: usize = 1 << 17;
/// Bytes of a row group at most; it is held in memory until it is full.
const BYTES: usize = 64 << 20;
/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

pub(crate) struct ParquetWriter<W: Write + Send>(ArrowWriter<W>);

impl<W: Write + Send> ParquetWriter<W> {
    pub(crate) fn new(schema: SchemaRef, out: W) -> Result<Self, ReportError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
            .set_max_row_group_row_count(Some(ROWS))
            .set_max_row_group_bytes(Some(BYTES))
            .build();
        Ok(Self(ArrowWriter::try_new(out, schema, Some(properties))?))
    }
}

impl<W: Write + Send> AnswerWriter for ParquetWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ReportError> {
        Ok(self.0.write(batch)?)
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        self.0.finish()?;
        Ok(self.0.sync()?)
    }
}
