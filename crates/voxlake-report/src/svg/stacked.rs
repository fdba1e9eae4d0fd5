//! Stacked bars: one bar for each category, with one segment for each series.

use std::fmt::Write as _;

use super::axis::{gutter_width, horizontal_grid, label_filter};
use super::colour::series_class;
use super::context::{ChartContext, escape_svg};
use super::scale::Scale;
use crate::content::labels;
use crate::content::number::Decimal;
use crate::definition::Unit;

/// Maximum height of a vertical bar, in pixels.
const PLOT_PX: f64 = 220.0;
/// Space above vertical bars, in pixels.
const TOP_PX: f64 = 12.0;
/// Height of a horizontal bar with its name, in pixels.
const ROW_PX: u32 = 42;
/// Height of a horizontal bar, in pixels.
const BAR_PX: u32 = 16;

/// Values of each category, by series.
pub(crate) struct StackedBars {
    pub(crate) categories: Vec<String>,
    pub(crate) series: Vec<String>,
    pub(crate) values: Vec<Vec<Option<Decimal>>>,
}

impl StackedBars {
    pub(crate) fn svg(&self, context: &ChartContext<'_>) -> String {
        let sums = self.values.iter().map(|values| {
            // Negative values cannot be stacked and count as zero.
            let sum: f64 = values.iter().flatten().map(|value| value.to_f64().max(0.0)).sum();
            // Rounded shares may not add up to 1 exactly; four places hide that.
            let places = if matches!(context.unit, Unit::Share) { 4 } else { 6 };
            Decimal::parse(&format!("{sum:.places$}"))
        });
        let whole = matches!(context.unit, Unit::Count(_));
        let scale = Scale::covering(sums.flatten(), whole);
        let is_time = self.categories.len() > 1 && self.categories.iter().all(|name| labels::is_time(name));
        if is_time { self.vertical(context, &scale) } else { self.horizontal(context, &scale) }
    }

    /// Returns the segments of a category: series, value, and start and end on the axis from 0 to
    /// 1.
    fn segments<'a>(
        &'a self,
        at: usize,
        scale: &'a Scale,
    ) -> impl Iterator<Item = (usize, Decimal, f64, f64)> + 'a {
        let mut sum = 0.0;
        self.values[at].iter().enumerate().filter_map(move |(series, value)| {
            let value = (*value)?;
            let from = sum;
            sum += value.to_f64().max(0.0);
            Some((series, value, scale.share(from), scale.share(sum)))
        })
    }

    fn vertical(&self, context: &ChartContext<'_>, scale: &Scale) -> String {
        let mut svg = horizontal_grid(context, scale, TOP_PX, PLOT_PX);
        let slot = 100.0 / self.categories.len().max(1) as f64;
        let is_labelled = label_filter(self.categories.len());
        for (at, category) in self.categories.iter().enumerate() {
            let left = slot * at as f64;
            for (series, value, from, to) in self.segments(at, scale) {
                let _ = write!(
                    svg,
                    "<rect class=\"piece {}\" x=\"{:.2}%\" y=\"{:.1}\" width=\"{:.2}%\" height=\"{:.1}\">\
                     <title>{}, {}: {}</title></rect>",
                    series_class(series),
                    left + slot * 0.14,
                    TOP_PX + PLOT_PX * (1.0 - to),
                    slot * 0.72,
                    PLOT_PX * (to - from),
                    escape_svg(&labels::category_label(category)),
                    escape_svg(&self.series[series]),
                    escape_svg(&context.format_value(value)),
                );
            }
            if is_labelled(at) {
                let _ = write!(
                    svg,
                    "<text class=\"tick middle\" x=\"{:.2}%\" y=\"{:.1}\">{}</text>",
                    left + slot / 2.0,
                    TOP_PX + PLOT_PX + 18.0,
                    escape_svg(&labels::tick_label(category)),
                );
            }
        }
        context.svg(262, gutter_width(context, scale), &svg)
    }

    fn horizontal(&self, context: &ChartContext<'_>, scale: &Scale) -> String {
        let mut svg = String::new();
        let plot = u32::try_from(self.categories.len()).unwrap_or(0) * ROW_PX;
        for tick in scale.ticks() {
            let x = scale.share(tick.to_f64()) * 100.0;
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
                escape_svg(&context.format_tick(tick)),
            );
        }
        for (at, category) in self.categories.iter().enumerate() {
            let top = u32::try_from(at).unwrap_or(0) * ROW_PX;
            let name = escape_svg(&labels::category_label(category));
            let _ = write!(svg, "<text class=\"name\" x=\"0\" y=\"{}\">{name}</text>", top + 15);
            for (series, value, from, to) in self.segments(at, scale) {
                let _ = write!(
                    svg,
                    "<rect class=\"piece {}\" x=\"{:.2}%\" y=\"{}\" width=\"{:.2}%\" height=\"{BAR_PX}\">\
                     <title>{name}, {}: {}</title></rect>",
                    series_class(series),
                    from * 100.0,
                    top + 20,
                    (to - from) * 100.0,
                    escape_svg(&self.series[series]),
                    escape_svg(&context.format_value(value)),
                );
            }
        }
        context.svg(plot + 26, 0, &svg)
    }
}
