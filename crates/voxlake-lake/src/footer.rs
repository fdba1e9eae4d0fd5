//! Footers of day files.

use std::collections::BTreeMap;
use std::ops::Range;

use arrow::array::{Array as _, ArrayRef, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimestampMillisecondType};
use chrono::{DateTime, NaiveDate, Utc};
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::{ARROW_SCHEMA_META_KEY, parquet_to_arrow_schema};
use parquet::file::metadata::{FileMetaData, KeyValue, ParquetMetaData, RowGroupMetaData};
use serde::{Deserialize, Serialize};
use voxlake_model::schema::{self, ENGAGEMENT_ID, START_TIME};

use crate::column_layout::ColumnLayout;
use crate::day::DayFile;
use crate::encoding::{BLOOM_FILTERED_COLUMNS, CREATED_BY};
use crate::file_checksums::{BLOCKS_KEY, REST_KEY};
use crate::{Coverage, TimeRange};

/// Metadata key of the coverage. Its value is the JSON of [`Coverage`].
pub(crate) const COVERAGE_KEY: &str = "voxlake.coverage";

/// Content of a day file's footer. See [`Lake::footer`](crate::Lake::footer).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayFooter {
    /// Calls in the file.
    pub rows: u64,
    /// Fetched ranges of the day. Empty for a file of another program.
    pub coverage: Coverage,
    /// Earliest `start_time`, from column statistics. `None` if the file is empty or a row group
    /// has no statistics.
    pub first_start: Option<DateTime<Utc>>,
    /// Latest `start_time`. `None` as for [`first_start`](Self::first_start).
    pub last_start: Option<DateTime<Utc>>,
    /// True if all row groups are marked as sorted by `start_time` and `engagement_id`, as those of
    /// this crate are. True for a file without row groups.
    pub sorted: bool,
    /// Layout of the file's columns.
    pub layout: ColumnLayout,
    /// Byte ranges of the Bloom filters by column, one range per row group. Columns with a row
    /// group without a filter are missing, and so are all columns of a file of another program.
    pub(crate) filters: BTreeMap<String, Vec<Range<u64>>>,
}

impl DayFooter {
    /// Total bytes of the Bloom filters of a column; 0 if it has none.
    #[must_use]
    pub fn filter_bytes(&self, column: &str) -> u64 {
        self.filters
            .get(column)
            .into_iter()
            .flatten()
            .map(|range| range.end.saturating_sub(range.start))
            .sum()
    }

    /// Row groups with Bloom filters; 0 for a file without usable filters.
    #[must_use]
    pub fn filtered_row_groups(&self) -> usize {
        self.filters.values().map(Vec::len).max().unwrap_or(0)
    }
}

/// Checks that a file is as long as its footer says, and is of its day.
pub(crate) fn check_footer(metadata: &ParquetMetaData, day: &DayFile) -> Result<DayFooter, String> {
    let ends = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns).map(|column| {
        let (start, length) = column.byte_range();
        start.saturating_add(length)
    });
    if ends.max().is_some_and(|end| end > day.meta.size) {
        return Err("the file is shorter than its footer says".to_owned());
    }
    check_columns(metadata)?;
    let (first_start, last_start) = start_range(metadata).unzip();
    let coverage = coverage_of(metadata)?;
    check_date(&coverage, first_start, last_start, day.date)?;
    Ok(DayFooter {
        rows: metadata.row_groups().iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).sum(),
        coverage,
        first_start,
        last_start,
        sorted: metadata.row_groups().iter().all(is_marked_sorted),
        layout: ColumnLayout::of(metadata.file_metadata().schema_descr()),
        filters: BLOOM_FILTERED_COLUMNS
            .into_iter()
            .filter_map(|column| Some((column.to_owned(), filter_ranges(metadata, column)?)))
            .collect(),
    })
}

/// Returns the byte range of the Bloom filter in each row group. `None` if one has no filter, or if
/// another program wrote the file, whose filters may be of another kind.
fn filter_ranges(metadata: &ParquetMetaData, column: &str) -> Option<Vec<Range<u64>>> {
    if !is_own(metadata.file_metadata()) {
        return None;
    }
    let groups = metadata.row_groups().iter().map(|group| {
        let chunk = group.columns().iter().find(|chunk| chunk.column_path().string() == column)?;
        let start = u64::try_from(chunk.bloom_filter_offset()?).ok()?;
        Some(start..start.checked_add(u64::try_from(chunk.bloom_filter_length()?).ok()?)?)
    });
    groups.collect()
}

/// Returns the coverage in a footer. A file of another program has none and covers nothing.
pub(crate) fn coverage_of(metadata: &ParquetMetaData) -> Result<Coverage, String> {
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

/// Returns the metadata entries of a file that a rewrite keeps. Those of other programs are
/// dropped: they may describe the columns of the old file.
pub(crate) fn kept_entries(metadata: &ParquetMetaData) -> Vec<KeyValue> {
    let file = metadata.file_metadata();
    if !is_own(file) {
        return Vec::new();
    }
    let rewritten = [COVERAGE_KEY, BLOCKS_KEY, REST_KEY, ARROW_SCHEMA_META_KEY];
    let entries = file.key_value_metadata().into_iter().flatten();
    entries.filter(|entry| !rewritten.contains(&entry.key.as_str())).cloned().collect()
}

/// Returns whether this crate wrote the file.
pub(crate) fn is_own(file: &FileMetaData) -> bool {
    file.created_by().is_some_and(|by| by.starts_with(CREATED_BY))
}

/// Checks that a file has the key columns of calls.
pub(crate) fn check_columns(metadata: &ParquetMetaData) -> Result<(), String> {
    let root = metadata.file_metadata().schema_descr().root_schema();
    let has = |name: &&str| root.get_fields().iter().any(|field| field.name() == *name);
    match [ENGAGEMENT_ID, START_TIME].iter().find(|name| !has(name)) {
        None => Ok(()),
        Some(column) => Err(format!("it is not a file of calls: it has no column {column}")),
    }
}

/// Checks that the statistics and coverage of a file are of `date`. The calls of a copy under
/// another date would be counted twice.
pub(crate) fn check_date(
    coverage: &Coverage,
    first_start: Option<DateTime<Utc>>,
    last_start: Option<DateTime<Utc>>,
    date: NaiveDate,
) -> Result<(), String> {
    let day = TimeRange::of_day(date);
    if let Some(start) = [first_start, last_start].into_iter().flatten().find(|start| !day.contains(*start)) {
        return Err(format!("it has calls of {}", start.date_naive()));
    }
    match coverage.ranges().iter().find(|range| range.from < day.from || range.to > day.to) {
        None => Ok(()),
        Some(range) => Err(format!("it is the file of {}", range.from.date_naive())),
    }
}

/// Returns the earliest and latest `start_time` from the statistics of the row groups.
pub(crate) fn start_range(metadata: &ParquetMetaData) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let groups = group_starts(metadata)?;
    let first = groups.iter().map(|(first, _)| *first).min()?;
    let last = groups.iter().map(|(_, last)| *last).max()?;
    Some((DateTime::from_timestamp_millis(first)?, DateTime::from_timestamp_millis(last)?))
}

/// Returns the earliest and latest `start_time` of each row group, in ms. `None` if a row group has
/// no statistics.
pub(crate) fn group_starts(metadata: &ParquetMetaData) -> Option<Vec<(i64, i64)>> {
    let file = metadata.file_metadata();
    // The Arrow schema is not used: its decoder panics on a damaged one.
    let arrow = parquet_to_arrow_schema(file.schema_descr(), None).ok()?;
    let converter = StatisticsConverter::try_new(START_TIME, &arrow, file.schema_descr()).ok()?;
    let first = instants(&converter.row_group_mins(metadata.row_groups()).ok()?)?;
    let last = instants(&converter.row_group_maxes(metadata.row_groups()).ok()?)?;
    Some(first.into_iter().zip(last).collect())
}

/// Returns timestamps in ms. `None` if one is missing or the type is another.
fn instants(column: &ArrayRef) -> Option<Vec<i64>> {
    if !matches!(column.data_type(), DataType::Timestamp(..)) {
        return None;
    }
    let column = cast(column, &schema::timestamp_type()).ok()?;
    (column.null_count() == 0)
        .then(|| column.as_primitive::<TimestampMillisecondType>().values().iter().copied().collect())
}

/// Returns whether the footer marks a row group as sorted by the key of calls.
pub(crate) fn is_marked_sorted(group: &RowGroupMetaData) -> bool {
    let leaf = |at: i32| group.columns().get(usize::try_from(at).ok()?).map(|c| c.column_path().string());
    group.sorting_columns().is_some_and(|sorting| {
        let leaves: Vec<_> =
            sorting.iter().filter(|by| !by.descending).map(|by| leaf(by.column_idx)).collect();
        leaves.len() == sorting.len()
            && leaves.iter().map(Option::as_deref).take(2).eq([Some(START_TIME), Some(ENGAGEMENT_ID)])
    })
}
