//! Data type of dictionary-encoded texts.

use datafusion::arrow::datatypes::DataType;

/// Returns the Arrow type in which repeated texts are read: a dictionary with 32-bit keys.
#[must_use]
pub fn dictionary_text() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}
