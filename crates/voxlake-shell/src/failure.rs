//! Error of a statement, with its line in the script and a caret below its place.

use std::fmt;

use unicode_width::UnicodeWidthStr as _;
use voxlake_query::{CompletionCatalog, Diagnostic, QueryError, SourceSpan};
use voxlake_report::{ReportError, escape_control_chars};

/// Name of standard input in errors.
pub const STDIN: &str = "<stdin>";
/// Columns of a line to show around the caret.
const MAX_LINE_COLUMNS: usize = 96;

/// Source of a statement.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Name of the file in errors; `None` for typed text.
    pub file: Option<String>,
    /// First line of the statement, from 1.
    pub line: usize,
}

/// Error of a statement, formatted for its author.
#[derive(Debug)]
pub struct Failure {
    diagnostic: Diagnostic,
    sql: String,
    origin: Origin,
}

impl Failure {
    /// Creates the error of a statement. `completions` supplies suggestions.
    pub fn new(error: &QueryError, sql: &str, completions: &CompletionCatalog, origin: &Origin) -> Self {
        let diagnostic = Diagnostic::new(error, sql, completions);
        Self { diagnostic, sql: sql.to_owned(), origin: origin.clone() }
    }

    /// Adds a hint, unless there is one.
    pub fn with_hint(mut self, hint: Option<&str>) -> Self {
        self.diagnostic.hint = self.diagnostic.hint.or_else(|| hint.map(str::to_owned));
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic { message, span, hint } = &self.diagnostic;
        let line = self.origin.line.max(1) + span.map_or(0, |span| span.line.saturating_sub(1));
        if let Some(file) = &self.origin.file {
            write!(f, "{file}:{line}: ")?;
        }
        f.write_str(message)?;
        if let Some((span, text)) =
            span.and_then(|span| Some((span, self.sql.lines().nth(span.line.checked_sub(1)?)?)))
        {
            let (text, caret) = around(text, span);
            write!(f, "\nLINE {line}: {text}\n{}{caret}", " ".repeat(format!("LINE {line}: ").len()))?;
        }
        if let Some(hint) = hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// Part of a line around a span, and the carets below it.
fn around(line: &str, span: SourceSpan) -> (String, String) {
    // A tab or a direction mark would be escaped, which would shift the caret.
    let plain =
        |c: char| if escape_control_chars(c.encode_utf8(&mut [0; 4])).starts_with(c) { c } else { ' ' };
    let line: Vec<char> = line.chars().map(plain).collect();
    let at = span.column.saturating_sub(1).min(line.len());
    let from = if line.len() > MAX_LINE_COLUMNS { at.saturating_sub(MAX_LINE_COLUMNS / 2) } else { 0 };
    let to = line.len().min(from + MAX_LINE_COLUMNS);
    let text = |from: usize, to: usize| line[from..to].iter().collect::<String>();
    let before = if from > 0 { "…" } else { "" };
    let after = if to < line.len() { "…" } else { "" };
    let end = (at + span.length).min(to).max(at);
    let carets = text(at, end).width().max(1);
    let indent = before.width() + text(from, at).width();
    (format!("{before}{}{after}", text(from, to)), format!("{}{}", " ".repeat(indent), "^".repeat(carets)))
}

/// Returns whether an error means that the reader of the output is gone, which is not a failure.
#[must_use]
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<ReportError>().is_some_and(ReportError::is_broken_pipe)
            || cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(
        sql: &str,
        file: Option<&str>,
        line: usize,
        (at_line, column, length): (usize, usize, usize),
    ) -> String {
        let span = Some(SourceSpan { line: at_line, column, length });
        let diagnostic =
            Diagnostic { message: "it is wrong".to_owned(), span, hint: Some("do right".to_owned()) };
        let origin = Origin { file: file.map(str::to_owned), line };
        Failure { diagnostic, sql: sql.to_owned(), origin }.to_string()
    }

    #[test]
    fn caret_points_at_the_error() {
        insta::assert_snapshot!(render("SELECT\n\tカスタマー, b", Some("a.sql"), 3, (2, 9, 1)), @r"
        a.sql:4: it is wrong
        LINE 4:  カスタマー, b
                             ^
        hint: do right
        ");
    }

    #[test]
    fn long_lines_are_cut_around_the_caret() {
        let sql = format!("SELECT {}wrong{}", "a, ".repeat(100), ", b".repeat(100));
        let told = render(&sql, None, 1, (1, 308, 5));
        let lines: Vec<&str> = told.lines().collect();
        assert!(lines[1].chars().count() < 110, "{told}");
        let caret = lines[2].find('^').unwrap();
        assert!(lines[1].chars().skip(caret).collect::<String>().starts_with("wrong, b"), "{told}");
    }
}
