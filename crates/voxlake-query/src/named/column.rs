//! Columns of a named query's result.

use super::share_parts::ShareParts;

/// A column of a named query's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type of its values.
    pub kind: ColumnType,
    /// Unit of a number.
    pub unit: Option<String>,
    /// Columns that a share is computed from, if the header declares them.
    pub parts: Option<ShareParts>,
    /// Meaning.
    pub help: String,
}

/// Type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Text.
    Text,
    /// Whole number.
    Integer,
    /// Exact decimal.
    Decimal,
    /// Floating-point number.
    Number,
    /// Instant, or local time without a zone.
    Timestamp,
    /// Date.
    Date,
}

impl ColumnType {
    const ALL: [Self; 6] =
        [Self::Text, Self::Integer, Self::Decimal, Self::Number, Self::Timestamp, Self::Date];

    /// Name of the type in headers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Number => "number",
            Self::Timestamp => "timestamp",
            Self::Date => "date",
        }
    }

    /// Returns true for integers, decimals and floating-point numbers.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal | Self::Number)
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
