//! One day's file: Parquet bytes ⇄ calls and coverage.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use bytes::Bytes;
use chrono::NaiveDate;
use object_store::ObjectMeta;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use voxlake_model::schema::{self, ENGAGEMENT_ID, START_TIME};

use crate::conform::{conform, unknown_field};
use crate::footer::{COVERAGE_KEY, coverage_of};
use crate::{Coverage, LakeError};

/// zstd's own default: higher levels cost more time than they save bytes.
const ZSTD_LEVEL: i32 = 3;

/// Where a day's file lies.
#[derive(Clone, Debug)]
pub struct DayFile {
    /// The UTC date of the start of all its calls.
    pub date: NaiveDate,
    /// Path within the lake, size in bytes, time of change.
    pub meta: ObjectMeta,
}

/// What a day's file holds.
#[derive(Clone, Debug)]
pub struct Day {
    /// The day's calls in the lake's schema, sorted by `start_time` and `engagement_id`.
    pub calls: RecordBatch,
    /// Which ranges of the day were fetched, and when.
    pub coverage: Coverage,
}

impl Day {
    /// A day of which nothing is known.
    pub(crate) fn empty() -> Self {
        Self { calls: RecordBatch::new_empty(schema::voice_calls()), coverage: Coverage::default() }
    }

    /// The day as a Parquet file.
    pub(crate) fn encode(&self) -> Result<Bytes, ParquetError> {
        let coverage =
            serde_json::to_string(&self.coverage).map_err(|e| ParquetError::External(Box::new(e)))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
            .set_created_by(concat!("voxlake ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![KeyValue::new(COVERAGE_KEY.to_owned(), coverage)]))
            // Ids hardly repeat within a day: a dictionary would only be built to be thrown away.
            .set_column_dictionary_enabled(ColumnPath::from(ENGAGEMENT_ID), false)
            .set_sorting_columns(Some(self.sorting_columns()?))
            .build();
        let mut file = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut file, self.calls.schema(), Some(properties))?;
        writer.write(&self.calls)?;
        writer.close()?;
        Ok(Bytes::from(file))
    }

    /// The file's order by the number of its Parquet leaves, which nested columns shift.
    fn sorting_columns(&self) -> Result<Vec<SortingColumn>, ParquetError> {
        let schema = self.calls.schema();
        let parquet = parquet::arrow::ArrowSchemaConverter::new().convert(&schema)?;
        [START_TIME, ENGAGEMENT_ID]
            .into_iter()
            .map(|name| {
                let leaf = parquet.columns().iter().position(|column| column.path().string() == name);
                let column_idx = leaf
                    .and_then(|leaf| i32::try_from(leaf).ok())
                    .ok_or_else(|| ParquetError::General(format!("no column {name}")))?;
                Ok(SortingColumn { column_idx, descending: false, nulls_first: false })
            })
            .collect()
    }

    /// Reads a day's file, whole.
    pub(crate) fn decode(path: &str, file: Bytes) -> Result<Self, LakeError> {
        let damaged = |reason: String| LakeError::Damaged { path: path.to_owned(), reason };
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(e.to_string()))?;
        let schema = schema::voice_calls();
        if let Some(column) = unknown_field(builder.schema(), &schema) {
            return Err(LakeError::Newer { path: path.to_owned(), column });
        }
        let coverage = coverage_of(builder.metadata()).map_err(damaged)?;
        let reader = builder.build().map_err(|e| damaged(e.to_string()))?;
        let batches = reader
            .map(|batch| conform(&batch?, &schema))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| damaged(e.to_string()))?;
        Ok(Self { calls: concat_batches(&schema, &batches)?, coverage })
    }
}
