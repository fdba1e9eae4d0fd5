//! Axes of charts.

use std::fmt::Write as _;

use super::context::{ChartContext, escape_svg};
use super::scale::Scale;

/// Returns a filter for the columns that have a label: at most eight, which fit the screen of a
/// phone.
pub(super) fn label_filter(count: usize) -> impl Fn(usize) -> bool {
    const MAX_LABELS: usize = 8;
    let every = count.div_ceil(MAX_LABELS).max(1);
    // Hours are labelled at 0, 3, 6 and so on.
    move |at| at % every == 0
}

/// Returns the gridlines of a vertical axis with their values. The plot is `height` high and starts
/// at `top`.
pub(super) fn horizontal_grid(context: &ChartContext<'_>, scale: &Scale, top: f64, height: f64) -> String {
    let mut svg = String::new();
    for tick in scale.ticks() {
        let y = top + height * (1.0 - scale.share(tick.to_f64()));
        let class = if tick.is_zero() { "zero" } else { "grid" };
        let _ = write!(
            svg,
            "<line class=\"{class}\" x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"tick end\" x=\"-8\" y=\"{:.1}\">{}</text>",
            y + 4.0,
            escape_svg(&context.format_tick(tick)),
        );
    }
    svg
}

/// Returns the width of the values of a vertical axis, in pixels.
pub(super) fn gutter_width(context: &ChartContext<'_>, scale: &Scale) -> u32 {
    let longest = scale.ticks().map(|tick| context.format_tick(tick).chars().count()).max().unwrap_or(0);
    u32::try_from(longest).unwrap_or(0) * 7 + 12
}
