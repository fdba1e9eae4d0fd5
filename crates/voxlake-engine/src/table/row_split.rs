//! Splits day files by rows, for scans with more threads than files.
//!
//! DataFusion splits files by row groups. A day of up to 128k calls is one row group, so a query
//! over one day would use a single thread.

use std::ops::Range;

use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::FileGroup;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::parquet::arrow::arrow_reader::{RowSelection, RowSelector};

/// Minimum average rows per part: opening a file takes as long as decoding a few thousand rows.
const MIN_ROWS_PER_PART: usize = 8192;

/// Splits `files` into at most `threads` groups with nearly equal numbers of rows. `rows` has the
/// rows per file. Small files get a group each up to that limit, because a store serves several
/// requests at once.
pub(super) fn split_by_rows(files: &[PartitionedFile], rows: &[usize], threads: usize) -> Vec<FileGroup> {
    let parts_by_rows = rows.iter().sum::<usize>() / MIN_ROWS_PER_PART;
    let parts = parts_by_rows.max(files.len()).clamp(1, threads.max(1));
    let group = |part: Vec<(usize, Range<usize>)>| {
        part.into_iter().map(|(file, range)| file_part(files[file].clone(), range, rows[file])).collect()
    };
    row_ranges(rows, parts)
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(group)
        .map(FileGroup::new)
        .collect()
}

/// Splits all rows into `parts` lists of file indices and row ranges, in order. The numbers of rows
/// differ by at most one.
fn row_ranges(rows: &[usize], parts: usize) -> Vec<Vec<(usize, Range<usize>)>> {
    let all: usize = rows.iter().sum();
    let rows_before = |part: usize| all / parts * part + (all % parts).min(part);
    let ranges_of_part = |part: usize| {
        let (from, to) = (rows_before(part), rows_before(part + 1));
        let mut before = 0;
        let mut file_ranges = Vec::new();
        for (file, &rows) in rows.iter().enumerate() {
            let range = from.saturating_sub(before).min(rows)..to.saturating_sub(before).min(rows);
            // A file without rows is opened once, so that damage is detected.
            if !range.is_empty() || (rows == 0 && from <= before && (before < to || part + 1 == parts)) {
                file_ranges.push((file, range));
            }
            before += rows;
        }
        file_ranges
    };
    (0..parts).map(ranges_of_part).collect()
}

/// Restricts `file` to `range` of its `rows`.
fn file_part(file: PartitionedFile, range: Range<usize>, rows: usize) -> PartitionedFile {
    if range == (0..rows) {
        return file;
    }
    let selectors = vec![
        RowSelector::skip(range.start),
        RowSelector::select(range.len()),
        RowSelector::skip(rows.saturating_sub(range.end)),
    ];
    file.with_extension(ParquetRowSelection::new(RowSelection::from(selectors)))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::Arc;

    use chrono::NaiveDate;
    use datafusion::arrow::array::{Int64Array, RecordBatch};
    use datafusion::arrow::compute::{cast, concat_batches};
    use datafusion::physical_plan::{ExecutionPlanProperties as _, displayable};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;
    use proptest::prelude::*;
    use serde_json::json;
    use voxlake_lake::TimeRange;

    use super::*;
    use voxlake_query::SessionOptions;
    use voxlake_query::test_lake::{TestLake, call, decoded, rows};

    proptest! {
        #[test]
        fn each_row_is_in_one_part(
            rows in prop::collection::vec(0_usize..40, 1..6),
            parts in 1_usize..6,
        ) {
            let ranges = row_ranges(&rows, parts);
            prop_assert_eq!(ranges.len(), parts);
            let sizes: Vec<usize> =
                ranges.iter().map(|part| part.iter().map(|(_, range)| range.len()).sum()).collect();
            prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{:?}", sizes);
            for (file, rows) in rows.iter().enumerate() {
                let of_file: Vec<_> =
                    ranges.iter().flatten().filter(|(of, _)| *of == file).map(|(_, range)| range.clone()).collect();
                prop_assert!(!of_file.is_empty());
                prop_assert!(*rows > 0 || of_file.len() == 1, "{:?}", of_file);
                prop_assert_eq!(of_file.first().unwrap().start, 0);
                prop_assert_eq!(of_file.last().unwrap().end, *rows);
                prop_assert!(of_file.windows(2).all(|two| two[0].end == two[1].start), "{:?}", of_file);
            }
        }
    }

    /// Returns `count` calls of a day with the durations 0, 1, 2 and so on.
    fn calls(day: &str, count: usize) -> RecordBatch {
        let hundred: Vec<_> = (0..100)
            .map(|call_of_hour| {
                let start = format!("{day}T{:02}:00:00Z", call_of_hour % 24);
                call(
                    &format!("{day} {call_of_hour}"),
                    &start,
                    json!({"result": format!("r{}", call_of_hour % 3)}),
                )
            })
            .collect();
        let hundred = decoded(&hundred);
        let all = concat_batches(&hundred.schema(), vec![&hundred; count / 100]).unwrap();
        let durations: Int64Array = (0..i64::try_from(all.num_rows()).unwrap()).collect();
        let (schema, mut columns, _) = all.into_parts();
        let at = schema.index_of("total_duration").unwrap();
        columns[at] = cast(&durations, schema.field(at).data_type()).unwrap();
        RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
    }

    /// Writes a day file with row groups of `row_group` rows.
    fn write(lake: &TestLake, day: &str, calls: &RecordBatch, row_group: usize) {
        lake.write(day, calls);
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(row_group)).build();
        let file = File::create(lake.path(day)).unwrap();
        let mut writer = ArrowWriter::try_new(file, calls.schema(), Some(properties)).unwrap();
        writer.write(calls).unwrap();
        writer.close().unwrap();
    }

    #[tokio::test]
    async fn split_scans_equal_single_threaded_ones() {
        let lake = TestLake::empty();
        write(&lake, "2026-11-01", &calls("2026-11-01", 20_000), 3_000);
        write(&lake, "2026-11-02", &calls("2026-11-02", 9_000), 100_000);
        write(&lake, "2026-11-03", &calls("2026-11-03", 0), 100_000);
        let session = async |threads: usize| {
            let target_partitions = threads.try_into().ok();
            let session =
                lake.open(SessionOptions::new().target_partitions(target_partitions)).await.unwrap();
            // Reads the footers, so that the session knows the rows per file.
            let day = |date: u32| NaiveDate::from_ymd_opt(2026, 11, date).unwrap();
            let period = TimeRange { from: TimeRange::of_day(day(1)).from, to: TimeRange::of_day(day(3)).to };
            session.gaps(period).await.unwrap();
            session
        };
        let (one, four) = (session(1).await, session(4).await);
        for sql in [
            "SELECT count(*) FROM voice_calls",
            "SELECT date, count(*), sum(total_duration), min(total_duration), max(total_duration) FROM voice_calls GROUP BY 1 ORDER BY 1",
            "SELECT result, count(*), sum(total_duration) FROM voice_calls WHERE date = '2026-11-01' GROUP BY 1 ORDER BY 1",
            "SELECT date, total_duration FROM voice_calls WHERE total_duration IN (2999, 3000, 4999, 5000, 8191, 8192, 19999) ORDER BY 1, 2",
            "SELECT count(*) FROM voice_calls WHERE start_time >= '2026-11-01T03:00:00Z' AND start_time < '2026-11-01T04:00:00Z'",
            "SELECT count(DISTINCT total_duration) FROM voice_calls WHERE engagement_id = '2026-11-01 42'",
            "SELECT count(*) FROM (SELECT * FROM voice_calls LIMIT 12000)",
            "SELECT total_duration FROM voice_calls ORDER BY total_duration DESC LIMIT 3",
        ] {
            let mut results = Vec::new();
            for session in [&one, &four] {
                let answer = session.sql(sql).await.unwrap();
                let days = answer.files().len();
                results.push((rows(&answer.collect().await.unwrap()), days));
            }
            assert_eq!(results[0], results[1], "{sql}");
        }
        for (sql, parts) in [
            ("SELECT total_duration FROM voice_calls WHERE date = '2026-11-01'", 2),
            ("SELECT total_duration FROM voice_calls WHERE date = '2026-11-02'", 1),
            ("SELECT total_duration FROM voice_calls", 3),
            // No column is decoded.
            ("SELECT date FROM voice_calls WHERE date = '2026-11-01'", 1),
        ] {
            let answer = four.sql(sql).await.unwrap();
            let plan = answer.plan();
            let shown = displayable(plan.as_ref()).indent(true).to_string();
            assert_eq!(plan.output_partitioning().partition_count(), parts, "{shown}");
        }
    }
}
