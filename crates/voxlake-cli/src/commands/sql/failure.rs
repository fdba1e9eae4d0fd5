//! An error of a statement, with the line of the script and a caret below what is wrong.

use std::fmt;

use unicode_width::UnicodeWidthStr as _;
use voxlake_query::{Lexicon, Place, Problem, QueryError};
use voxlake_report::escape_control_chars;

/// Name of standard input in errors.
pub(crate) const STDIN: &str = "<stdin>";
/// Columns of a line that are shown around the caret.
const SHOWN: usize = 96;

/// Where pieces of a script come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// The file, as errors name it; none: what was typed.
    pub(crate) file: Option<String>,
    /// The line that the piece begins in.
    pub(crate) line: usize,
}

/// A statement that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    problem: Problem,
    sql: String,
    origin: Origin,
}

impl Failure {
    /// The error of a statement, in words for its author.
    pub(crate) fn new(error: &QueryError, sql: &str, lexicon: &Lexicon, origin: &Origin) -> Self {
        let problem = Problem::of(error, sql, lexicon);
        Self { problem, sql: sql.to_owned(), origin: origin.clone() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { message, place, hint } = &self.problem;
        let line = self.origin.line.max(1) + place.map_or(0, |place| place.line.saturating_sub(1));
        if let Some(file) = &self.origin.file {
            write!(f, "{file}:{line}: ")?;
        }
        f.write_str(message)?;
        if let Some((place, text)) =
            place.and_then(|place| Some((place, self.sql.lines().nth(place.line.checked_sub(1)?)?)))
        {
            let (text, caret) = around(text, place);
            write!(f, "\nLINE {line}: {text}\n{}{caret}", " ".repeat(format!("LINE {line}: ").len()))?;
        }
        if let Some(hint) = hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// The part of a line around a place, and the carets below it.
fn around(line: &str, place: Place) -> (String, String) {
    // A tab or a mark of direction would be spelled out, and the caret would miss.
    let plain =
        |c: char| if escape_control_chars(c.encode_utf8(&mut [0; 4])).starts_with(c) { c } else { ' ' };
    let line: Vec<char> = line.chars().map(plain).collect();
    let at = place.column.saturating_sub(1).min(line.len());
    let from = if line.len() > SHOWN { at.saturating_sub(SHOWN / 2) } else { 0 };
    let to = line.len().min(from + SHOWN);
    let text = |from: usize, to: usize| line[from..to].iter().collect::<String>();
    let before = if from > 0 { "…" } else { "" };
    let after = if to < line.len() { "…" } else { "" };
    let end = (at + place.length).min(to).max(at);
    let carets = text(at, end).width().max(1);
    let indent = before.width() + text(from, at).width();
    (format!("{before}{}{after}", text(from, to)), format!("{}{}", " ".repeat(indent), "^".repeat(carets)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(
        sql: &str,
        file: Option<&str>,
        line: usize,
        (at_line, column, length): (usize, usize, usize),
    ) -> String {
        let place = Some(Place { line: at_line, column, length });
        let problem = Problem { message: "it is wrong".to_owned(), place, hint: Some("do right".to_owned()) };
        let origin = Origin { file: file.map(str::to_owned), line };
        Failure { problem, sql: sql.to_owned(), origin }.to_string()
    }

    #[test]
    fn the_caret_stands_below_what_is_wrong_in_the_line_of_the_script() {
        insta::assert_snapshot!(told("SELECT\n\tカスタマー, b", Some("a.sql"), 3, (2, 9, 1)), @r"
        a.sql:4: it is wrong
        LINE 4:  カスタマー, b
                             ^
        hint: do right
        ");
    }

    #[test]
    fn of_a_long_line_the_part_around_the_caret_is_shown() {
        let sql = format!("SELECT {}wrong{}", "a, ".repeat(100), ", b".repeat(100));
        let told = told(&sql, None, 1, (1, 308, 5));
        let lines: Vec<&str> = told.lines().collect();
        assert!(lines[1].chars().count() < 110, "{told}");
        let caret = lines[2].find('^').unwrap();
        assert!(lines[1].chars().skip(caret).collect::<String>().starts_with("wrong, b"), "{told}");
    }
}
