//! Text that people look at.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr;

/// Stands for text that is cut.
pub(crate) const ELLIPSIS: &str = "…";

/// The text with every control character spelled out, so that no call can talk to a terminal; for
/// tables, errors and logs.
#[must_use]
pub fn visible(text: &str) -> String {
    // Also what breaks lines or turns the direction of text without being a control character.
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .flat_map(|c| if steers(c) { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

/// The text in `width` columns, with an ellipsis where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut room = width.saturating_sub(ELLIPSIS.width());
    let fits = |grapheme: &&str| {
        let left = room.checked_sub(grapheme.width());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let kept: String = text.graphemes(true).take_while(fits).collect();
    Cow::Owned(kept + ELLIPSIS)
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
