//! Options of a writer.

use crate::result_description::ResultDescription;

/// Options of a writer. Each format uses those that apply to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriterOptions {
    /// Title of an HTML page and caption of its table, as plain text. `None`: `Answer`.
    pub title: Option<String>,
    /// Maximum width of a table in terminal columns. Text is truncated with an ellipsis to keep
    /// within it; numbers, times and headers are not truncated. `None`: no limit.
    pub width: Option<u16>,
    /// Description of the result of a named query. Formats for people use its units, and leave out
    /// columns that carry no information. `None`: all columns, with their exact values.
    pub description: Option<ResultDescription>,
    /// Notes below a table of a format for people, as plain text.
    pub notes: Vec<String>,
}

impl WriterOptions {
    /// Sets the title.
    #[must_use]
    pub fn with_title(self, title: Option<String>) -> Self {
        Self { title, ..self }
    }

    /// Sets the width.
    #[must_use]
    pub fn with_width(self, width: Option<u16>) -> Self {
        Self { width, ..self }
    }

    /// Sets the description of the result.
    #[must_use]
    pub fn with_description(self, description: Option<ResultDescription>) -> Self {
        Self { description, ..self }
    }
}
