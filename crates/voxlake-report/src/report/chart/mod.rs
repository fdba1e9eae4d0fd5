//! Charts as SVG that is part of a page: sized in percent of its box and in pixels of its text, so that a
//! narrow screen shortens bars and never letters; coloured by the page's own style, light, dark and on paper.
//!
//! Every chart has a title, a description, units and axes. Nothing of a caller's text becomes markup.
//!
//! - [`bars`]: a bar for each row, side by side where they are places in time, else below each other
//! - [`stacked`]: bars of pieces; [`lines`]: lines over time; [`heatmap`]: cells
//! - [`scale`]: where values lie and which are written at an axis

mod bars;
mod heatmap;
mod lines;
mod scale;
mod stacked;

use html_escape::encode_safe;

use super::data::RowKind;
use super::number::{self, Decimal};
use super::unit::Unit;
use crate::visible;

pub(super) use bars::{Bar, Bars};
pub(super) use heatmap::Heatmap;
pub(super) use lines::Lines;
pub(super) use stacked::Stacked;

/// Series that have a colour of their own; what comes after is grey.
pub(super) const COLOURS: usize = 8;

/// What is said of a chart beside what is drawn.
#[derive(Clone, Debug)]
pub(super) struct Said<'a> {
    /// Unique in its page.
    pub(super) id: String,
    pub(super) title: &'a str,
    /// What is drawn, in a sentence.
    pub(super) description: String,
    /// What values are.
    pub(super) unit: &'a Unit,
    /// The currency of this chart's values; empty where they are of none.
    pub(super) currency: &'a str,
}

impl Said<'_> {
    /// A value with its unit.
    fn value(&self, value: Decimal) -> String {
        let shown = number::written(value, self.unit);
        match self.unit {
            Unit::Money { .. } if !self.currency.is_empty() => format!("{shown} {}", self.currency),
            Unit::Count(of) | Unit::Other(of) => format!("{shown} {of}"),
            _ => shown,
        }
    }

    /// A value at an axis, without what its heading says.
    fn tick(&self, value: Decimal) -> String {
        let shown = number::written(value, self.unit);
        match self.unit {
            Unit::Share => shown.replace(".0%", "%"),
            Unit::Money { .. } => shown.strip_suffix(".00").unwrap_or(&shown).to_owned(),
            _ => shown,
        }
    }

    /// The unit of the axis of values, in words; empty where it has none.
    pub(super) fn axis_words(&self) -> String {
        match self.unit {
            Unit::Money { per, .. } => format!("{}{per}", self.currency),
            unit => unit.words(),
        }
    }

    /// An SVG of this height with what is within; `gutter` pixels at its left are for labels.
    fn svg(&self, height: u32, gutter: u32, within: &str) -> String {
        let id = &self.id;
        format!(
            "<svg class=\"chart\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" height=\"{height}\" \
             style=\"--gutter:{gutter}px\"><title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>{within}</svg>",
            escaped(self.title),
            escaped(&self.description),
        )
    }
}

/// A bar of a row.
pub(super) fn bar(name: String, value: Option<Decimal>, kind: RowKind) -> Bar {
    Bar { name, value, rest: kind == RowKind::Rest }
}

/// Text for between tags and within attributes.
fn escaped(text: &str) -> String {
    encode_safe(&visible(text)).into_owned()
}

/// The colour class of a series by its place.
pub(super) fn colour(at: usize) -> String {
    if at < COLOURS { format!("s{}", at + 1) } else { "s0".to_owned() }
}

/// Places of labels below so many columns: no more than fit a phone.
fn labelled(count: usize) -> impl Fn(usize) -> bool {
    const MOST: usize = 8;
    let every = count.div_ceil(MOST).max(1);
    // Hours are labelled at 0, 3, 6 and so on.
    move |at| at % every == 0
}

/// Gridlines of a vertical axis with their values, for a plot of this height below `top`.
fn horizontal_grid(said: &Said<'_>, scale: &scale::Scale, top: f64, height: f64) -> String {
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
fn gutter(said: &Said<'_>, scale: &scale::Scale) -> u32 {
    let longest = scale.ticks().map(|tick| said.tick(tick).chars().count()).max().unwrap_or(0);
    u32::try_from(longest).unwrap_or(0) * 7 + 12
}
