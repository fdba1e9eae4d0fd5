//! Output formats and their names.

use std::fmt;

/// Output format of a query result.
///
/// ```
/// use voxlake_report::Format;
///
/// assert_eq!(Format::from_extension("XLSX"), Some(Format::Xlsx));
/// assert_eq!(Format::Ndjson.name(), "ndjson");
/// assert!(Format::Parquet.is_binary());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Table for a terminal. Keeps all rows in memory until the end.
    #[default]
    Table,
    /// Table in GitHub Flavored Markdown.
    Markdown,
    /// HTML page in a single file, without scripts or external resources.
    Html,
    /// Comma-separated values with a header line, as in RFC 4180.
    Csv,
    /// Tab-separated values with a header line.
    Tsv,
    /// JSON array of objects.
    Json,
    /// Newline-delimited JSON: one object per line.
    Ndjson,
    /// Excel workbook with one sheet.
    Xlsx,
    /// Parquet file, with the types of the result.
    Parquet,
    /// Arrow IPC stream, with the types of the result. Unlike the Arrow file format, it can be
    /// written to a pipe.
    Arrow,
}

impl Format {
    /// All formats, those for people first.
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

    /// Returns the name of the format on a command line.
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

    /// Returns a short description for people.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Table => "Table for a terminal",
            Self::Markdown => "Markdown table",
            Self::Html => "Web page",
            Self::Csv => "Comma-separated values",
            Self::Tsv => "Tab-separated values",
            Self::Json => "JSON array",
            Self::Ndjson => "One JSON object per line",
            Self::Xlsx => "Excel workbook",
            Self::Parquet => "Parquet file",
            Self::Arrow => "Arrow IPC stream",
        }
    }

    /// Returns the file extension, without the dot. Arrow streams use the registered `arrows`;
    /// `arrow` is the Arrow file format, which is not supported.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Markdown => "md",
            Self::Arrow => "arrows",
            other => other.name(),
        }
    }

    /// Returns the format of files with this extension, given in any case and without the dot.
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

    /// Returns true if the output is for people rather than for programs: a table, Markdown or
    /// HTML.
    #[must_use]
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::Table | Self::Markdown | Self::Html)
    }

    /// Returns true if the output is not text.
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
    fn extensions_match_in_any_case_and_by_alias() {
        assert_eq!(Format::from_extension("XLSX"), Some(Format::Xlsx));
        assert_eq!(Format::from_extension("htm"), Some(Format::Html));
        assert_eq!(Format::from_extension("Markdown"), Some(Format::Markdown));
        assert_eq!(Format::from_extension("jsonl"), Some(Format::Ndjson));
        assert_eq!(Format::from_extension("xls"), None);
    }

    #[test]
    fn arrow_file_format_is_not_the_stream() {
        assert_eq!(Format::from_extension("arrow"), None);
    }
}
