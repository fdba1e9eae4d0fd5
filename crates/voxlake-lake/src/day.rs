//! One day's file: Parquet bytes ⇄ calls and coverage.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use bytes::Bytes;
use chrono::NaiveDate;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    KeyValue, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData, SortingColumn,
};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use voxlake_model::schema::{self, ENGAGEMENT_ID, START_TIME};

use crate::conform::{conform, unknown_field};
use crate::error::Naming as _;
use crate::{Coverage, LakeError};

/// Key of the coverage among a file's key-value metadata; its value is the JSON of [`Coverage`].
const COVERAGE_KEY: &str = "voxlake.coverage";
/// zstd's own default: higher levels cost more time than they save bytes.
const ZSTD_LEVEL: i32 = 3;
/// Bytes at a file's end to read at first: the footers of most days fit, so one request will do.
const FOOTER_GUESS: u64 = 64 * 1024;

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

/// Reads a day file's footer and the coverage in it, and checks that the file is as long as its
/// footer says.
pub(crate) async fn read_footer(store: &Arc<dyn ObjectStore>, day: &DayFile) -> Result<Coverage, LakeError> {
    let path = day.meta.location.as_ref();
    let damaged = |reason: String| LakeError::Damaged { path: path.to_owned(), reason };
    if day.meta.size == 0 {
        return Err(damaged("the file is empty".to_owned()));
    }
    let metadata = footer(&**store, day).await?;
    let ends = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns).map(|column| {
        let (start, length) = column.byte_range();
        start.saturating_add(length)
    });
    if ends.max().is_some_and(|end| end > day.meta.size) {
        return Err(damaged("the file is shorter than its footer says".to_owned()));
    }
    coverage_of(&metadata).map_err(damaged)
}

async fn footer(store: &dyn ObjectStore, day: &DayFile) -> Result<ParquetMetaData, LakeError> {
    let path = day.meta.location.as_ref();
    let mut wanted = FOOTER_GUESS;
    loop {
        let start = day.meta.size.saturating_sub(wanted);
        let tail = store.get_range(&day.meta.location, start..day.meta.size).await.naming("read", path)?;
        let mut reader = ParquetMetaDataReader::new();
        match reader.try_parse_sized(&tail, day.meta.size) {
            Ok(()) => {}
            // A footer that is said to be longer than the file is no reason to read on.
            Err(ParquetError::NeedMoreData(needed)) if start > 0 => {
                wanted = wanted.saturating_mul(2).max(needed as u64);
                continue;
            }
            Err(error) => {
                return Err(LakeError::Damaged { path: path.to_owned(), reason: error.to_string() });
            }
        }
        return reader
            .finish()
            .map_err(|error| LakeError::Damaged { path: path.to_owned(), reason: error.to_string() });
    }
}

/// The coverage in a footer; a file without one was written by others and covers nothing.
fn coverage_of(metadata: &ParquetMetaData) -> Result<Coverage, String> {
    let value = metadata
        .file_metadata()
        .key_value_metadata()
        .and_then(|pairs| pairs.iter().find(|pair| pair.key == COVERAGE_KEY))
        .and_then(|pair| pair.value.as_deref());
    value.map_or_else(
        || Ok(Coverage::default()),
        |json| serde_json::from_str(json).map_err(|e| format!("its coverage cannot be read: {e}")),
    )
}
