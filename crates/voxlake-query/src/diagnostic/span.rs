//! Diagnostics and their place in the statement.

/// An error described to the author of a statement.
///
/// # Example
/// ```
/// use voxlake_query::{CompletionCatalog, Diagnostic, QueryError};
///
/// let error = QueryError::NoSuchTable { name: "my_cals".to_owned() };
/// let diagnostic = Diagnostic::new(&error, "DROP TABLE my_cals", &CompletionCatalog::default());
/// assert_eq!(diagnostic.span.map(|span| span.column), Some(12));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Cause.
    pub message: String,
    /// Place in the statement, if known.
    pub span: Option<SourceSpan>,
    /// Remedy, if there is one.
    pub hint: Option<String>,
}

/// Part of one line of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceSpan {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Length in characters.
    pub length: usize,
}

impl Diagnostic {
    /// Diagnostic without place and hint.
    pub(crate) fn plain(message: String) -> Self {
        Self { message, span: None, hint: None }
    }
}
