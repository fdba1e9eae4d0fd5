//! Options of an output.

/// What is said or asked beside the answer. A format takes from it what it has a place for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// What the answer is about, in plain text: the title of a page and the caption of its table.
    pub title: Option<String>,
    /// Terminal columns that a table may take. To keep within them, text is cut short where an
    /// ellipsis shows it; numbers, times and headers are not cut. `None`: nothing is cut.
    pub width: Option<u16>,
}
