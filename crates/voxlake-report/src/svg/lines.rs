//! Lines over time.

use std::fmt::Write as _;

use super::axis::{gutter_width, horizontal_grid, label_filter};
use super::colour::series_class;
use super::context::{ChartContext, escape_svg};
use super::scale::Scale;
use crate::content::labels;
use crate::content::number::Decimal;
use crate::definition::Unit;

/// Height of the plot, in pixels.
const PLOT_PX: f64 = 200.0;
/// Space above the plot, in pixels.
const TOP_PX: f64 = 12.0;
/// Maximum number of values with a point each: more points would merge into a thick line.
const MAX_POINTS: usize = 48;

/// Name of a series, and its value in each category.
pub(crate) type LineSeries = (String, Vec<Option<Decimal>>);

/// Values of each series, by category.
pub(crate) struct Lines {
    pub(crate) categories: Vec<String>,
    pub(crate) series: Vec<LineSeries>,
}

impl Lines {
    pub(crate) fn svg(&self, context: &ChartContext<'_>) -> String {
        let values = self.series.iter().flat_map(|(_, values)| values.iter().flatten().copied());
        let scale = Scale::covering(values, matches!(context.unit, Unit::Count(_)));
        let mut svg = horizontal_grid(context, &scale, TOP_PX, PLOT_PX);
        let slot = 100.0 / self.categories.len().max(1) as f64;
        let x = |at: usize| slot * (at as f64 + 0.5);
        let y = |value: Decimal| TOP_PX + PLOT_PX * (1.0 - scale.share(value.to_f64()));
        let is_labelled = label_filter(self.categories.len());
        for (at, category) in self.categories.iter().enumerate().filter(|(at, _)| is_labelled(*at)) {
            let _ = write!(
                svg,
                "<text class=\"tick middle\" x=\"{:.2}%\" y=\"{:.1}\">{}</text>",
                x(at),
                TOP_PX + PLOT_PX + 18.0,
                escape_svg(&labels::tick_label(category)),
            );
        }
        for (series, (name, values)) in self.series.iter().enumerate() {
            let class = series_class(series);
            // Coordinates of a polyline cannot be percentages, so an inner SVG is stretched.
            let _ = write!(
                svg,
                "<svg class=\"stretched\" x=\"0\" y=\"0\" width=\"100%\" height=\"{0}\" viewBox=\"0 0 100 {0}\" \
                 preserveAspectRatio=\"none\">",
                TOP_PX + PLOT_PX,
            );
            for run in runs(values) {
                let points: String =
                    run.iter().map(|(at, value)| format!("{:.2},{:.1} ", x(*at), y(*value))).collect();
                let _ = write!(
                    svg,
                    "<polyline class=\"line {class} d{}\" points=\"{}\"/>",
                    series % 3,
                    points.trim_end()
                );
            }
            svg.push_str("</svg>");
            if values.len() > MAX_POINTS {
                continue;
            }
            for (at, value) in values.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?))) {
                let _ = write!(
                    svg,
                    "<circle class=\"point {class}\" cx=\"{:.2}%\" cy=\"{:.1}\" r=\"3.5\"><title>{}, {}: {}</title></circle>",
                    x(at),
                    y(value),
                    escape_svg(&labels::category_label(&self.categories[at])),
                    escape_svg(name),
                    escape_svg(&context.format_value(value)),
                );
            }
        }
        context.svg(242, gutter_width(context, &scale), &svg)
    }
}

/// Returns the runs of two or more values without a gap, with their positions.
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
