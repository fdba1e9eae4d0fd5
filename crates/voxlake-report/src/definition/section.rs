//! Definition of a section: its query, and how the result is shown.

use std::collections::BTreeMap;

use super::request::{ColumnMeta, QueryRequest};

/// A section of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionDefinition {
    /// Id, used in links and file names.
    pub id: String,
    /// Title.
    pub title: String,
    /// Explanation for readers, as plain text. Empty lines separate paragraphs.
    pub text: String,
    /// The query. Figures may have queries of their own, and a section of text has none.
    pub request: Option<QueryRequest>,
    /// Form in which the result is shown.
    pub view: View,
    /// Values of the column `line` whose rows are shown; empty: all.
    pub lines: Vec<String>,
    /// Column to sort by, and true for descending order; `None`: the order of the query.
    pub sort: Option<(String, bool)>,
    /// Maximum number of rows shown to people; workbooks, CSV and JSON have all rows.
    pub limit: Option<usize>,
    /// Headings of columns, in place of their names.
    pub labels: BTreeMap<String, String>,
    /// Column whose changes against the compared period the table shows.
    pub change: Option<ChangeDefinition>,
}

/// Column of a table whose changes against the compared period are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeDefinition {
    /// Column with the values.
    pub column: String,
    /// `Some(true)` if an increase is good, `Some(false)` if a decrease is, `None` if neither.
    pub more_is_better: Option<bool>,
}

/// Form in which the result of a section is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// A table with these columns; if empty, with all columns that are meant for people.
    Table(Vec<String>),
    /// One bar for each row.
    Bar {
        /// Column that labels the bars.
        category: String,
        /// Column with the lengths.
        value: String,
    },
    /// One bar for each category, with one segment for each series.
    StackedBar {
        /// Column that labels the bars.
        category: String,
        /// Column that labels the segments.
        series: String,
        /// Column with the lengths.
        value: String,
    },
    /// One line for each value, or for each series of a single value.
    Line {
        /// Column along the horizontal axis.
        category: String,
        /// Columns with the values.
        values: Vec<String>,
        /// Column that labels the lines.
        series: Option<String>,
    },
    /// One cell for each row; higher values are darker.
    Heatmap {
        /// Column that labels the rows.
        row: String,
        /// Column that labels the columns.
        column: String,
        /// Column with the values.
        value: String,
    },
    /// Single figures, each with its change against the compared period.
    Figures(Vec<FigureDefinition>),
    /// Only text.
    Text,
}

/// A single figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureDefinition {
    /// Label.
    pub label: String,
    /// The query.
    pub request: QueryRequest,
    /// Column with the figure.
    pub column: String,
    /// Row with the figure, by values of columns; if empty, the total.
    pub row: BTreeMap<String, String>,
    /// `Some(true)` if an increase is good, `Some(false)` if a decrease is, `None` if neither.
    pub more_is_better: Option<bool>,
}

impl SectionDefinition {
    /// Returns the queries of the section and its figures.
    pub fn requests(&self) -> impl Iterator<Item = &QueryRequest> {
        let figures = match &self.view {
            View::Figures(figures) => figures.as_slice(),
            _ => &[],
        };
        let own = self.request.iter().filter(|_| figures.is_empty());
        own.chain(figures.iter().map(|figure| &figure.request))
    }

    /// Returns the queries whose results for the compared period are needed.
    pub fn compared_requests(&self) -> impl Iterator<Item = &QueryRequest> {
        let is_compared = self.change.is_some() || matches!(self.view, View::Figures(_));
        self.requests().filter(move |_| is_compared)
    }

    /// Checks that the query `request` has all columns that the section uses, and that columns
    /// drawn as numbers are numbers.
    ///
    /// # Errors
    /// A message with the key, the missing or unsuitable column and the columns of the query.
    pub fn check_columns(&self, request: &QueryRequest, columns: &[ColumnMeta]) -> Result<(), String> {
        let known = QueryColumns { query: &request.query, columns };
        match &self.view {
            View::Table(names) => names.iter().try_for_each(|name| known.require("columns", name))?,
            View::Bar { category, value } => {
                known.require("category", category)?;
                known.require_number("value", value)?;
            }
            View::StackedBar { category, series, value } => {
                known.require("category", category)?;
                known.require("series", series)?;
                known.require_number("value", value)?;
            }
            View::Line { category, values, series } => {
                known.require("category", category)?;
                series.iter().try_for_each(|series| known.require("series", series))?;
                values.iter().try_for_each(|value| known.require_number("values", value))?;
            }
            View::Heatmap { row, column, value } => {
                known.require("row", row)?;
                known.require("column", column)?;
                known.require_number("value", value)?;
            }
            View::Figures(figures) => {
                for figure in figures.iter().filter(|figure| figure.request == *request) {
                    let fail = |reason: String| format!("figure {:?}: {reason}", figure.label);
                    known.require_number("column", &figure.column).map_err(fail)?;
                    figure.row.keys().try_for_each(|name| known.require("where", name)).map_err(fail)?;
                }
                return Ok(());
            }
            View::Text => return Ok(()),
        }
        if let Some((sort, _)) = &self.sort {
            known.require("sort", sort)?;
        }
        if let Some(change) = &self.change {
            known.require_number("change", &change.column)?;
        }
        self.labels.keys().try_for_each(|name| known.require("labels", name))
    }
}

/// Columns of a query, for messages about missing ones.
struct QueryColumns<'a> {
    query: &'a str,
    columns: &'a [ColumnMeta],
}

impl QueryColumns<'_> {
    /// Fails if the query has no column `name`, which the section uses as `key`.
    fn require(&self, key: &str, name: &str) -> Result<(), String> {
        self.find(key, name).map(drop)
    }

    /// Fails if the query has no column `name`, or if that is not a number.
    fn require_number(&self, key: &str, name: &str) -> Result<(), String> {
        if self.find(key, name)?.is_number {
            return Ok(());
        }
        let numbers = names(self.columns.iter().filter(|column| column.is_number));
        let query = self.query;
        Err(format!("{key} = {name:?} is not a number; the numbers of {query} are {numbers}"))
    }

    fn find(&self, key: &str, name: &str) -> Result<&ColumnMeta, String> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let known = names(self.columns.iter());
            format!("{key} = {name:?} is not a column of {}, which has {known}", self.query)
        })
    }
}

fn names<'a>(columns: impl Iterator<Item = &'a ColumnMeta>) -> String {
    columns.map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}
