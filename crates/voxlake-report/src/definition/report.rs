//! What a report's file says: title, period, sections, and how each is shown.
//!
//! [`super::file`] has the form in which it is written; here is what it means, checked as far as that
//! is possible without knowing the questions. Whether a question has the columns that a section names is
//! checked by [`SectionDefinition::check_columns`], by whoever knows the question.

use std::collections::BTreeMap;

use thiserror::Error;

use super::query::{Ask, ColumnAbout};

/// What is wrong with a report's file, with what would be right.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{file}: {reason}")]
pub struct DefinitionError {
    /// The file, as it was named.
    pub file: String,
    /// Where in it and what.
    pub reason: String,
}

/// A report: questions about one period, and how their answers are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportDefinition {
    /// The name to ask for it by: its file's, without the ending.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it tells, in a sentence or two; empty where it does not say.
    pub description: String,
    /// The period that it is about, where whoever runs it names none.
    pub period: Period,
    /// IANA name of its time zone; `None`: the reader's own setting.
    pub timezone: Option<String>,
    /// Its sections, in order; at least one.
    pub sections: Vec<SectionDefinition>,
    /// The text of the file.
    pub source: String,
}

/// The period of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    /// The local day before the one on which it is made.
    PreviousDay,
    /// The ISO week before.
    PreviousWeek,
    /// The calendar month before.
    PreviousMonth,
    /// A period by its name, such as `2026-W44`.
    Named(String),
    /// From one moment to another, which is not part of it.
    Between {
        /// First moment.
        from: String,
        /// First moment after.
        to: String,
    },
}

impl Period {
    /// The period that a text names.
    #[must_use]
    pub fn named(text: &str) -> Self {
        match text.trim() {
            "previous-day" => Self::PreviousDay,
            "previous-week" => Self::PreviousWeek,
            "previous-month" => Self::PreviousMonth,
            other => Self::Named(other.to_owned()),
        }
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PreviousDay => f.write_str("previous-day"),
            Self::PreviousWeek => f.write_str("previous-week"),
            Self::PreviousMonth => f.write_str("previous-month"),
            Self::Named(name) => f.write_str(name),
            Self::Between { from, to } => write!(f, "{from} to {to}"),
        }
    }
}

/// A part of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionDefinition {
    /// What names it in links, sheets and files.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What its readers should know, as plain text; paragraphs are parted by an empty line.
    pub text: String,
    /// What is asked; figures may each ask something else, and free text asks nothing.
    pub ask: Option<Ask>,
    /// How the answer is shown.
    pub view: View,
    /// The kinds of lines that are shown, by the column `line`; empty: those that fit the view.
    pub lines: Vec<String>,
    /// The column to sort by, and whether the largest come first; `None`: as the question does.
    pub sort: Option<(String, bool)>,
    /// Most rows that are shown to people; workbooks and machines get all.
    pub limit: Option<usize>,
    /// Headings of columns in place of their names.
    pub labels: BTreeMap<String, String>,
}

/// How an answer is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// A table with these columns; none named: all that are for people.
    Table(Vec<String>),
    /// A bar for each row.
    Bar {
        /// What names the bars.
        category: String,
        /// How long they are.
        value: String,
    },
    /// A bar for each category, of a piece for each series.
    StackedBar {
        /// What names the bars.
        category: String,
        /// What names the pieces.
        series: String,
        /// How long they are.
        value: String,
    },
    /// A line for each value, or for each series of the one value.
    Line {
        /// What goes along the axis.
        category: String,
        /// What the lines tell.
        values: Vec<String>,
        /// What tells the lines apart.
        series: Option<String>,
    },
    /// A cell for each row, the darker the more.
    Heatmap {
        /// What names the rows.
        row: String,
        /// What names the columns.
        column: String,
        /// What the cells tell.
        value: String,
    },
    /// Single figures, each with its change against the period before.
    Figures(Vec<FigureDefinition>),
    /// Free text alone.
    Text,
}

/// A single figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureDefinition {
    /// What it is called.
    pub label: String,
    /// What is asked.
    pub ask: Ask,
    /// The column that it stands in.
    pub column: String,
    /// The row that it stands in, by the values of columns; with no `line` among them, the total.
    pub row: BTreeMap<String, String>,
    /// Whether less is better (`Some(false)`), more is (`Some(true)`), or neither.
    pub more_is_better: Option<bool>,
}

impl SectionDefinition {
    /// The questions that the section needs.
    pub fn asks(&self) -> impl Iterator<Item = &Ask> {
        let figures = match &self.view {
            View::Figures(figures) => figures.as_slice(),
            _ => &[],
        };
        self.ask.iter().filter(|_| figures.is_empty()).chain(figures.iter().map(|figure| &figure.ask))
    }

    /// Refuses columns that the section names and the question `ask` does not have, or whose kind does not
    /// suit what is drawn of them.
    ///
    /// # Errors
    /// What is wrong, with the columns that there are.
    pub fn check_columns(&self, ask: &Ask, columns: &[ColumnAbout]) -> Result<(), String> {
        let known = || columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        let find = |key: &str, name: &str| {
            columns.iter().find(|column| column.name == name).ok_or_else(|| {
                format!("{key} = {name:?}, but {} has no such column; it has {}", ask.query, known())
            })
        };
        let number = |key: &str, name: &str| {
            let column = find(key, name)?;
            if column.is_number {
                return Ok(());
            }
            let numbers = columns.iter().filter(|column| column.is_number);
            let numbers = numbers.map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
            Err(format!("{key} = {name:?}, which is no number; numbers of {} are {numbers}", ask.query))
        };
        let text = |key: &str, name: &str| find(key, name).map(drop);
        match &self.view {
            View::Table(names) => names.iter().try_for_each(|name| text("columns", name))?,
            View::Bar { category, value } => {
                text("category", category)?;
                number("value", value)?;
            }
            View::StackedBar { category, series, value } => {
                text("category", category)?;
                text("series", series)?;
                number("value", value)?;
            }
            View::Line { category, values, series } => {
                text("category", category)?;
                series.iter().try_for_each(|series| text("series", series))?;
                values.iter().try_for_each(|value| number("values", value))?;
            }
            View::Heatmap { row, column, value } => {
                text("row", row)?;
                text("column", column)?;
                number("value", value)?;
            }
            View::Figures(figures) => {
                for figure in figures.iter().filter(|figure| figure.ask == *ask) {
                    let at = |reason: String| format!("figure {:?}: {reason}", figure.label);
                    number("column", &figure.column).map_err(at)?;
                    figure.row.keys().try_for_each(|name| text("where", name)).map_err(at)?;
                }
                return Ok(());
            }
            View::Text => return Ok(()),
        }
        if let Some((sort, _)) = &self.sort {
            find("sort", sort)?;
        }
        self.labels.keys().try_for_each(|name| text("labels", name))
    }
}
