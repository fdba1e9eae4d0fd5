//! The table `voice_calls`: the day files of a lake under one schema.
//!
//! DataFusion's own listing table would do most of it, but it passes over files of zero bytes
//! without a word and does not know that a file's date bounds the `start_time` of its calls. This
//! one reads the files it was given, all of them unless their date or their filters rule them out.

pub(crate) mod codes;
mod narrow;
mod parts;
mod verified;
mod whole_days;

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
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::{ExecutionPlan, Partitioning};
use voxlake_lake::{DayFile, DayFooter};
use voxlake_model::schema::{DESCRIPTION, ENGAGEMENT_ID, START_TIME, voice_calls};

use crate::footers::Footers;
use crate::names::DATE;
use crate::pruning::Pruning;
use crate::table::codes::Text;
use crate::table::narrow::{Columns, NarrowReaders};

/// What a row of the table is.
pub const COMMENT: &str =
    "one row for each call, as the API gave it: every field under its own name, and what is made from it.";
/// Name of the column that a file's place in the lake gives: the UTC date of `start_time`.
/// Bytes at a file's end to ask for at first: the footers of most days fit, so one request will do.
const FOOTER_GUESS: usize = 64 * 1024;

/// The day files of a lake as a table. Calls come in no particular order.
#[derive(Debug)]
pub struct VoiceCalls {
    days: Arc<[DayFile]>,
    footers: Footers,
    store: ObjectStoreUrl,
    schema: TableSchema,
    /// What the reader makes of a file that has today's columns.
    read_as: SchemaRef,
    coded: BTreeSet<Text>,
}

impl VoiceCalls {
    /// The calls of `days`, whose paths are relative to the store registered as `store`.
    pub fn new(days: Arc<[DayFile]>, footers: Footers, store: ObjectStoreUrl) -> Self {
        let coded = BTreeSet::new();
        Self { days, footers, store, schema: table_schema(file_schema()), read_as: voice_calls(), coded }
    }

    /// The same calls with `texts` read as codes; `None` where one cannot be.
    pub(crate) fn with_codes(&self, texts: impl IntoIterator<Item = Text>) -> Option<Self> {
        let mut coded = self.coded.clone();
        for text in texts {
            if !codes::repeats(&self.read_as, &text) {
                return None;
            }
            coded.insert(text);
        }
        Some(Self {
            days: Arc::clone(&self.days),
            footers: self.footers.clone(),
            store: self.store.clone(),
            schema: table_schema(codes::coded_schema(&file_schema(), &coded)),
            read_as: codes::coded_schema(&voice_calls(), &coded),
            coded,
        })
    }

    /// The footers of `days`, by the lake's notes and else by the files: a file that is not of its day, or none of
    /// calls, would be counted.
    async fn known_footers(&self, days: &[DayFile]) -> Result<Vec<Option<Arc<DayFooter>>>> {
        let mut footers = self.footers.noted(days).await;
        let unknown: Vec<usize> = (0..days.len()).filter(|at| footers[*at].is_none()).collect();
        let files: Vec<DayFile> = unknown.iter().map(|at| days[*at].clone()).collect();
        for (at, footer) in unknown.into_iter().zip(self.footers.of(&files).await) {
            footers[at] = match footer {
                Ok(footer) => Some(footer),
                Err(error) => {
                    let error = self.footers.blame(&days[at], error).await;
                    return Err(DataFusionError::External(error.into()));
                }
            };
        }
        Ok(footers)
    }

    /// The file of a day, read as `read_as` where its footer is known to have today's columns.
    fn file(day: &DayFile, footer: Option<&DayFooter>, read_as: &SchemaRef) -> PartitionedFile {
        let mut file = PartitionedFile::new_from_meta(day.meta.clone())
            .with_partition_values(vec![date_value(day.date)]);
        // The file's own copy of its Arrow schema says the same but for codes, and takes longer to decode than all
        // else in a footer.
        file.arrow_schema = footer.is_some_and(|footer| footer.current).then(|| Arc::clone(read_as));
        file
    }

    /// `files` as parts of their rows, where they are fewer than `threads` and something of them is decoded.
    fn shared(
        &self,
        files: &[PartitionedFile],
        footers: &[Option<Arc<DayFooter>>],
        projection: Option<&Vec<usize>>,
        threads: usize,
    ) -> Option<Vec<FileGroup>> {
        let of_files = self.schema.file_schema().fields().len();
        let decodes = projection.is_none_or(|places| places.iter().any(|&place| place < of_files));
        if !decodes || files.len() >= threads {
            return None;
        }
        // Of a file with other columns than today's it is not known where its pages lie.
        let rows = footers.iter().map(|footer| {
            let footer = footer.as_ref().filter(|footer| footer.current)?;
            usize::try_from(footer.rows).ok()
        });
        Some(parts::shared(files, &rows.collect::<Option<Vec<_>>>()?, threads))
    }
}

/// The schema of the table whose files have the columns `files`.
fn table_schema(files: SchemaRef) -> TableSchema {
    let description = "UTC date of start_time, by which the calls are parted into files";
    let date = Field::new(DATE, DataType::Date32, false)
        .with_metadata([(DESCRIPTION.to_owned(), description.to_owned())].into());
    let date = Arc::new(date);
    TableSchema::builder(files).with_table_partition_cols(vec![date]).build()
}

/// The model's schema with only the key required: any other column may be missing from a file that
/// an older version wrote, and is null there.
fn file_schema() -> SchemaRef {
    let relaxed = voice_calls()
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
        let answered = |filter: &&Expr| {
            if whole_days::passing(filter, &self.days).is_some() {
                TableProviderFilterPushDown::Exact
            } else {
                // Dates, row groups and pages rule calls out but never in: the filter itself runs all the same.
                TableProviderFilterPushDown::Inexact
            }
        };
        Ok(filters.iter().map(answered).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut passing = vec![true; self.days.len()];
        for filter in filters {
            for (passes, told) in
                passing.iter_mut().zip(whole_days::passing(filter, &self.days).into_iter().flatten())
            {
                *passes &= told;
            }
        }
        let days: Vec<_> =
            self.days.iter().zip(passing).filter(|(_, passes)| *passes).map(|(day, _)| day.clone()).collect();
        let pruning = Pruning::by(state, filters, self.schema.table_schema())?;
        let days = pruning.by_value(&self.footers, pruning.by_date(&days)).await;
        if days.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.schema().project(columns)?),
                None => self.schema(),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let noted = self.known_footers(&days).await?;
        let columns = Columns::of(self.schema.file_schema(), projection);
        let read_as = columns.narrowed(&self.read_as);
        let files = days.iter().zip(&noted).map(|(day, footer)| Self::file(day, footer.as_deref(), &read_as));
        let files = files.collect::<Vec<_>>();
        let threads = state.config().target_partitions();
        let (groups, partitioning) = match self.shared(&files, &noted, projection, threads) {
            // Else the engine would cut the parts once more, by the bytes of their files.
            Some(groups) => {
                let as_they_are = Partitioning::UnknownPartitioning(groups.len());
                (groups, Some(as_they_are))
            }
            None => (FileGroup::new(files).split_files(threads), None),
        };
        let store = state.runtime_env().object_store(&self.store)?;
        let footers = state.runtime_env().cache_manager.get_file_metadata_cache();
        let options = TableParquetOptions {
            global: state.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        let readers = CachedParquetFileReaderFactory::new(store, footers);
        let source = ParquetSource::new(self.schema.clone())
            .with_table_parquet_options(options)
            .with_metadata_size_hint(FOOTER_GUESS)
            .with_parquet_file_reader_factory(Arc::new(NarrowReaders {
                readers,
                columns,
                lookup: pruning.is_lookup(),
            }));
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
