//! Limits of a sheet.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::ReportError;

/// Rows that a sheet holds under its header.
pub(crate) const ROWS: u32 = 1_048_575;
/// UTF-16 units that a cell holds.
const TEXT_UNITS: usize = 32_767;
/// Ends a text that a cell does not hold whole.
const CUT: char = '…';
/// No column is wider on opening, in characters.
pub(crate) const WIDEST: usize = 60;
/// What the arrow of a filter takes of a header, in characters.
pub(crate) const FILTER: usize = 3;

/// What `write` says, and an error where it panics: the library does so when its temporary file takes no
/// more, and a full disk is nothing to crash about.
pub(crate) fn guarded(write: impl FnOnce() -> Result<(), ReportError>) -> Result<(), ReportError> {
    catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|_| Err(ReportError::temporary_file(None)))
}

/// The text, or as much of it as a cell holds, and then a mark.
pub(crate) fn fitting(text: &str) -> Cow<'_, str> {
    if text.encode_utf16().count() <= TEXT_UNITS {
        return Cow::Borrowed(text);
    }
    let mut room = TEXT_UNITS - CUT.len_utf16();
    let fits = |c: &char| {
        let left = room.checked_sub(c.len_utf16());
        room = left.unwrap_or(0);
        left.is_some()
    };
    Cow::Owned(text.chars().take_while(fits).chain([CUT]).collect())
}
