//! Limits of a sheet.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::ReportError;

/// Maximum rows of a sheet under its header.
pub(crate) const MAX_SHEET_ROWS: u32 = 1_048_575;
/// Maximum text of a cell, in UTF-16 code units.
const MAX_CELL_UNITS: usize = 32_767;
/// End of truncated text.
const ELLIPSIS: char = '…';
/// Maximum width of a column, in characters.
pub(crate) const MAX_COLUMN_CHARS: usize = 60;
/// Width of the arrow of a filter in a header, in characters.
pub(crate) const FILTER_ARROW_CHARS: usize = 3;

/// Runs `write`, and turns a panic into an error: the library panics when its temporary file cannot
/// be written, for example on a full disk.
pub(crate) fn catch_write_panic(write: impl FnOnce() -> Result<(), ReportError>) -> Result<(), ReportError> {
    catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|_| Err(ReportError::temporary_file(None)))
}

/// Truncates text to the maximum of a cell, with an ellipsis at the end.
pub(crate) fn truncate_cell(text: &str) -> Cow<'_, str> {
    if text.encode_utf16().count() <= MAX_CELL_UNITS {
        return Cow::Borrowed(text);
    }
    let mut available = MAX_CELL_UNITS - ELLIPSIS.len_utf16();
    let fits = |c: &char| {
        let rest = available.checked_sub(c.len_utf16());
        available = rest.unwrap_or(0);
        rest.is_some()
    };
    Cow::Owned(text.chars().take_while(fits).chain([ELLIPSIS]).collect())
}
