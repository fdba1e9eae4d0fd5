//! One bar for each row: horizontal with names, or vertical along a time axis.

use std::fmt::Write as _;

use super::axis::{gutter_width, horizontal_grid, label_filter};
use super::context::{ChartContext, escape_svg};
use super::scale::Scale;
use crate::content::labels;
use crate::content::number::Decimal;
use crate::definition::Unit;

/// Height of a horizontal bar with its name, in pixels.
const ROW_PX: u32 = 38;
/// Height of a horizontal bar, in pixels.
const BAR_PX: u32 = 12;
/// Indent of the name of a part, in pixels.
const PART_INDENT_PX: u32 = 16;
/// Height of the axis below horizontal bars, in pixels.
const AXIS_PX: u32 = 26;
/// Maximum height of a vertical bar, in pixels.
const PLOT_PX: f64 = 200.0;
/// Space above vertical bars, in pixels.
const TOP_PX: f64 = 22.0;
/// Maximum number of bars with values above them.
const MAX_VALUE_LABELS: usize = 12;

/// A bar.
#[derive(Clone)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: Option<Decimal>,
    pub(crate) kind: BarKind,
}

/// Kind of a bar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum BarKind {
    /// One of the items.
    Item,
    /// Everything that belongs to no item; grey.
    Rest,
    /// Part of the rest above; light grey and indented.
    Part,
}

impl BarKind {
    /// Class of the bar in the style of the page.
    fn class(self) -> &'static str {
        match self {
            Self::Item => "s1",
            Self::Rest => "s0",
            Self::Part => "s0 part",
        }
    }
}

/// All bars of a chart.
pub(crate) struct Bars(pub(crate) Vec<Bar>);

impl Bars {
    /// Returns true if the bars are times. These are vertical, others are horizontal.
    pub(crate) fn are_times(&self) -> bool {
        let items = || self.0.iter().filter(|bar| bar.kind == BarKind::Item);
        items().count() > 1 && items().all(|bar| labels::is_time(&bar.name))
    }

    pub(crate) fn svg(&self, context: &ChartContext<'_>) -> String {
        let whole = matches!(context.unit, Unit::Count(_));
        let scale = Scale::covering(self.0.iter().filter_map(|bar| bar.value), whole);
        if self.are_times() { self.vertical(context, &scale) } else { self.horizontal(context, &scale) }
    }

    fn horizontal(&self, context: &ChartContext<'_>, scale: &Scale) -> String {
        let mut svg = String::new();
        let plot = u32::try_from(self.0.len()).unwrap_or(0) * ROW_PX;
        let zero = scale.share(0.0) * 100.0;
        let ticks: Vec<Decimal> = scale.ticks().collect();
        for (at, tick) in ticks.iter().enumerate() {
            let x = scale.share(tick.to_f64()) * 100.0;
            let anchor = match at {
                0 => "start",
                at if at + 1 == ticks.len() => "end",
                _ => "middle",
            };
            let class = if tick.is_zero() { "zero" } else { "grid" };
            let _ = write!(
                svg,
                "<line class=\"{class}\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"0\" y2=\"{plot}\"/>\
                 <text class=\"tick {anchor}\" x=\"{x:.2}%\" y=\"{}\">{}</text>",
                plot + 18,
                escape_svg(&context.format_tick(*tick)),
            );
        }
        for (at, bar) in (0_u32..).zip(&self.0) {
            let top = at * ROW_PX;
            let name = escape_svg(&labels::category_label(&bar.name));
            let value = bar.value.map_or_else(|| "not known".to_owned(), |value| context.format_value(value));
            let value = escape_svg(&value);
            let _ = write!(
                svg,
                "<text class=\"name\" x=\"{indent}\" y=\"{y}\">{name}</text>\
                 <text class=\"value end\" x=\"100%\" y=\"{y}\">{value}</text>",
                y = top + 15,
                indent = if bar.kind == BarKind::Part { PART_INDENT_PX } else { 0 },
            );
            if let Some(number) = bar.value {
                let end = scale.share(number.to_f64()) * 100.0;
                let class = bar.kind.class();
                let _ = write!(
                    svg,
                    "<rect class=\"{class}\" x=\"{:.2}%\" y=\"{}\" width=\"{:.2}%\" height=\"{BAR_PX}\" rx=\"2\">\
                     <title>{name}: {value}</title></rect>",
                    zero.min(end),
                    top + 20,
                    (end - zero).abs(),
                );
            }
        }
        context.svg(plot + AXIS_PX, 0, &svg)
    }

    fn vertical(&self, context: &ChartContext<'_>, scale: &Scale) -> String {
        let mut svg = horizontal_grid(context, scale, TOP_PX, PLOT_PX);
        let slot = 100.0 / self.0.len().max(1) as f64;
        let zero = scale.share(0.0);
        let is_labelled = label_filter(self.0.len());
        for (at, bar) in self.0.iter().enumerate() {
            let left = slot * at as f64;
            let middle = left + slot / 2.0;
            let name = escape_svg(&labels::category_label(&bar.name));
            if let Some(number) = bar.value {
                let end = scale.share(number.to_f64());
                let top = TOP_PX + PLOT_PX * (1.0 - zero.max(end));
                let _ = write!(
                    svg,
                    "<rect class=\"{}\" x=\"{:.2}%\" y=\"{top:.1}\" width=\"{:.2}%\" height=\"{:.1}\" rx=\"2\">\
                     <title>{name}: {}</title></rect>",
                    bar.kind.class(),
                    left + slot * 0.14,
                    slot * 0.72,
                    PLOT_PX * (end - zero).abs(),
                    escape_svg(&context.format_value(number)),
                );
                if self.0.len() <= MAX_VALUE_LABELS {
                    let _ = write!(
                        svg,
                        "<text class=\"value middle\" x=\"{middle:.2}%\" y=\"{:.1}\">{}</text>",
                        top - 5.0,
                        escape_svg(&context.format_tick(number.rounded(places(context.unit, number)))),
                    );
                }
            }
            if is_labelled(at) {
                let tick = escape_svg(&labels::tick_label(&bar.name));
                let _ = write!(
                    svg,
                    "<text class=\"tick middle\" x=\"{middle:.2}%\" y=\"{:.1}\">{tick}</text>",
                    TOP_PX + PLOT_PX + 18.0,
                );
            }
        }
        context.svg(250, gutter_width(context, scale), &svg)
    }
}

/// Returns the number of decimal places of a value above a bar.
fn places(unit: &Unit, number: Decimal) -> u32 {
    match unit {
        Unit::Share => 3,
        _ if number.to_f64().abs() >= 100.0 => 0,
        _ => 2,
    }
}
