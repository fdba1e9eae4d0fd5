//! SQL over a lake of Zoom Contact Center calls: sessions, results, named queries, views and
//! summaries.
//!
//! ```text
//! Lake ─▶ LakeSession ─ sql / run ─▶ QueryResult ─▶ record batches
//! ```
//!
//! - [`LakeSession`]: the day files of a lake as the table `voice_calls`, with views and functions
//! - [`QueryResult`]: result of a running query, a stream of batches; [`QueryProgress`] and
//!   [`ScanMetrics`]: what it has read
//! - [`QueryLibrary`], [`NamedQuery`], [`Params`]: named queries with their parameters and columns
//! - [`BoundQuery`], [`QueryArguments`]: a named query with its period and parameters; [`period`]:
//!   times and periods as users write them; [`DescribedColumn`]: a column of its result
//! - [`describe_gaps`]: sentences about days that a lake lacks
//! - [`read_text_file`]: text files that a user names
//! - [`count_slices`], [`recent_names`]: counts and names by which a lake is compared with the API
//! - [`CALL_OVERVIEW`], [`LEG_OVERVIEW`]: queries that show the calls of a small lake
//! - [`mod@benchmark`]: timed runs of the benchmark queries
//! - [`views()`]: the SQL of the views
//! - [`summarize`], [`refresh_summaries`]: build the summaries by day, month and year that speed up
//!   common queries; [`carry_over_summaries`]: keeps them when day files are rewritten
//! - [`RemoteEngine`]: interface to engines that run queries in other processes
//! - [`query_runtime`]: threads with stacks that suffice for every allowed statement
//! - [`rows_where`]: rows of a result that meet a condition
//! - [`classify`], [`StatementKind`]: policy of allowed statements
//! - [`Diagnostic`]: an error with its place in the statement and a hint; [`token`]: tokens of SQL;
//!   [`CompletionCatalog`]: names for completion
//! - [`QueryError`]: errors of this crate
//!
//! Queries only read. Only [`summarize`], [`refresh_summaries`] and [`carry_over_summaries`] change
//! a lake: they write summaries.
//!
//! # Example
//! ```
//! use voxlake_lake::Lake;
//! use voxlake_query::{LakeSession, SessionOptions};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
//! let session = LakeSession::open(&lake, SessionOptions::default()).await?;
//! let result = session.sql("SELECT count(*) AS calls FROM voice_calls").await?;
//! assert_eq!(result.collect().await?[0].num_rows(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//! - `test-support`: lakes in temporary folders, for tests of other crates

pub mod benchmark;
mod bound_query;
mod call_overview;
mod column_names;
mod comments;
mod completion_catalog;
mod condition;
mod correctness;
mod definitions;
mod describe;
mod described_columns;
mod diagnostic;
mod entity;
mod error;
mod gap_text;
mod information_schema;
mod keywords;
mod named;
mod near_names;
mod options;
mod panics;
pub mod period;
mod placement;
mod plan_files;
mod query_result;
mod recent_names;
mod remote;
mod remote_engine;
mod reruns;
mod runtime;
mod scan_metrics;
mod session;
mod settings;
mod slice_counts;
mod statement_policy;
mod summaries;
#[cfg(any(test, feature = "test-support"))]
pub mod test_lake;
#[cfg(any(test, feature = "test-support"))]
pub mod test_store;
mod text_file;
pub mod token;
mod unquoted_dates;
mod views;

pub use bound_query::{
    BoundQuery, PERIOD_PARAMETERS, QueryArgumentError, QueryArguments, all_days, is_queue_type,
};
pub use call_overview::{ALL_CALL_FIELDS, CALL_OVERVIEW, LEG_OVERVIEW};
pub use completion_catalog::{CatalogColumn, CatalogTable, CompletionCatalog};
pub use condition::rows_where;
pub use describe::describe_type;
pub use described_columns::DescribedColumn;
pub use diagnostic::{Diagnostic, SourceSpan};
pub use entity::{EntityKind, UnknownName};
pub use error::QueryError;
pub use gap_text::{describe_gaps, describe_gaps_before, describe_scope};
pub use keywords::KEYWORDS;
pub use named::{
    Column, ColumnType, Lookback, NamedQuery, Parameter, ParameterType, Params, QUEUE_PARAMETER,
    QueryLibrary, ShareParts,
};
pub use near_names::{names_by_similarity, near_names};
pub use options::SessionOptions;
pub use query_result::{QueryProgress, QueryResult};
pub use recent_names::{RecentNames, recent_names, recent_names_of_lake};
pub use remote_engine::RemoteEngine;
pub use reruns::Reruns;
pub use runtime::query_runtime;
pub use scan_metrics::ScanMetrics;
pub use session::LakeSession;
pub use slice_counts::{SliceDimension, SliceRow, count_slices};
pub use statement_policy::{StatementKind, classify};
pub use summaries::{
    SummaryProgress, SummaryRefresh, SummaryStats, carry_over_summaries, refresh_summaries, summarize,
};
pub use text_file::{TextFileError, read_text, read_text_file};
pub use views::{View, views};
pub use voxlake_engine::DamagedFile;
pub use voxlake_engine::rejects::reject_rows;
