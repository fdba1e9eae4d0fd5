//! The formats and their names.

use std::fmt;

/// The form in which an answer goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    #[default]
    Table,
    /// A table of GitHub's Markdown.
    Markdown,
    /// A page for a browser, whole in one file.
    Html,
    /// Comma-separated values with a header line, as in RFC 4180.
    Csv,
    /// Tab-separated values with a header line.
    Tsv,
    /// One JSON array of objects.
    Json,
    /// One JSON object per line.
    Ndjson,
    /// A workbook of Excel with one sheet.
    Xlsx,
    /// A Parquet file, with the types of the answer.
    Parquet,
    /// A stream of Arrow IPC messages, with the types of the answer. Not Arrow's file format, which
    /// can be read only when it is there whole: a stream goes through a pipe.
    Arrow,
}

impl Format {
    /// Every format, those for people first.
    pub const ALL: [Self; 10] = [
        Self::Table,
        Self::Markdown,
        Self::Html,
        Self::Csv,
        Self::Tsv,
        Self::Json,
        Self::Ndjson,
        Self::Xlsx,
        Self::Parquet,
        Self::Arrow,
    ];

    /// The format's name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// How names of files in this format end, without the dot. Arrow streams end in `arrows`, as they
    /// are registered; `arrow` is Arrow's file format, which nothing here writes.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Markdown => "md",
            Self::Arrow => "arrows",
            other => other.name(),
        }
    }

    /// The format whose files end in `extension`, in whatever case and without the dot; `None` where
    /// no format's do.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        let extension = match extension.to_ascii_lowercase().as_str() {
            "markdown" => "md".to_owned(),
            "htm" => "html".to_owned(),
            "jsonl" => "ndjson".to_owned(),
            other => other.to_owned(),
        };
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }

    /// Whether the output is bytes that a terminal cannot show.
    #[must_use]
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Xlsx | Self::Parquet | Self::Arrow)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_extension() {
        for format in Format::ALL {
            assert_eq!(Format::from_extension(format.extension()), Some(format));
        }
    }

    #[test]
    fn extensions_are_found_in_any_case_and_by_their_other_names() {
        assert_eq!(Format::from_extension("XLSX"), Some(Format::Xlsx));
        assert_eq!(Format::from_extension("htm"), Some(Format::Html));
        assert_eq!(Format::from_extension("Markdown"), Some(Format::Markdown));
        assert_eq!(Format::from_extension("jsonl"), Some(Format::Ndjson));
        assert_eq!(Format::from_extension("xls"), None);
    }

    #[test]
    fn arrows_file_format_is_not_taken_for_the_stream() {
        assert_eq!(Format::from_extension("arrow"), None);
    }
}
