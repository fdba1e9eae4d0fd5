//! Values as text: exact decimals, instants in ISO 8601, nested values readable.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// The rows of `batch` as text; `null` stands for NULL.
pub(crate) fn rows(batch: &RecordBatch, null: &str) -> Result<Vec<Vec<String>>, ArrowError> {
    let options = FormatOptions::default().with_null(null);
    let columns = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options))
        .collect::<Result<Vec<_>, _>>()?;
    (0..batch.num_rows())
        .map(|row| {
            columns
                .iter()
                .map(|column| {
                    let mut text = String::new();
                    column.value(row).write(&mut text)?;
                    Ok(text)
                })
                .collect()
        })
        .collect()
}
