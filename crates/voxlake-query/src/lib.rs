//! What calls tell: a DataFusion session over a lake, the views that give analysts their words, and
//! the named queries of `queries/`.
//!
//! ```text
//! Lake ──▶ LakeSession ──sql / run──▶ Answer ──▶ record batches
//! ```
//!
//! - [`LakeSession`]: a lake's days as the table `voice_calls`, with the functions and views over
//!   it
//! - [`Answer`]: a running answer; a stream that can be collected and, dropped, stops
//! - [`Reading`]: how much of the lake an answer took; [`Gauge`] tells it while the answer runs
//! - [`lexeme`]: SQL as a person types it, cut into words, texts, comments and signs
//! - [`Deed`]: what a statement does
//! - [`Lexicon`]: the tables, columns and functions that there are; [`Problem`]: an error with its
//!   place and a way out
//! - [`Catalog`], [`NamedQuery`], [`Params`]: questions with names, their parameters and columns
//! - [`BoundQuery`], [`QueryArguments`]: a named query with its period and parameters
//! - [`period`]: times and periods as users write them
//! - [`describe_gaps`]: sentences about days that a lake lacks
//! - [`read_text_file`]: text files that a user names
//! - [`count_slices`], [`recent_names`]: counts and names by which a lake is compared with the API
//! - [`mod@benchmark`]: timed runs of the benchmark queries
//! - [`rows_where`]: the rows of an answer for which a condition in SQL holds
//! - [`summarize`]: what calls add up to by day, month and year, made ahead for the standing
//!   questions
//! - [`views()`]: the SQL of the views, with what they mean
//! - [`QueryError`]: what went wrong, by what the asker can do about it
//!
//! Inside: `table` makes a scan of day files, `pruning` says which days a question needs, `footers`
//! what their files tell of themselves, `days` is a table of that, `coverage` finds what a lake
//! does not hold, `damage` the file to blame for a failure; `guard` lists the allowed statements,
//! `settings` the allowed settings; `panics` turns panics into errors; `column_names` names what a
//! statement leaves unnamed; `comments` are the words for columns, which `describe` and
//! `information_schema` show; `functions` are the SQL functions of Voxlake, `rules` the optimizer
//! rules that make plans faster, and `correctness` those that correct wrong answers.
//!
//! Only reading happens here. Questions never change a lake.

mod answer;
pub mod benchmark;
mod bound_query;
mod column_names;
mod comments;
mod condition;
mod correctness;
mod definitions;
mod describe;
mod error;
mod gap_text;
mod guard;
mod information_schema;
mod keywords;
pub mod lexeme;
mod lexicon;
mod named;
mod panics;
pub mod period;
mod plan_files;
mod problem;
mod reading;
mod recent_names;
mod session;
mod settings;
mod slice_counts;
mod summaries;
#[cfg(any(test, feature = "test-support"))]
pub mod test_lake;
mod text_file;
mod views;

pub use answer::{Answer, Gauge};
pub use bound_query::{
    BoundQuery, PERIOD_PARAMETERS, QUEUE_PARAMETER, QueryArgumentError, QueryArguments, all_days,
    is_queue_type,
};
pub use condition::rows_where;
pub use describe::describe_type;
pub use error::QueryError;
pub use gap_text::{describe_gaps, describe_gaps_before, describe_scope};
pub use guard::{Deed, deed};
pub use keywords::KEYWORDS;
pub use lexicon::{Lexicon, Table, TableColumn};
pub use named::{Catalog, Column, ColumnType, Lookback, NamedQuery, Parameter, ParameterType, Params};
pub use problem::{Place, Problem};
pub use reading::Reading;
pub use recent_names::{RecentNames, recent_names};
pub use session::{LakeSession, SessionOptions};
pub use slice_counts::{SliceDimension, SliceRow, count_slices};
pub use summaries::{Summarized, SummaryProgress, summarize};
pub use text_file::{TextFileError, read_text, read_text_file};
pub use views::{View, views};
pub use voxlake_engine::DamagedFile;
pub use voxlake_engine::rejects::reject_rows;
