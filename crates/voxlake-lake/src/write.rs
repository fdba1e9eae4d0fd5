//! Writer of a day file. Columns of a batch are encoded in parallel; row groups of another file can
//! be copied byte by byte.

use std::fs::File;
use std::io::{Seek, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use parquet::arrow::arrow_writer::{
    ArrowColumnWriter, ArrowLeafColumn, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::writer::SerializedFileWriter;
use rayon::iter::{
    IndexedParallelIterator as _, IntoParallelIterator as _, IntoParallelRefMutIterator as _,
    ParallelIterator as _,
};
use voxlake_model::schema;

use crate::Coverage;
use crate::column_layout::parquet_schema;
use crate::encoding::writer_properties;
use crate::file_checksums::ChecksumWriter;
use crate::footer::COVERAGE_KEY;

/// Writes the calls of one day. The caller passes them in the order of the day.
pub(crate) struct DayWriter<W: Write + Seek + Send> {
    file: SerializedFileWriter<ChecksumWriter<W>>,
    columns: ArrowRowGroupWriterFactory,
    /// Maximum calls of a row group.
    group_rows: usize,
    /// Row group in progress, compressed except for the last page of each column, and its number of
    /// calls.
    group: Vec<ArrowColumnWriter>,
    in_group: usize,
    groups: usize,
    calls: usize,
}

impl<W: Write + Seek + Send> DayWriter<W> {
    pub(crate) fn new(file: W, group_rows: usize) -> Result<Self, ParquetError> {
        let schema = schema::voice_calls();
        let parquet = parquet_schema()?;
        let properties = writer_properties(&schema, parquet)?;
        let file = SerializedFileWriter::new(
            ChecksumWriter::new(file),
            parquet.root_schema_ptr(),
            Arc::new(properties),
        )?;
        let columns = ArrowRowGroupWriterFactory::new(&file, schema);
        let group_rows = group_rows.max(1);
        Ok(Self { file, columns, group_rows, group: Vec::new(), in_group: 0, groups: 0, calls: 0 })
    }

    /// Calls written so far.
    pub(crate) fn calls(&self) -> usize {
        self.calls
    }

    /// Writes calls of the lake's schema.
    pub(crate) fn write(&mut self, calls: &RecordBatch) -> Result<(), ParquetError> {
        let mut from = 0;
        while from < calls.num_rows() {
            let rows = (calls.num_rows() - from).min(self.group_rows - self.in_group);
            self.encode(&calls.slice(from, rows))?;
            from += rows;
            if self.in_group == self.group_rows {
                self.end_group()?;
            }
        }
        Ok(())
    }

    fn encode(&mut self, calls: &RecordBatch) -> Result<(), ParquetError> {
        if self.group.is_empty() {
            self.group = self.columns.create_column_writers(self.groups)?;
        }
        let schema = calls.schema_ref();
        let columns = schema.fields().iter().zip(calls.columns());
        let leaves =
            columns.map(|(field, column)| compute_leaves(field, column)).collect::<Result<Vec<_>, _>>()?;
        let leaves: Vec<ArrowLeafColumn> = leaves.into_iter().flatten().collect();
        if leaves.len() != self.group.len() {
            return Err(ParquetError::General("the columns are not those of the file".into()));
        }
        self.group.par_iter_mut().zip(leaves).try_for_each(|(writer, leaf)| writer.write(&leaf))?;
        self.in_group += calls.num_rows();
        self.calls += calls.num_rows();
        Ok(())
    }

    fn end_group(&mut self) -> Result<(), ParquetError> {
        if self.in_group == 0 {
            return Ok(());
        }
        let columns = std::mem::take(&mut self.group).into_par_iter().map(ArrowColumnWriter::close);
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let mut group = self.file.next_row_group()?;
        for column in columns {
            column.append_to_row_group(&mut group)?;
        }
        group.close()?;
        self.groups += 1;
        self.in_group = 0;
        Ok(())
    }

    /// Copies a row group of another file with the same schema byte by byte.
    pub(crate) fn copy_row_group(
        &mut self,
        from: &File,
        metadata: &ParquetMetaData,
        index: usize,
    ) -> Result<(), ParquetError> {
        self.end_group()?;
        let passed = metadata.row_group(index);
        let rows = u64::try_from(passed.num_rows()).unwrap_or(0);
        let columns = metadata.column_index().and_then(|groups| groups.get(index));
        let offsets = metadata.offset_index().and_then(|groups| groups.get(index));
        let mut group = self.file.next_row_group()?;
        for (at, chunk) in passed.columns().iter().enumerate() {
            let column_index = columns.and_then(|columns| columns.get(at)).cloned();
            let close = ColumnCloseResult {
                bytes_written: u64::try_from(chunk.compressed_size()).unwrap_or(0),
                rows_written: rows,
                metadata: chunk.clone(),
                // A filter that cannot be read is dropped: it is optional.
                bloom_filter: Sbbf::read_from_column_chunk(chunk, from).unwrap_or(None),
                column_index: column_index.filter(|index| !matches!(index, ColumnIndexMetaData::NONE)),
                offset_index: offsets.and_then(|columns| columns.get(at)).cloned(),
            };
            group.append_column(from, close)?;
        }
        group.close()?;
        self.groups += 1;
        self.calls += usize::try_from(rows).unwrap_or(usize::MAX);
        Ok(())
    }

    /// Adds entries to the metadata of the file.
    pub(crate) fn append_metadata(&mut self, entries: Vec<KeyValue>) {
        entries.into_iter().for_each(|entry| self.file.append_key_value_metadata(entry));
    }

    /// Writes the footer, with the day's coverage and the checksums of the file.
    pub(crate) fn finish(mut self, coverage: &Coverage) -> Result<(), ParquetError> {
        self.end_group()?;
        let coverage = serde_json::to_string(coverage).map_err(|e| ParquetError::External(Box::new(e)))?;
        self.file.append_key_value_metadata(KeyValue::new(COVERAGE_KEY.to_owned(), coverage));
        ChecksumWriter::finish(self.file)
    }
}
