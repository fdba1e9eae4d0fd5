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
    /// Columns that a share is computed from, if they are known.
    pub parts: Option<ShareParts>,
    /// True if values grow with the length of the period, such as counts and amounts. Periods of
    /// different length are compared per day then.
    pub grows_with_period: bool,
    /// True if the column is shown even if it has the same value in all rows, because it was asked
    /// for.
    pub is_key: bool,
    /// Labels for people of some values.
    pub labels: BTreeMap<String, String>,
}

impl ColumnMeta {
    /// Creates the meaning of a column with the text of its unit, such as `calls`.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        unit: Option<&str>,
        is_number: bool,
        help: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            unit: Unit::parse(unit),
            is_number,
            help: help.into(),
            parts: None,
            grows_with_period: Unit::grows_with_period(unit),
            is_key: false,
            labels: BTreeMap::new(),
        }
    }

    /// Sets the columns that a share is computed from.
    #[must_use]
    pub fn with_parts(self, parts: Option<ShareParts>) -> Self {
        Self { parts, ..self }
    }

    /// Sets whether the column is shown even if it has the same value in all rows.
    #[must_use]
    pub fn with_key(self, is_key: bool) -> Self {
        Self { is_key, ..self }
    }

    /// Sets labels for people of some values.
    #[must_use]
    pub fn with_labels(self, labels: BTreeMap<String, String>) -> Self {
        Self { labels, ..self }
    }
}

/// Columns whose quotient is a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareParts {
    /// Columns whose sum is the numerator.
    pub numerator: Vec<String>,
    /// Column with the denominator.
    pub denominator: String,
    /// True if the denominator is in the row of the total, and not in that of the share.
    pub of_total: bool,
}
