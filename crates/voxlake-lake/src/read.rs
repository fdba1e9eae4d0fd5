//! Reader of a day file.

use std::collections::HashSet;
use std::fs::File;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{Schema, SchemaRef};
use chrono::NaiveDate;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use voxlake_model::schema::{self, ENGAGEMENT_ID, START_TIME};

use crate::calls::Keys;
use crate::column_layout::ColumnLayout;
use crate::file_checksums::check_file;
use crate::footer::{
    check_columns, check_date, coverage_of, group_starts, is_marked_sorted, is_own, start_range,
};
use crate::schema_evolution::{conform, unknown_field};
use crate::{Coverage, Day, LakeError, TimeRange};

/// Calls per batch when a file is read completely.
pub(crate) const READ_BATCH_ROWS: usize = 8192;

/// An open day file.
pub(crate) struct DayReader {
    path: String,
    file: File,
    metadata: ArrowReaderMetadata,
    coverage: Coverage,
}

impl DayReader {
    /// Reads the footer of a day file. `path` is its path within the lake, for errors.
    ///
    /// # Errors
    /// [`LakeError::Damaged`]; [`LakeError::NewerSchema`] if it has unknown columns.
    pub(crate) fn open(path: &str, file: File) -> Result<Self, LakeError> {
        let damaged = |reason: String| LakeError::Damaged { path: path.to_owned(), reason };
        // The Arrow schema is skipped: its decoder panics on a damaged one, and the Parquet types
        // suffice.
        let options = ArrowReaderOptions::new()
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load(&file, options).map_err(|e| damaged(e.to_string()))?;
        check_columns(metadata.metadata()).map_err(damaged)?;
        if let Some(column) = unknown_field(metadata.schema(), &schema::voice_calls()) {
            return Err(LakeError::NewerSchema { path: path.to_owned(), column });
        }
        let coverage = coverage_of(metadata.metadata()).map_err(damaged)?;
        Ok(Self { path: path.to_owned(), file, metadata, coverage })
    }

    /// Checks all bytes of the file against its checksums.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] if a byte has changed.
    pub(crate) fn verify_checksums(self) -> Result<Self, LakeError> {
        match check_file(&self.file, self.metadata()) {
            Ok(()) => Ok(self),
            Err(reason) => Err(LakeError::Damaged { path: self.path, reason }),
        }
    }

    pub(crate) fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Checks that the footer is of `date`.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] if it is of another day.
    pub(crate) fn verify_date(self, date: NaiveDate) -> Result<Self, LakeError> {
        let (first_start, last_start) = start_range(self.metadata()).unzip();
        match check_date(&self.coverage, first_start, last_start, date) {
            Ok(()) => Ok(self),
            Err(reason) => Err(LakeError::Damaged { path: self.path, reason }),
        }
    }

    /// Layout of the file's columns.
    pub(crate) fn layout(&self) -> ColumnLayout {
        ColumnLayout::of(self.metadata().file_metadata().schema_descr())
    }

    pub(crate) fn has_calls(&self) -> bool {
        self.metadata().file_metadata().num_rows() > 0
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) fn metadata(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// First and last `start_time` (ms) of each row group, if this crate wrote the file with
    /// today's columns, its groups are sorted, and they follow each other. Otherwise `None` for
    /// each.
    pub(crate) fn ordered_group_ranges(&self) -> Vec<Option<(i64, i64)>> {
        let metadata = self.metadata();
        let own = || {
            let file = metadata.file_metadata();
            let ours = is_own(file)
                && self.layout() == ColumnLayout::Current
                && metadata.row_groups().iter().all(is_marked_sorted);
            let starts = if ours { group_starts(metadata)? } else { return None };
            starts.is_sorted_by(|before, after| before.1 <= after.0).then_some(starts)
        };
        own().map_or_else(
            || vec![None; metadata.num_row_groups()],
            |starts| starts.into_iter().map(Some).collect(),
        )
    }

    /// Decodes row groups in today's columns, `rows` calls per batch.
    pub(crate) fn batches(
        &self,
        groups: Vec<usize>,
        rows: usize,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, LakeError>> + '_, LakeError> {
        self.decode(groups, rows, ProjectionMask::all(), schema::voice_calls())
    }

    /// Returns whether the keys of these row groups ascend strictly.
    pub(crate) fn is_ascending(&self, groups: Vec<usize>) -> Result<bool, LakeError> {
        let mut last: Option<(i64, String)> = None;
        for batch in self.keys(groups)? {
            let batch = batch?;
            let keys = Keys::new(&batch);
            if !keys.ascend_from(last.as_ref().map(|(start, id)| (*start, id.as_str()))) {
                return Ok(false);
            }
            last = keys.last().map(|(start, id)| (start, id.to_owned())).or(last);
        }
        Ok(true)
    }

    /// Counts calls beyond the first of each key, in any order.
    pub(crate) fn count_duplicates(&self) -> Result<u64, LakeError> {
        let (mut keys, mut repeated) = (HashSet::new(), 0);
        for batch in self.keys(self.all_groups())? {
            let batch = batch?;
            let batch = Keys::new(&batch);
            for (start, id) in (0..batch.len()).map(|row| batch.get(row)) {
                repeated += u64::from(!keys.insert((start, id.to_owned())));
            }
        }
        Ok(repeated)
    }

    /// Counts the calls that started in `range`.
    pub(crate) fn count_calls_within(&self, range: TimeRange) -> Result<u64, LakeError> {
        let within = range.from.timestamp_millis()..range.to.timestamp_millis();
        let mut count = 0;
        for batch in self.keys(self.all_groups())? {
            let batch = batch?;
            let keys = Keys::new(&batch);
            count += (0..keys.len()).filter(|row| within.contains(&keys.get(*row).0)).count() as u64;
        }
        Ok(count)
    }

    pub(crate) fn all_groups(&self) -> Vec<usize> {
        (0..self.metadata().num_row_groups()).collect()
    }

    /// Reads the whole day.
    pub(crate) fn day(&self) -> Result<Day, LakeError> {
        let batches = self.batches(self.all_groups(), READ_BATCH_ROWS)?.collect::<Result<Vec<_>, _>>()?;
        let calls = concat_batches(&schema::voice_calls(), &batches)?;
        Ok(Day { calls, coverage: self.coverage.clone() })
    }

    /// Decodes only the key columns.
    pub(crate) fn keys(
        &self,
        groups: Vec<usize>,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, LakeError>> + '_, LakeError> {
        let whole = schema::voice_calls();
        let names = [START_TIME, ENGAGEMENT_ID];
        let fields = names.iter().filter_map(|name| Some(Arc::clone(whole.fields().find(name)?.1)));
        let keys = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let mask = ProjectionMask::columns(self.metadata.parquet_schema(), names);
        self.decode(groups, READ_BATCH_ROWS, mask, keys)
    }

    fn decode(
        &self,
        groups: Vec<usize>,
        rows: usize,
        mask: ProjectionMask,
        schema: SchemaRef,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, LakeError>> + '_, LakeError> {
        let damaged = |e: ParquetError| LakeError::Damaged { path: self.path.clone(), reason: e.to_string() };
        let file = self.file.try_clone().map_err(|e| damaged(e.into()))?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_row_groups(groups)
            .with_batch_size(rows)
            .with_projection(mask)
            .build()
            .map_err(damaged)?;
        Ok(reader.map(move |batch| {
            batch.and_then(|batch| conform(&batch, &schema)).map_err(|e| damaged(e.into()))
        }))
    }
}
