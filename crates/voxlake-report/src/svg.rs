//! Charts as SVG within an HTML page. Horizontal lengths are percentages of the box, and text is
//! sized in pixels: a narrow screen shortens bars and leaves text readable. Colours come from the
//! style of the page, for light and dark mode and print.
//!
//! Each chart has a title, a description, units and axes. All texts are escaped.
//!
//! - [`bars`]: one bar for each row
//! - [`stacked`]: bars with segments; [`lines`]: lines over time; [`heatmap`]: cells
//! - [`scale`]: positions and tick marks of an axis

mod axis;
mod bars;
mod colour;
mod context;
mod heatmap;
mod lines;
mod scale;
mod stacked;

pub(crate) use bars::{Bar, BarKind, Bars};
pub(crate) use colour::series_class;
pub(crate) use context::ChartContext;
pub(crate) use heatmap::Heatmap;
pub(crate) use lines::{LineSeries, Lines};
pub(crate) use stacked::StackedBars;
