//! Cells, the darker the more.

use std::fmt::Write as _;

use super::axis::labelled;
use super::context::{Said, escaped};
use crate::content::number::Decimal;
use crate::content::words;

const CELL: u32 = 26;
const TOP: u32 = 22;
/// Names as long as a weekday's short form have a narrow gutter.
const SHORT: usize = 4;
/// The faintest cell that has a value, of all colour.
const FAINTEST: f64 = 0.06;

/// Values by row and column; `None` where there is none.
pub(crate) struct Heatmap {
    pub(crate) rows: Vec<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) cells: Vec<Vec<Option<Decimal>>>,
}

impl Heatmap {
    /// The least and the most, as they are shown.
    pub(crate) fn ends(&self, said: &Said<'_>) -> Option<(String, String)> {
        let values = || self.cells.iter().flatten().flatten().copied();
        let least = values().min_by(|a, b| a.compare(*b))?;
        let most = values().max_by(|a, b| a.compare(*b))?;
        Some((said.tick(least), said.value(most)))
    }

    pub(crate) fn svg(&self, said: &Said<'_>) -> String {
        let values = || self.cells.iter().flatten().flatten().map(|value| value.approximately());
        let (least, most) = (values().fold(0.0, f64::min), values().fold(0.0, f64::max));
        let span = if most > least { most - least } else { 1.0 };
        let slot = 100.0 / self.columns.len().max(1) as f64;
        let mut svg = String::new();
        let is_labelled = labelled(self.columns.len());
        for (at, column) in self.columns.iter().enumerate().filter(|(at, _)| is_labelled(*at)) {
            let _ = write!(
                svg,
                "<text class=\"tick middle\" x=\"{:.2}%\" y=\"14\">{}</text>",
                slot * (at as f64 + 0.5),
                escaped(&words::tick(column)),
            );
        }
        let ticks: Vec<String> = self.rows.iter().map(|row| words::tick(row)).collect();
        let longest = ticks.iter().map(|tick| tick.chars().count()).max().unwrap_or(0);
        for (at, (row, tick)) in self.rows.iter().zip(&ticks).enumerate() {
            let y = TOP + u32::try_from(at).unwrap_or(0) * CELL;
            let _ = write!(
                svg,
                "<text class=\"tick end\" x=\"-8\" y=\"{}\">{}</text>",
                y + CELL / 2 + 4,
                escaped(tick)
            );
            for (place, column) in self.columns.iter().enumerate() {
                let value = self.cells[at][place];
                let shown = value.map_or_else(|| "none".to_owned(), |value| said.value(value));
                let (class, strength) = match value {
                    Some(value) => {
                        let share = (value.approximately() - least) / span;
                        ("cell", FAINTEST + (1.0 - FAINTEST) * share)
                    }
                    None => ("empty", 1.0),
                };
                let _ = write!(
                    svg,
                    "<rect class=\"{class}\" fill-opacity=\"{strength:.2}\" x=\"{:.2}%\" y=\"{y}\" \
                     width=\"{:.2}%\" height=\"{}\" rx=\"2\"><title>{}, {}: {}</title></rect>",
                    slot * place as f64 + slot * 0.03,
                    slot * 0.94,
                    CELL - 2,
                    escaped(&words::category(row)),
                    escaped(&words::category(column)),
                    escaped(&shown),
                );
            }
        }
        let gutter =
            if longest <= SHORT { 44 } else { u32::try_from(longest.min(28)).unwrap_or(28) * 7 + 10 };
        said.svg(TOP + u32::try_from(self.rows.len()).unwrap_or(0) * CELL + 4, gutter, &svg)
    }
}
