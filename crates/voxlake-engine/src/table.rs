//! Table `voice_calls`: the day files of a lake with one schema.
//!
//! DataFusion's listing table skips files of zero bytes silently and does not know that the date of
//! a file bounds the `start_time` of its calls. This table reads all files that it was given,
//! unless their dates or Bloom filters exclude them.

mod day_reader;
pub(crate) mod dictionary;
mod partition_filter;
pub mod pinned_scan;
mod pinned_source;
mod pinned_store;
mod projected_reader;
mod row_split;
mod verified_reader;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use datafusion::arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::{ExecutionPlan, Partitioning};
use voxlake_lake::{DayFile, DayFooter, arrow_list_schema};
use voxlake_model::schema::{DESCRIPTION, ENGAGEMENT_ID, START_TIME};

use crate::corruption::into_engine_error;
use crate::footer_store::FooterStore;
use crate::names::DATE_COLUMN;
use crate::portable_scans::PortableScans;
use crate::pruning::DayPruning;
use crate::table::day_reader::ScanFiles;
use crate::table::dictionary::StringColumn;
use crate::table::projected_reader::{ProjectedReaderFactory, ReadColumns};

/// Comment of the table.
pub const COMMENT: &str =
    "one row for each call: every field of the API under its own name, and columns derived from them.";
/// Size up to which a file of an object store is read whole, in the request for its footer. Its
/// bytes take less time than another request.
const SMALL_FILE_BYTES: u64 = 1 << 20;
/// Maximum size of all files of a scan that reads small files whole. Scans of many files often read
/// few columns, and then the other columns would take longer than the requests that they save.
const MAX_WHOLE_FILES_BYTES: u64 = 32 << 20;

/// Day files of a lake as a table. Rows have no particular order.
#[derive(Debug)]
pub struct VoiceCalls {
    days: Arc<[DayFile]>,
    footers: FooterStore,
    store: ObjectStoreUrl,
    schema: TableSchema,
    /// Arrow schema of files that have all columns of the model.
    arrow_schema: SchemaRef,
    dictionaries: BTreeSet<StringColumn>,
}

impl VoiceCalls {
    /// Creates the table of `days`, whose paths are relative to the object store registered as
    /// `store`.
    pub fn new(days: Arc<[DayFile]>, footers: FooterStore, store: ObjectStoreUrl) -> Self {
        let dictionaries = BTreeSet::new();
        Self {
            days,
            footers,
            store,
            schema: table_schema(file_schema()),
            arrow_schema: arrow_list_schema(),
            dictionaries,
        }
    }

    /// Returns the table with `texts` read as dictionaries, or `None` if a text does not support
    /// that.
    pub(crate) fn with_dictionaries(&self, texts: impl IntoIterator<Item = StringColumn>) -> Option<Self> {
        let mut dictionaries = self.dictionaries.clone();
        for text in texts {
            if !dictionary::is_dictionary_encoded(&self.arrow_schema, &text) {
                return None;
            }
            dictionaries.insert(text);
        }
        Some(Self {
            days: Arc::clone(&self.days),
            footers: self.footers.clone(),
            store: self.store.clone(),
            schema: table_schema(dictionary::dictionary_schema(&file_schema(), &dictionaries)),
            arrow_schema: dictionary::dictionary_schema(&arrow_list_schema(), &dictionaries),
            dictionaries,
        })
    }

    /// Returns the footers of `days` from the lake's footer cache or else from the files. Every
    /// footer is read, because a file with another date or without calls would otherwise be
    /// counted.
    async fn load_footers(&self, days: &[DayFile]) -> Result<Vec<Option<Arc<DayFooter>>>> {
        let mut footers = self.footers.cached(days).await;
        let unknown: Vec<usize> = (0..days.len()).filter(|at| footers[*at].is_none()).collect();
        let files: Vec<DayFile> = unknown.iter().map(|at| days[*at].clone()).collect();
        for (at, footer) in unknown.into_iter().zip(self.footers.load(&files).await) {
            let footer =
                footer.map_err(|error| DataFusionError::External(into_engine_error(error).into()))?;
            footers[at] = Some(footer);
        }
        Ok(footers)
    }

    /// Describes the file of a day. Sets its Arrow schema if its footer shows all columns of the
    /// model.
    fn file(day: &DayFile, footer: Option<&DayFooter>, arrow_schema: &SchemaRef) -> PartitionedFile {
        let mut file = PartitionedFile::new_from_meta(day.meta.clone())
            .with_partition_values(vec![date_value(day.date)]);
        // The Arrow schema in the file differs only in dictionaries and names of list children, and
        // decoding it takes longer than the rest of the footer.
        let is_current = footer.is_some_and(|footer| footer.layout.has_current_columns());
        file.arrow_schema = is_current.then(|| Arc::clone(arrow_schema));
        file
    }

    /// Splits `files` by rows if there are fewer files than `threads` and columns are decoded.
    fn split_files(
        &self,
        files: &[PartitionedFile],
        footers: &[Option<Arc<DayFooter>>],
        projection: Option<&Vec<usize>>,
        threads: usize,
    ) -> Option<Vec<FileGroup>> {
        let of_files = self.schema.file_schema().fields().len();
        let decodes = projection.is_none_or(|indices| indices.iter().any(|&index| index < of_files));
        if !decodes || files.len() >= threads {
            return None;
        }
        // The pages of a file with other columns than the model's are unknown.
        let rows = footers.iter().map(|footer| {
            let footer = footer.as_ref().filter(|footer| footer.layout.has_current_columns())?;
            usize::try_from(footer.rows).ok()
        });
        Some(row_split::split_by_rows(files, &rows.collect::<Option<Vec<_>>>()?, threads))
    }

    /// Returns the days that may contain a row which passes `filters`.
    async fn days_to_scan(&self, pruning: &DayPruning, filters: &[Expr]) -> Vec<DayFile> {
        let mut passing = vec![true; self.days.len()];
        for filter in filters {
            let matching = partition_filter::matching_days(filter, &self.days);
            for (passes, matches) in passing.iter_mut().zip(matching.into_iter().flatten()) {
                *passes &= matches;
            }
        }
        let days: Vec<_> =
            self.days.iter().zip(passing).filter(|(_, passes)| *passes).map(|(day, _)| day.clone()).collect();
        pruning.prune_by_bloom_filter(&self.footers, pruning.prune_by_date(&days)).await
    }

    /// Creates the Parquet source of a scan of `columns` of `days`.
    fn parquet_source(
        &self,
        state: &dyn Session,
        columns: ReadColumns,
        days: &[DayFile],
        footers: &[Option<Arc<DayFooter>>],
        is_lookup: bool,
    ) -> Result<ParquetSource> {
        let footer_cache = state.runtime_env().cache_manager.get_file_metadata_cache();
        let mut options = TableParquetOptions {
            global: state.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        // Days were pruned by the filters that a lookup needs. Only those of several row groups can
        // exclude more.
        let has_one_group =
            |footer: &Option<Arc<DayFooter>>| footer.as_ref().is_some_and(|f| f.filtered_row_groups() == 1);
        options.global.bloom_filter_on_read &= !(is_lookup && footers.iter().all(has_one_group));
        let bytes: u64 = days.iter().map(|day| day.meta.size).sum();
        let whole_file_bytes = if bytes <= MAX_WHOLE_FILES_BYTES { SMALL_FILE_BYTES } else { 0 };
        let files = ScanFiles::new(self.footers.lake().clone(), footer_cache, whole_file_bytes);
        let factory = ProjectedReaderFactory { files, columns, is_lookup };
        Ok(ParquetSource::new(self.schema.clone())
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(factory)))
    }
}

/// Returns the schema of the table, with the partition column after those of `files`.
fn table_schema(files: SchemaRef) -> TableSchema {
    let description = "UTC date of start_time, which determines the file of the call";
    let date = Field::new(DATE_COLUMN, DataType::Date32, false)
        .with_metadata([(DESCRIPTION.to_owned(), description.to_owned())].into());
    let date = Arc::new(date);
    TableSchema::builder(files).with_table_partition_cols(vec![date]).build()
}

/// Returns the schema of calls with only the key required: other columns may be missing in files
/// from older versions, and are then null.
fn file_schema() -> SchemaRef {
    let relaxed = arrow_list_schema()
        .fields()
        .iter()
        .map(|field| {
            let key = matches!(field.name().as_str(), ENGAGEMENT_ID | START_TIME);
            field.as_ref().clone().with_nullable(!key)
        })
        .collect::<Vec<_>>();
    Arc::new(Schema::new(relaxed))
}

#[async_trait]
impl TableProvider for VoiceCalls {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let pushdown = |filter: &&Expr| {
            if partition_filter::matching_days(filter, &self.days).is_some() {
                TableProviderFilterPushDown::Exact
            } else {
                // Dates, row groups and pages exclude calls, but the filter is still needed.
                TableProviderFilterPushDown::Inexact
            }
        };
        Ok(filters.iter().map(pushdown).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let pruning = DayPruning::try_new(state, filters, self.schema.table_schema())?;
        let days = self.days_to_scan(&pruning, filters).await;
        if days.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.schema().project(columns)?),
                None => self.schema(),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let footers = self.load_footers(&days).await?;
        let columns = ReadColumns::new(self.schema.file_schema(), projection);
        let arrow_schema = columns.project_schema(&self.arrow_schema);
        let files =
            days.iter().zip(&footers).map(|(day, footer)| Self::file(day, footer.as_deref(), &arrow_schema));
        let files = files.collect::<Vec<_>>();
        let threads = state.config().target_partitions();
        let is_lookup = pruning.is_lookup();
        // In an object store, the requests of a lookup take longer than its decoding, and each part
        // would make its own. Portable scans are read by other processes.
        let is_portable = state.config().get_extension::<PortableScans>().is_some();
        let parts = match is_portable || is_lookup && !self.footers.lake().is_local() {
            true => None,
            false => self.split_files(&files, &footers, projection, threads),
        };
        let (groups, partitioning) = match parts {
            // Fixed partitioning; otherwise DataFusion would split the parts again by bytes.
            Some(groups) => {
                let fixed = Partitioning::UnknownPartitioning(groups.len());
                (groups, Some(fixed))
            }
            None => (FileGroup::new(files).split_files(threads), None),
        };
        let source = self.parquet_source(state, columns, &days, &footers, is_lookup)?;
        let config = FileScanConfigBuilder::new(self.store.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_output_partitioning(partitioning)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

fn date_value(date: NaiveDate) -> ScalarValue {
    ScalarValue::Date32(Some(Date32Type::from_naive_date(date)))
}

#[cfg(test)]
mod tests;
