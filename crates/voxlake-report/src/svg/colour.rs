//! Colours of series.

/// Number of series with a colour of their own; further ones are grey.
const COLOURS: usize = 8;

/// Returns the class of a series by its position.
pub(crate) fn series_class(at: usize) -> String {
    if at < COLOURS { format!("s{}", at + 1) } else { "s0".to_owned() }
}
