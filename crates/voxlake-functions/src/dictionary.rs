//! The type of text that is read as dictionary codes.

use datafusion::arrow::datatypes::DataType;

/// The type of a text that is read as codes.
#[must_use]
pub fn coded_text() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}
