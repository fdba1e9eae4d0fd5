//! Bars of pieces: one for each category, a piece for each series.

use std::fmt::Write as _;

use super::axis::{gutter, horizontal_grid, labelled};
use super::colour::colour;
use super::context::{Said, escaped};
use super::scale::Scale;
use crate::content::number::Decimal;
use crate::content::words;
use crate::definition::Unit;

const PLOT: f64 = 220.0;
const TOP: f64 = 12.0;
const ROW: u32 = 42;
const BAR: u32 = 16;

/// The pieces of each category, by series; `None` where there is none.
pub(crate) struct Stacked {
    pub(crate) categories: Vec<String>,
    pub(crate) series: Vec<String>,
    pub(crate) values: Vec<Vec<Option<Decimal>>>,
}

impl Stacked {
    pub(crate) fn svg(&self, said: &Said<'_>) -> String {
        let sums = self.values.iter().map(|pieces| {
            // Pieces below zero have no place in a stack.
            let sum: f64 = pieces.iter().flatten().map(|piece| piece.approximately().max(0.0)).sum();
            // Shares of six digits add up to one but for their last.
            let places = if matches!(said.unit, Unit::Share) { 4 } else { 6 };
            Decimal::parse(&format!("{sum:.places$}"))
        });
        let whole = matches!(said.unit, Unit::Count(_));
        let scale = Scale::of(sums.flatten(), whole);
        let time = self.categories.len() > 1 && self.categories.iter().all(|name| words::is_time(name));
        if time { self.columns(said, &scale) } else { self.rows(said, &scale) }
    }

    /// The pieces of a category with where they begin and end along the axis, from 0 to 1.
    fn pieces<'a>(
        &'a self,
        at: usize,
        scale: &'a Scale,
    ) -> impl Iterator<Item = (usize, Decimal, f64, f64)> + 'a {
        let mut sum = 0.0;
        self.values[at].iter().enumerate().filter_map(move |(series, value)| {
            let value = (*value)?;
            let from = sum;
            sum += value.approximately().max(0.0);
            Some((series, value, scale.share(from), scale.share(sum)))
        })
    }

    fn columns(&self, said: &Said<'_>, scale: &Scale) -> String {
        let mut svg = horizontal_grid(said, scale, TOP, PLOT);
        let slot = 100.0 / self.categories.len().max(1) as f64;
        let is_labelled = labelled(self.categories.len());
        for (at, category) in self.categories.iter().enumerate() {
            let left = slot * at as f64;
            for (series, value, from, to) in self.pieces(at, scale) {
                let _ = write!(
                    svg,
                    "<rect class=\"piece {}\" x=\"{:.2}%\" y=\"{:.1}\" width=\"{:.2}%\" height=\"{:.1}\">\
                     <title>{}, {}: {}</title></rect>",
                    colour(series),
                    left + slot * 0.14,
                    TOP + PLOT * (1.0 - to),
                    slot * 0.72,
                    PLOT * (to - from),
                    escaped(&words::category(category)),
                    escaped(&self.series[series]),
                    escaped(&said.value(value)),
                );
            }
            if is_labelled(at) {
                let _ = write!(
                    svg,
                    "<text class=\"tick middle\" x=\"{:.2}%\" y=\"{:.1}\">{}</text>",
                    left + slot / 2.0,
                    TOP + PLOT + 18.0,
                    escaped(&words::tick(category)),
                );
            }
        }
        said.svg(262, gutter(said, scale), &svg)
    }

    fn rows(&self, said: &Said<'_>, scale: &Scale) -> String {
        let mut svg = String::new();
        let plot = u32::try_from(self.categories.len()).unwrap_or(0) * ROW;
        for tick in scale.ticks() {
            let x = scale.share(tick.approximately()) * 100.0;
            let class = if tick.is_zero() { "zero" } else { "grid" };
            let anchor = match x {
                x if x < 1.0 => "start",
                x if x > 99.0 => "end",
                _ => "middle",
            };
            let _ = write!(
                svg,
                "<line class=\"{class}\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"0\" y2=\"{plot}\"/>\
                 <text class=\"tick {anchor}\" x=\"{x:.2}%\" y=\"{}\">{}</text>",
                plot + 18,
                escaped(&said.tick(tick)),
            );
        }
        for (at, category) in self.categories.iter().enumerate() {
            let top = u32::try_from(at).unwrap_or(0) * ROW;
            let name = escaped(&words::category(category));
            let _ = write!(svg, "<text class=\"name\" x=\"0\" y=\"{}\">{name}</text>", top + 15);
            for (series, value, from, to) in self.pieces(at, scale) {
                let _ = write!(
                    svg,
                    "<rect class=\"piece {}\" x=\"{:.2}%\" y=\"{}\" width=\"{:.2}%\" height=\"{BAR}\">\
                     <title>{name}, {}: {}</title></rect>",
                    colour(series),
                    from * 100.0,
                    top + 20,
                    (to - from) * 100.0,
                    escaped(&self.series[series]),
                    escaped(&said.value(value)),
                );
            }
        }
        said.svg(plot + 26, 0, &svg)
    }
}
