//! Heatmap: higher values are darker.

use std::fmt::Write as _;

use super::axis::label_filter;
use super::context::{ChartContext, escape_svg};
use crate::content::labels;
use crate::content::number::Decimal;

/// Height of a row, in pixels.
const CELL_PX: u32 = 26;
/// Space above the rows, in pixels.
const TOP_PX: u32 = 22;
/// Maximum length of row names, such as weekdays, for a narrow gutter.
const SHORT_NAME_CHARS: usize = 4;
/// Minimum opacity of a cell with a value.
const MIN_OPACITY: f64 = 0.06;

/// Values by row and column.
pub(crate) struct Heatmap {
    pub(crate) rows: Vec<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) cells: Vec<Vec<Option<Decimal>>>,
}

impl Heatmap {
    /// Returns the lowest and the highest value, formatted.
    pub(crate) fn ends(&self, context: &ChartContext<'_>) -> Option<(String, String)> {
        let values = || self.cells.iter().flatten().flatten().copied();
        let lowest = values().min_by(|a, b| a.compare(*b))?;
        let highest = values().max_by(|a, b| a.compare(*b))?;
        Some((context.format_tick(lowest), context.format_value(highest)))
    }

    pub(crate) fn svg(&self, context: &ChartContext<'_>) -> String {
        let values = || self.cells.iter().flatten().flatten().map(|value| value.to_f64());
        let (lowest, highest) = (values().fold(0.0, f64::min), values().fold(0.0, f64::max));
        let span = if highest > lowest { highest - lowest } else { 1.0 };
        let slot = 100.0 / self.columns.len().max(1) as f64;
        let mut svg = String::new();
        let is_labelled = label_filter(self.columns.len());
        for (at, column) in self.columns.iter().enumerate().filter(|(at, _)| is_labelled(*at)) {
            let _ = write!(
                svg,
                "<text class=\"tick middle\" x=\"{:.2}%\" y=\"14\">{}</text>",
                slot * (at as f64 + 0.5),
                escape_svg(&labels::tick_label(column)),
            );
        }
        let ticks: Vec<String> = self.rows.iter().map(|row| labels::tick_label(row)).collect();
        let longest = ticks.iter().map(|tick| tick.chars().count()).max().unwrap_or(0);
        for (at, (row, tick)) in self.rows.iter().zip(&ticks).enumerate() {
            let y = TOP_PX + u32::try_from(at).unwrap_or(0) * CELL_PX;
            let _ = write!(
                svg,
                "<text class=\"tick end\" x=\"-8\" y=\"{}\">{}</text>",
                y + CELL_PX / 2 + 4,
                escape_svg(tick)
            );
            for (place, column) in self.columns.iter().enumerate() {
                let value = self.cells[at][place];
                let shown = value.map_or_else(|| "none".to_owned(), |value| context.format_value(value));
                let (class, opacity) = match value {
                    Some(value) => {
                        let share = (value.to_f64() - lowest) / span;
                        ("cell", MIN_OPACITY + (1.0 - MIN_OPACITY) * share)
                    }
                    None => ("empty", 1.0),
                };
                let _ = write!(
                    svg,
                    "<rect class=\"{class}\" fill-opacity=\"{opacity:.2}\" x=\"{:.2}%\" y=\"{y}\" \
                     width=\"{:.2}%\" height=\"{}\" rx=\"2\"><title>{}, {}: {}</title></rect>",
                    slot * place as f64 + slot * 0.03,
                    slot * 0.94,
                    CELL_PX - 2,
                    escape_svg(&labels::category_label(row)),
                    escape_svg(&labels::category_label(column)),
                    escape_svg(&shown),
                );
            }
        }
        let gutter = if longest <= SHORT_NAME_CHARS {
            44
        } else {
            u32::try_from(longest.min(28)).unwrap_or(28) * 7 + 10
        };
        context.svg(TOP_PX + u32::try_from(self.rows.len()).unwrap_or(0) * CELL_PX + 4, gutter, &svg)
    }
}
