//! Reader that hides the columns of a day file that a scan does not read, and the names of list
//! children.
//!
//! A footer describes about a hundred columns, including those of the legs. DataFusion processes
//! all of them when it opens a file, twice if it prunes pages. A typical query reads five.
//!
//! The child of a list is named `element` in day files, `item` in those of earlier versions and in
//! plans. With one name, all files have the types of the plan. Otherwise DataFusion would cast each
//! list, and a cast hides which of its fields are used.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::arrow::datatypes::{Fields, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{ParquetFileReaderFactory, ParquetRowSelection};
use datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::parquet::errors::Result as ParquetResult;
use datafusion::parquet::file::metadata::{
    FileMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataBuilder, RowGroupMetaData,
};
use datafusion::parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::future::{BoxFuture, FutureExt as _};
use voxlake_lake::with_arrow_list_names;

use crate::table::day_reader::ScanFiles;
use crate::table::verified_reader::VerifiedReader;

/// Columns that a scan reads; `None` for all.
#[derive(Clone, Debug)]
pub(super) struct ReadColumns(Option<Arc<BTreeSet<String>>>);

impl ReadColumns {
    /// Creates the columns of `schema` at these indices, or all. Indices after its end belong to
    /// partition columns.
    pub(super) fn new(schema: &Schema, indices: Option<&Vec<usize>>) -> Self {
        let name = |index: usize| Some(schema.fields().get(index)?.name().clone());
        let Some(indices) = indices else { return Self(None) };
        let mut names: BTreeSet<String> = indices.iter().filter_map(|&index| name(index)).collect();
        // DataFusion locates a row group by its first column.
        if names.is_empty() {
            names.extend(name(0));
        }
        Self((names.len() < schema.fields().len()).then(|| Arc::new(names)))
    }

    fn has(&self, column: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(column))
    }

    /// Returns `schema` with these columns only.
    pub(super) fn project_schema(&self, schema: &SchemaRef) -> SchemaRef {
        if self.0.is_none() {
            return Arc::clone(schema);
        }
        let fields = schema.fields().iter().filter(|field| self.has(field.name())).cloned();
        Arc::new(Schema::new_with_metadata(fields.collect::<Fields>(), schema.metadata().clone()))
    }

    /// Returns the footer of a file reduced to these columns, with the names of list children in
    /// plans.
    fn project_footer(&self, whole: &ParquetMetaData) -> ParquetResult<ParquetMetaData> {
        let file = whole.file_metadata();
        let schema =
            self.schema(with_arrow_list_names(file.schema_descr()).unwrap_or(file.schema_descr()))?;
        let leaves: Vec<usize> = (0..file.schema_descr().num_columns())
            .filter(|&leaf| self.has(file.schema_descr().get_column_root(leaf).name()))
            .collect();
        let orders =
            file.column_orders().map(|_| leaves.iter().map(|&leaf| file.column_order(leaf)).collect());
        let row_groups = whole.row_groups().iter().map(|group| {
            RowGroupMetaData::builder(Arc::clone(&schema))
                .set_num_rows(group.num_rows())
                .set_total_byte_size(group.total_byte_size())
                .set_column_metadata(leaves.iter().map(|&leaf| group.column(leaf).clone()).collect())
                .build()
        });
        let row_groups = row_groups.collect::<ParquetResult<Vec<_>>>()?;
        let created_by = file.created_by().map(ToOwned::to_owned);
        let file = FileMetaData::new(file.version(), file.num_rows(), created_by, None, schema, orders);
        Ok(ParquetMetaDataBuilder::new(file)
            .set_row_groups(row_groups)
            .set_column_index(whole.column_index().and_then(|index| select_leaves(index, &leaves)))
            .set_offset_index(whole.offset_index().and_then(|index| select_leaves(index, &leaves)))
            .build())
    }

    fn schema(&self, whole: &SchemaDescriptor) -> ParquetResult<SchemaDescPtr> {
        let root = whole.root_schema();
        let fields = root.get_fields().iter().filter(|field| self.has(field.name())).cloned().collect();
        let root = Type::group_type_builder(root.name()).with_fields(fields).build()?;
        Ok(Arc::new(SchemaDescriptor::new(Arc::new(root))))
    }
}

/// Reduces a page index, by row group and leaf, to these leaves. Returns `None` if a leaf is
/// missing.
fn select_leaves<T: Clone>(index: &[Vec<T>], leaves: &[usize]) -> Option<Vec<Vec<T>>> {
    index.iter().map(|group| leaves.iter().map(|&leaf| group.get(leaf).cloned()).collect()).collect()
}

/// Factory of the readers of one scan, which verify the bytes that they read.
#[derive(Debug)]
pub(super) struct ProjectedReaderFactory {
    pub files: ScanFiles,
    pub columns: ReadColumns,
    /// True if few calls match, so that reading the page index to skip pages pays off.
    pub is_lookup: bool,
}

impl ParquetFileReaderFactory for ProjectedReaderFactory {
    fn create_reader(
        &self,
        partition_index: usize,
        file: PartitionedFile,
        _metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        // Files with other columns than the model's are described by their own Arrow schema.
        let projects = file.arrow_schema.is_some();
        let reads_page_index = self.is_lookup || file.extension::<ParquetRowSelection>().is_some();
        let reader = Box::new(VerifiedReader::new(self.files.reader(partition_index, &file, metrics)));
        let columns = self.columns.clone();
        Ok(if projects { Box::new(ProjectedReader { reader, columns, reads_page_index }) } else { reader })
    }
}

/// Reader of a file with all columns of the model.
pub(super) struct ProjectedReader<R> {
    reader: Box<R>,
    columns: ReadColumns,
    /// True if the page index is read although DataFusion does not request it.
    reads_page_index: bool,
}

impl<R> ProjectedReader<R> {
    /// Creates a reader that only replaces the names of list children.
    pub(super) fn of_all_columns(reader: R) -> Self {
        Self { reader: Box::new(reader), columns: ReadColumns(None), reads_page_index: false }
    }
}

impl<R: AsyncFileReader> AsyncFileReader for ProjectedReader<R> {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        self.reader.get_bytes(range)
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        self.reader.get_byte_ranges(ranges)
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            let with_pages = options
                .filter(|_| self.reads_page_index)
                .map(|options| options.clone().with_page_index_policy(PageIndexPolicy::Optional));
            let whole = self.reader.get_metadata(with_pages.as_ref().or(options)).await?;
            let is_projected = self.columns.0.is_some()
                || with_arrow_list_names(whole.file_metadata().schema_descr()).is_some();
            Ok(if is_projected { Arc::new(self.columns.project_footer(&whole)?) } else { whole })
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use datafusion::parquet::file::metadata::ParquetMetaDataReader;
    use serde_json::json;
    use voxlake_lake::TimeRange;
    use voxlake_model::schema::voice_calls;

    use super::*;
    use voxlake_query::QueryError;
    use voxlake_query::test_lake::{TestLake, call, decoded, queue, rows, with_former_lists};

    const DAY: &str = "2026-11-01";

    fn lake() -> TestLake {
        let more = json!({
            "queues": [queue("Sales"), queue("Care")],
            "agents": [{"user_id": "u1", "display_name": "Ann", "team_ids": ["t1", "t2"]}],
            "charge": "$0.30",
            "consumer_number": "+1 555",
            "voice_call_details": [{"queue": queue("Care"), "result": "completed", "charge": "$0.20"}],
        });
        let calls = [call("a", "2026-11-01T08:00:00Z", more), call("b", "2026-11-01T09:00:00Z", json!({}))];
        let lake = TestLake::empty();
        lake.write(DAY, &decoded(&calls));
        lake
    }

    #[test]
    fn projected_footers_equal_whole_ones() {
        let file = File::open(lake().path(DAY)).unwrap();
        let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
        let whole = reader.parse_and_finish(&file).unwrap();
        let indices =
            ["queues", "charge_amount", "start_time"].map(|name| voice_calls().index_of(name).unwrap());
        let columns = ReadColumns::new(&voice_calls(), Some(&indices.to_vec()));
        let narrow = columns.project_footer(&whole).unwrap();

        let of = |footer: &ParquetMetaData, leaf: usize| {
            let chunk = footer.row_group(0).column(leaf).clone();
            let pages = footer.offset_index().unwrap()[0][leaf].clone();
            let bounds = footer.column_index().unwrap()[0][leaf].clone();
            let path = footer.file_metadata().schema_descr().column(leaf).path().string();
            // Plans have another name for the child of a list.
            let path = path.replace(".list.element", ".list.item");
            (path, chunk, pages, bounds, footer.file_metadata().column_order(leaf))
        };
        let wanted = |path: &str| {
            let root = path.split('.').next().unwrap();
            ["queues", "charge_amount", "start_time"].contains(&root)
        };
        let leaves = |footer: &ParquetMetaData| footer.file_metadata().schema_descr().num_columns();
        let expected: Vec<_> =
            (0..leaves(&whole)).map(|leaf| of(&whole, leaf)).filter(|(path, ..)| wanted(path)).collect();
        let actual: Vec<_> = (0..leaves(&narrow)).map(|leaf| of(&narrow, leaf)).collect();
        assert_eq!(actual, expected);
        assert!(actual.len() > 3, "the queues are structs: {actual:?}");
        assert_eq!(narrow.row_group(0).num_rows(), 2);
    }

    /// Files of all versions are read with the types of the plan, and so without casts.
    #[tokio::test]
    async fn names_of_list_children_are_replaced() {
        let lake = lake();
        let footer = |lake: &TestLake| {
            let file = File::open(lake.path(DAY)).unwrap();
            ParquetMetaDataReader::new().parse_and_finish(&file).unwrap()
        };
        let today = footer(&lake);
        let calls = lake.lake().await.read_day(DAY.parse().unwrap()).await.unwrap().calls;
        lake.write(DAY, &with_former_lists(&calls));
        let former = footer(&lake);
        let indices = ["queues", "voice_call_details"].map(|name| voice_calls().index_of(name).unwrap());
        for columns in [None, Some(indices.to_vec())] {
            let columns = ReadColumns::new(&voice_calls(), columns.as_ref());
            let schema = |footer| {
                let projected = columns.project_footer(footer).unwrap();
                projected.file_metadata().schema_descr().root_schema().clone()
            };
            assert_eq!(schema(&former), schema(&today));
        }
        let sql = "SELECT queues, voice_call_details FROM voice_calls";
        assert_eq!(lake.sql(sql).await.len(), 2);
    }

    /// Returns a session that has read the day's footer.
    async fn session_with_footer(lake: &TestLake) -> voxlake_query::LakeSession {
        let session = lake.session().await;
        session.gaps(TimeRange::of_day(DAY.parse().unwrap())).await.unwrap();
        session
    }

    async fn answer(session: &voxlake_query::LakeSession, sql: &str) -> Vec<String> {
        let mut found = rows(&session.sql(sql).await.unwrap().collect().await.unwrap());
        found.sort();
        found
    }

    #[tokio::test]
    async fn projected_columns_equal_whole_files() {
        let lake = lake();
        let footer = lake.lake().await.footer(&lake.session().await.days()[0]).await.unwrap();
        assert!(footer.layout.has_current_columns(), "else the file is read whole");
        let schema = voice_calls();
        let mut queries: Vec<String> = schema
            .fields()
            .iter()
            .map(|column| format!("SELECT {} FROM voice_calls", column.name()))
            .collect();
        queries.extend(
            [
                "SELECT count(*) FROM voice_calls",
                "SELECT date FROM voice_calls",
                "SELECT * FROM voice_calls",
                "SELECT queues[2]['queue_name'], voice_call_details[1]['charge_amount'] FROM voice_calls",
                "SELECT result, direction, count(*) FROM voice_calls GROUP BY result, direction",
                "SELECT result FROM voice_calls WHERE consumer_number = '+1 555' AND agents IS NOT NULL",
                "SELECT result FROM voice_calls WHERE start_time > '2026-11-01T08:30:00Z'",
            ]
            .map(ToOwned::to_owned),
        );
        for sql in queries {
            // Lookups cache filters, so that each query gets a new session.
            let session_without_footer = lake.session().await;
            assert_eq!(
                answer(&session_with_footer(&lake).await, &sql).await,
                answer(&session_without_footer, &sql).await,
                "{sql}"
            );
        }
    }

    #[tokio::test]
    async fn damaged_page_indexes_are_reported() {
        let lake = lake();
        let sql = "SELECT result, queues FROM voice_calls WHERE consumer_number = '+1 555'";
        let mut bytes = std::fs::read(lake.path(DAY)).unwrap();
        let file = File::open(lake.path(DAY)).unwrap();
        let footer = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
        for column in footer.row_group(0).columns() {
            let (Some(from), Some(length)) = (column.column_index_offset(), column.column_index_length())
            else {
                continue;
            };
            let (from, length) = (usize::try_from(from).unwrap(), usize::try_from(length).unwrap());
            bytes[from..from + length].fill(0xff);
        }
        std::fs::write(lake.path(DAY), bytes).unwrap();
        let error = session_with_footer(&lake).await.sql(sql).await.unwrap().collect().await.unwrap_err();
        assert!(matches!(&error, QueryError::Damaged { files } if files[0].path.contains(DAY)), "{error:?}");
    }
}
