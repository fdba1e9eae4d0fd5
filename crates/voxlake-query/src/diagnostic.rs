//! Errors of a statement for its author: cause, place, and remedy.
//!
//! DataFusion's own messages repeat the kind of error, list every column of a table and every
//! signature of a function, and dump its data structures. Diagnostics omit these.
//!
//! - [`span`]: a diagnostic and its place; [`locate`]: search for places in the statement
//! - [`query_error`]: diagnostics of this crate's errors
//! - [`datafusion_error`]: diagnostics of DataFusion's errors, by
//!   - [`names`], [`values`], [`syntax`]: unknown names, wrong types, syntax errors
//!   - [`rewording`]: table of other messages with plainer wordings
//!   - [`datafusion_messages`]: messages without prefixes and dumps; [`arguments`]: function
//!     arguments
//! - [`sql_words`]: SQL names of DataFusion's types and constants; [`patterns`]: parts of a text
//! - [`suggestions`]: similar names

mod arguments;
mod datafusion_error;
mod datafusion_messages;
mod locate;
mod names;
mod patterns;
mod query_error;
mod rewording;
mod span;
mod sql_words;
mod suggestions;
mod syntax;
mod values;

pub(crate) use self::datafusion_error::message;
pub use self::span::{Diagnostic, SourceSpan};
pub(crate) use self::suggestions::similar_names;

#[cfg(test)]
mod tests;
