//! Few day files shared by many threads: each reads a part of their rows.
//!
//! The engine shares out files, and within one its row groups. A day of up to 128k calls is one row group, so that a
//! question about it would keep one thread busy and the others waiting.

use std::ops::Range;

use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::FileGroup;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::parquet::arrow::arrow_reader::{RowSelection, RowSelector};

/// Calls that are worth a thread: to open a file takes about as long as to decode a few thousand.
const CALLS_OF_A_PART: usize = 8192;

/// `files`, of so many rows each, in as many groups of about as many rows as are worth a thread: no fewer than
/// there are files, since a store answers for several at once, and `threads` at most.
pub(super) fn shared(files: &[PartitionedFile], rows: &[usize], threads: usize) -> Vec<FileGroup> {
    let worth = rows.iter().sum::<usize>() / CALLS_OF_A_PART;
    let parts = worth.max(files.len()).clamp(1, threads.max(1));
    let group = |part: Vec<(usize, Range<usize>)>| {
        part.into_iter().map(|(file, range)| part_of(files[file].clone(), range, rows[file])).collect()
    };
    ranges(rows, parts).into_iter().filter(|part| !part.is_empty()).map(group).map(FileGroup::new).collect()
}

/// All rows of files with so many each, in order, as `parts` lists of a file's place and a range of its rows.
fn ranges(rows: &[usize], parts: usize) -> Vec<Vec<(usize, Range<usize>)>> {
    let all: usize = rows.iter().sum();
    // Of all rows, those before the part.
    let bound = |part: usize| all / parts * part + (all % parts).min(part);
    let of_part = |part: usize| {
        let (from, to) = (bound(part), bound(part + 1));
        let mut before = 0;
        let mut of_files = Vec::new();
        for (file, &rows) in rows.iter().enumerate() {
            let range = from.saturating_sub(before).min(rows)..to.saturating_sub(before).min(rows);
            // A file without rows is read once as well, so that its damage shows.
            if !range.is_empty() || (rows == 0 && from <= before && (before < to || part + 1 == parts)) {
                of_files.push((file, range));
            }
            before += rows;
        }
        of_files
    };
    (0..parts).map(of_part).collect()
}

/// `file`, of which only `range` of its `rows` is to be read.
fn part_of(file: PartitionedFile, range: Range<usize>, rows: usize) -> PartitionedFile {
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
        fn every_row_of_every_file_is_in_one_part(
            rows in prop::collection::vec(0_usize..40, 1..6),
            parts in 1_usize..6,
        ) {
            let ranges = ranges(&rows, parts);
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

    /// So many calls of a day, whose durations are 0, 1, 2 and so on.
    fn calls(day: &str, count: usize) -> RecordBatch {
        let some: Vec<_> = (0..100)
            .map(|call_of_hour| {
                let start = format!("{day}T{:02}:00:00Z", call_of_hour % 24);
                call(
                    &format!("{day} {call_of_hour}"),
                    &start,
                    json!({"result": format!("r{}", call_of_hour % 3)}),
                )
            })
            .collect();
        let some = decoded(&some);
        let all = concat_batches(&some.schema(), vec![&some; count / 100]).unwrap();
        let durations: Int64Array = (0..i64::try_from(all.num_rows()).unwrap()).collect();
        let (schema, mut columns, _) = all.into_parts();
        let at = schema.index_of("total_duration").unwrap();
        columns[at] = cast(&durations, schema.field(at).data_type()).unwrap();
        RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
    }

    /// Writes a day's file in row groups of so many calls.
    fn write(lake: &TestLake, day: &str, calls: &RecordBatch, row_group: usize) {
        lake.write(day, calls);
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(row_group)).build();
        let file = File::create(lake.path(day)).unwrap();
        let mut writer = ArrowWriter::try_new(file, calls.schema(), Some(properties)).unwrap();
        writer.write(calls).unwrap();
        writer.close().unwrap();
    }

    #[tokio::test]
    async fn threads_share_a_day_and_answer_as_one() {
        let lake = TestLake::empty();
        write(&lake, "2026-11-01", &calls("2026-11-01", 20_000), 3_000);
        write(&lake, "2026-11-02", &calls("2026-11-02", 9_000), 100_000);
        write(&lake, "2026-11-03", &calls("2026-11-03", 0), 100_000);
        let session = async |threads: usize| {
            let target_partitions = threads.try_into().ok();
            let session =
                lake.open(SessionOptions { target_partitions, ..SessionOptions::default() }).await.unwrap();
            // By this the session gets to know how many rows the files have.
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
            let mut told = Vec::new();
            for session in [&one, &four] {
                let answer = session.sql(sql).await.unwrap();
                let days = answer.files().len();
                told.push((rows(&answer.collect().await.unwrap()), days));
            }
            assert_eq!(told[0], told[1], "{sql}");
        }
        for (sql, parts) in [
            ("SELECT total_duration FROM voice_calls WHERE date = '2026-11-01'", 2),
            ("SELECT total_duration FROM voice_calls WHERE date = '2026-11-02'", 1),
            ("SELECT total_duration FROM voice_calls", 3),
            // Nothing is decoded that could be shared.
            ("SELECT date FROM voice_calls WHERE date = '2026-11-01'", 1),
        ] {
            let answer = four.sql(sql).await.unwrap();
            let plan = answer.plan();
            let shown = displayable(plan.as_ref()).indent(true).to_string();
            assert_eq!(plan.output_partitioning().partition_count(), parts, "{shown}");
        }
    }
}
