//! Text that people look at.

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
