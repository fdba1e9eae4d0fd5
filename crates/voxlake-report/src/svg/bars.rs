//! A bar for each row: below each other with their names above them, or side by side along a clock or calendar.

use std::fmt::Write as _;

use super::axis::{gutter, horizontal_grid, labelled};
use super::context::{Said, escaped};
use super::scale::Scale;
use crate::content::number::Decimal;
use crate::content::words;
use crate::definition::Unit;

/// Pixels of a bar with its name, of the bar alone, and of the axis below.
const ROW: u32 = 38;
const BAR: u32 = 12;
const AXIS: u32 = 26;
/// Pixels of bars that stand side by side, and above them.
const PLOT: f64 = 200.0;
const TOP: f64 = 22.0;
/// So many bars have their values written above them.
const NUMBERED: usize = 12;

/// A bar: its name as it came, its value, and whether it is of what belongs to none of the others.
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: Option<Decimal>,
    pub(crate) rest: bool,
}

/// Bars.
pub(crate) struct Bars(pub(crate) Vec<Bar>);

impl Bars {
    /// Whether they stand side by side.
    pub(crate) fn are_of_time(&self) -> bool {
        let items = || self.0.iter().filter(|bar| !bar.rest);
        items().count() > 1 && items().all(|bar| words::is_time(&bar.name))
    }

    pub(crate) fn svg(&self, said: &Said<'_>) -> String {
        let whole = matches!(said.unit, Unit::Count(_));
        let scale = Scale::of(self.0.iter().filter_map(|bar| bar.value), whole);
        if self.are_of_time() { self.columns(said, &scale) } else { self.rows(said, &scale) }
    }

    fn rows(&self, said: &Said<'_>, scale: &Scale) -> String {
        let mut svg = String::new();
        let plot = u32::try_from(self.0.len()).unwrap_or(0) * ROW;
        let zero = scale.share(0.0) * 100.0;
        let ticks: Vec<Decimal> = scale.ticks().collect();
        for (at, tick) in ticks.iter().enumerate() {
            let x = scale.share(tick.approximately()) * 100.0;
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
                escaped(&said.tick(*tick)),
            );
        }
        for (at, bar) in (0_u32..).zip(&self.0) {
            let top = at * ROW;
            let name = escaped(&words::category(&bar.name));
            let value = bar.value.map_or_else(|| "not known".to_owned(), |value| said.value(value));
            let value = escaped(&value);
            let _ = write!(
                svg,
                "<text class=\"name\" x=\"0\" y=\"{y}\">{name}</text>\
                 <text class=\"value end\" x=\"100%\" y=\"{y}\">{value}</text>",
                y = top + 15,
            );
            if let Some(number) = bar.value {
                let end = scale.share(number.approximately()) * 100.0;
                let class = if bar.rest { "s0" } else { "s1" };
                let _ = write!(
                    svg,
                    "<rect class=\"{class}\" x=\"{:.2}%\" y=\"{}\" width=\"{:.2}%\" height=\"{BAR}\" rx=\"2\">\
                     <title>{name}: {value}</title></rect>",
                    zero.min(end),
                    top + 20,
                    (end - zero).abs(),
                );
            }
        }
        said.svg(plot + AXIS, 0, &svg)
    }

    fn columns(&self, said: &Said<'_>, scale: &Scale) -> String {
        let mut svg = horizontal_grid(said, scale, TOP, PLOT);
        let slot = 100.0 / self.0.len().max(1) as f64;
        let zero = scale.share(0.0);
        let is_labelled = labelled(self.0.len());
        for (at, bar) in self.0.iter().enumerate() {
            let left = slot * at as f64;
            let middle = left + slot / 2.0;
            let name = escaped(&words::category(&bar.name));
            if let Some(number) = bar.value {
                let end = scale.share(number.approximately());
                let top = TOP + PLOT * (1.0 - zero.max(end));
                let _ = write!(
                    svg,
                    "<rect class=\"{}\" x=\"{:.2}%\" y=\"{top:.1}\" width=\"{:.2}%\" height=\"{:.1}\" rx=\"2\">\
                     <title>{name}: {}</title></rect>",
                    if bar.rest { "s0" } else { "s1" },
                    left + slot * 0.14,
                    slot * 0.72,
                    PLOT * (end - zero).abs(),
                    escaped(&said.value(number)),
                );
                if self.0.len() <= NUMBERED {
                    let _ = write!(
                        svg,
                        "<text class=\"value middle\" x=\"{middle:.2}%\" y=\"{:.1}\">{}</text>",
                        top - 5.0,
                        escaped(&said.tick(number.rounded(places(said.unit, number)))),
                    );
                }
            }
            if is_labelled(at) {
                let tick = escaped(&words::tick(&bar.name));
                let _ = write!(
                    svg,
                    "<text class=\"tick middle\" x=\"{middle:.2}%\" y=\"{:.1}\">{tick}</text>",
                    TOP + PLOT + 18.0,
                );
            }
        }
        said.svg(250, gutter(said, scale), &svg)
    }
}

/// Places behind the point that have room above a bar.
fn places(unit: &Unit, number: Decimal) -> u32 {
    match unit {
        Unit::Share => 3,
        _ if number.approximately().abs() >= 100.0 => 0,
        _ => 2,
    }
}
