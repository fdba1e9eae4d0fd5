//! Text for people.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr;

/// Marks truncated text.
pub(crate) const ELLIPSIS: &str = "…";

/// Spells out every control character of `text`, so that call data cannot control a terminal. For
/// tables, errors and logs.
///
/// ```
/// assert_eq!(voxlake_report::escape_control_chars("a\u{1b}[31mb"), "a\\u{1b}[31mb");
/// ```
#[must_use]
pub fn escape_control_chars(text: &str) -> String {
    // Line separators and direction marks are not control characters, but have the same effect.
    let is_control = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .flat_map(|c| if is_control(c) { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

/// Truncates `text` to `width` terminal columns, with an ellipsis at the end.
pub(crate) fn truncate(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut left = width.saturating_sub(ELLIPSIS.width());
    let fits = |grapheme: &&str| {
        let rest = left.checked_sub(grapheme.width());
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    let start: String = text.graphemes(true).take_while(fits).collect();
    Cow::Owned(start + ELLIPSIS)
}

/// Joins an error and its causes with colons. Causes that the text already contains are left out.
///
/// ```
/// let error = std::io::Error::other("disk is full");
/// assert_eq!(voxlake_report::error_chain(&error), "disk is full");
/// ```
#[must_use]
pub fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}
