//! Texts of a chart: its title, its values and their units.

use html_escape::encode_safe;

use crate::content::number::{self, Decimal};
use crate::definition::Unit;
use crate::text::escape_control_chars;

/// Title and unit of a chart.
#[derive(Clone, Debug)]
pub(crate) struct ChartContext<'a> {
    /// Id, unique in its page.
    pub(crate) id: String,
    pub(crate) title: &'a str,
    /// Description in a sentence.
    pub(crate) description: String,
    /// Unit of the values.
    pub(crate) unit: &'a Unit,
    /// Currency of the values; empty if they are not amounts.
    pub(crate) currency: &'a str,
}

impl ChartContext<'_> {
    /// Formats a value with its unit.
    pub(super) fn format_value(&self, value: Decimal) -> String {
        let text = number::format_number(value, self.unit);
        match self.unit {
            Unit::Money { .. } if !self.currency.is_empty() => format!("{text} {}", self.currency),
            Unit::Count(unit) | Unit::Other(unit) => format!("{text} {unit}"),
            _ => text,
        }
    }

    /// Formats a value at an axis, whose title has the unit.
    pub(super) fn format_tick(&self, value: Decimal) -> String {
        let text = number::format_number(value, self.unit);
        match self.unit {
            Unit::Share => text.replace(".0 %", " %"),
            Unit::Money { .. } => text.strip_suffix(".00").unwrap_or(&text).to_owned(),
            _ => text,
        }
    }

    /// Returns the unit in the title of the axis of values; may be empty.
    pub(crate) fn axis_unit(&self) -> String {
        match self.unit {
            Unit::Money { per, .. } => format!("{}{per}", self.currency),
            unit => unit.label(),
        }
    }

    /// Returns an SVG element of this height around `content`. `gutter` is the width of the labels
    /// to its left, in pixels.
    pub(super) fn svg(&self, height: u32, gutter: u32, content: &str) -> String {
        let id = &self.id;
        format!(
            "<svg class=\"chart\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" height=\"{height}\" \
             style=\"margin-left:{gutter}px;width:calc(100% - {gutter}px)\"><title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>{content}</svg>",
            escape_svg(self.title),
            escape_svg(&self.description),
        )
    }
}

/// Escapes text between tags and in attributes.
pub(super) fn escape_svg(text: &str) -> String {
    encode_safe(&escape_control_chars(text)).into_owned()
}
