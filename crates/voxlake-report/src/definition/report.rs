//! Definition of a report: title, period and sections.

use std::fmt;

use thiserror::Error;

use super::section::SectionDefinition;

/// Error in a report file, with its place and a remedy.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{file}: {reason}")]
#[non_exhaustive]
pub struct DefinitionError {
    /// The file, as given to [`ReportDefinition::parse`].
    pub file: String,
    /// Place in the file, cause and remedy.
    pub reason: String,
}

/// A report: queries for one period, and how their results are shown.
///
/// [`ReportDefinition::parse`] checks everything that does not depend on the queries.
/// [`SectionDefinition::check_columns`] checks the columns that a section uses.
///
/// ```
/// use voxlake_report::{Period, ReportDefinition, View};
///
/// let file = "
/// title = \"Queues\"
/// period = \"previous-week\"
///
/// [[section]]
/// title = \"Abandonment by queue\"
/// show = \"bar\"
/// query = \"abandonment_rate\"
/// parameters = { by = \"queue\" }
/// category = \"group_name\"
/// value = \"abandonment_rate\"
/// sort = \"-abandonment_rate\"
/// ";
/// let report = ReportDefinition::parse("queues", "queues.toml", file)?;
/// assert_eq!(report.period, Period::PreviousWeek);
/// assert_eq!(report.sections[0].id, "abandonment-by-queue");
/// assert!(matches!(report.sections[0].view, View::Bar { .. }));
/// # Ok::<(), voxlake_report::DefinitionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportDefinition {
    /// Name of the report: the name of its file without extension.
    pub name: String,
    /// Title.
    pub title: String,
    /// Description in a sentence or two; may be empty.
    pub description: String,
    /// Default period.
    pub period: Period,
    /// IANA name of the time zone; `None`: the configured one.
    pub timezone: Option<String>,
    /// Name of the comparison with another period, such as `previous-year`; `None`: that of the
    /// period. As with the names of periods, the caller checks it.
    pub compare: Option<String>,
    /// Sections, at least one.
    pub sections: Vec<SectionDefinition>,
    /// Text of the file.
    pub source: String,
}

/// Period of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    /// The local day before the one on which the report is made.
    PreviousDay,
    /// The ISO week before.
    PreviousWeek,
    /// The calendar month before.
    PreviousMonth,
    /// A period by its name, such as `2026-W44`.
    Named(String),
    /// A time range.
    Between {
        /// Start, inclusive.
        from: String,
        /// End, exclusive.
        to: String,
    },
}

impl Period {
    /// Parses the name of a period. Names other than the previous day, week and month are not
    /// checked.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "previous-day" => Self::PreviousDay,
            "previous-week" => Self::PreviousWeek,
            "previous-month" => Self::PreviousMonth,
            other => Self::Named(other.to_owned()),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PreviousDay => f.write_str("previous-day"),
            Self::PreviousWeek => f.write_str("previous-week"),
            Self::PreviousMonth => f.write_str("previous-month"),
            Self::Named(name) => f.write_str(name),
            Self::Between { from, to } => write!(f, "{from} to {to}"),
        }
    }
}
