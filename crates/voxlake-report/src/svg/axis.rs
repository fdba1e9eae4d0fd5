//! Axes of charts.

use super::context::{Said, escaped};
use super::scale;

/// Places of labels below so many columns: no more than fit a phone.
pub(super) fn labelled(count: usize) -> impl Fn(usize) -> bool {
    const MOST: usize = 8;
    let every = count.div_ceil(MOST).max(1);
    // Hours are labelled at 0, 3, 6 and so on.
    move |at| at % every == 0
}

/// Gridlines of a vertical axis with their values, for a plot of this height below `top`.
pub(super) fn horizontal_grid(said: &Said<'_>, scale: &scale::Scale, top: f64, height: f64) -> String {
    use std::fmt::Write as _;
    let mut svg = String::new();
    for tick in scale.ticks() {
        let y = top + height * (1.0 - scale.share(tick.approximately()));
        let class = if tick.is_zero() { "zero" } else { "grid" };
        let _ = write!(
            svg,
            "<line class=\"{class}\" x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"tick end\" x=\"-8\" y=\"{:.1}\">{}</text>",
            y + 4.0,
            escaped(&said.tick(tick)),
        );
    }
    svg
}

/// Pixels that the values of a vertical axis take.
pub(super) fn gutter(said: &Said<'_>, scale: &scale::Scale) -> u32 {
    let longest = scale.ticks().map(|tick| said.tick(tick).chars().count()).max().unwrap_or(0);
    u32::try_from(longest).unwrap_or(0) * 7 + 12
}
