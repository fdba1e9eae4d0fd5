//! Requests of a report: queries and the meaning of their columns.

use std::collections::BTreeMap;

use super::unit::Unit;

/// A named query with its parameters, without the period and the time zone of the report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryRequest {
    /// Name of the query.
    pub query: String,
    /// Values of its parameters, as text.
    pub parameters: BTreeMap<String, Vec<String>>,
}

/// Name and meaning of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMeta {
    /// Name.
    pub name: String,
    /// Unit of its values.
    pub unit: Unit,
    /// True if its values are numbers.
    pub is_number: bool,
    /// Meaning, in a sentence.
    pub help: String,
}
