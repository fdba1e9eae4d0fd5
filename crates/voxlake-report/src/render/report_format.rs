//! Output formats of reports.

use std::fmt;

/// Output format of a report. [`render`](crate::render) makes the files.
///
/// ```
/// use voxlake_report::ReportFormat;
///
/// assert_eq!(ReportFormat::from_name("xlsx"), Some(ReportFormat::Xlsx));
/// assert_eq!(ReportFormat::Json.media_type(), "application/json");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportFormat {
    /// HTML page in a single file, with charts.
    Html,
    /// Excel workbook with one sheet for each section.
    Xlsx,
    /// One file of comma-separated values for each section.
    Csv,
    /// One JSON object.
    Json,
    /// Markdown document.
    Markdown,
}

impl ReportFormat {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Html, Self::Xlsx, Self::Csv, Self::Json, Self::Markdown];

    /// Returns the name of the format on a command line and in a configuration file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Markdown => "markdown",
        }
    }

    /// Returns a short description for people.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Html => "Web page in one file",
            Self::Xlsx => "Excel workbook with a sheet for each section",
            Self::Csv => "Comma-separated values, a file for each section",
            Self::Json => "One JSON object",
            Self::Markdown => "Markdown document",
        }
    }

    /// Returns the format with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Returns the media type of the files.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Markdown => "text/markdown; charset=utf-8",
        }
    }
}

impl fmt::Display for ReportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// File name, without a folder.
    pub name: String,
    /// Format.
    pub format: ReportFormat,
    /// Contents.
    pub bytes: Vec<u8>,
}
