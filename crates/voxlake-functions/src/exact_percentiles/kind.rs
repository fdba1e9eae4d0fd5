//! Variants of the percentile functions.

use datafusion::arrow::datatypes::DataType;

/// Variant of a percentile function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct PercentileKind {
    /// True if a column of counts follows the values.
    pub(super) counted: bool,
    /// True if percentiles are decimals.
    pub(super) decimal: bool,
}

/// Returns the decimal type of a percentile.
pub(super) fn decimal_type() -> DataType {
    DataType::Decimal128(38, 6)
}
