//! Lines over time.

use std::fmt::Write as _;

use super::axis::{gutter, horizontal_grid, labelled};
use super::colour::colour;
use super::context::{Said, escaped};
use super::scale::Scale;
use crate::content::number::Decimal;
use crate::content::words;
use crate::definition::Unit;

const PLOT: f64 = 200.0;
const TOP: f64 = 12.0;
/// So many places have a point each; more would be a thick line.
const POINTED: usize = 48;

/// A line for each series, over the same places.
pub(crate) struct Lines {
    pub(crate) categories: Vec<String>,
    pub(crate) series: Vec<(String, Vec<Option<Decimal>>)>,
}

impl Lines {
    pub(crate) fn svg(&self, said: &Said<'_>) -> String {
        let values = self.series.iter().flat_map(|(_, values)| values.iter().flatten().copied());
        let scale = Scale::of(values, matches!(said.unit, Unit::Count(_)));
        let mut svg = horizontal_grid(said, &scale, TOP, PLOT);
        let slot = 100.0 / self.categories.len().max(1) as f64;
        let x = |at: usize| slot * (at as f64 + 0.5);
        let y = |value: Decimal| TOP + PLOT * (1.0 - scale.share(value.approximately()));
        let is_labelled = labelled(self.categories.len());
        for (at, category) in self.categories.iter().enumerate().filter(|(at, _)| is_labelled(*at)) {
            let _ = write!(
                svg,
                "<text class=\"tick middle\" x=\"{:.2}%\" y=\"{:.1}\">{}</text>",
                x(at),
                TOP + PLOT + 18.0,
                escaped(&words::tick(category)),
            );
        }
        for (series, (name, values)) in self.series.iter().enumerate() {
            let colour = colour(series);
            // Stretched to the width of its box, which a path's own coordinates cannot be.
            let _ = write!(
                svg,
                "<svg class=\"stretched\" x=\"0\" y=\"0\" width=\"100%\" height=\"{0}\" viewBox=\"0 0 100 {0}\" \
                 preserveAspectRatio=\"none\">",
                TOP + PLOT,
            );
            for run in runs(values) {
                let points: String =
                    run.iter().map(|(at, value)| format!("{:.2},{:.1} ", x(*at), y(*value))).collect();
                let _ = write!(
                    svg,
                    "<polyline class=\"line {colour} d{}\" points=\"{}\"/>",
                    series % 3,
                    points.trim_end()
                );
            }
            svg.push_str("</svg>");
            if values.len() > POINTED {
                continue;
            }
            for (at, value) in values.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?))) {
                let _ = write!(
                    svg,
                    "<circle class=\"point {colour}\" cx=\"{:.2}%\" cy=\"{:.1}\" r=\"3.5\"><title>{}, {}: {}</title></circle>",
                    x(at),
                    y(value),
                    escaped(&words::category(&self.categories[at])),
                    escaped(name),
                    escaped(&said.value(value)),
                );
            }
        }
        said.svg(242, gutter(said, &scale), &svg)
    }
}

/// Values without a gap between them, with their places.
fn runs(values: &[Option<Decimal>]) -> Vec<Vec<(usize, Decimal)>> {
    let mut runs = vec![Vec::new()];
    for (at, value) in values.iter().enumerate() {
        match value {
            Some(value) => {
                if let Some(run) = runs.last_mut() {
                    run.push((at, *value));
                }
            }
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| run.len() > 1);
    runs
}
