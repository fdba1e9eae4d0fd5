//! Colours of series.

/// Series that have a colour of their own; what comes after is grey.
pub(crate) const COLOURS: usize = 8;

/// The colour class of a series by its place.
pub(crate) fn colour(at: usize) -> String {
    if at < COLOURS { format!("s{}", at + 1) } else { "s0".to_owned() }
}
