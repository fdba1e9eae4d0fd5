//! Layout of a section for people: its table and its charts.
//!
//! HTML, e-mail and Markdown share this layout, so that all of them show the same rows and labels.
//! Tables of named queries have the same columns and cells.

mod cells;
mod charts;
mod columns;
mod pivot;
mod table;

pub(crate) use cells::CellFormatter;
pub(crate) use charts::{ChartLayout, chart_layouts};
pub(crate) use columns::DisplayColumns;
pub(crate) use table::{RowLayout, TableLayout, column_heading, table_layout};
