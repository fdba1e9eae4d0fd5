//! What is said of a chart.

use html_escape::encode_safe;

use crate::content::number::{self, Decimal};
use crate::definition::Unit;
use crate::text::visible;

/// What is said of a chart beside what is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Said<'a> {
    /// Unique in its page.
    pub(crate) id: String,
    pub(crate) title: &'a str,
    /// What is drawn, in a sentence.
    pub(crate) description: String,
    /// What values are.
    pub(crate) unit: &'a Unit,
    /// The currency of this chart's values; empty where they are of none.
    pub(crate) currency: &'a str,
}

impl Said<'_> {
    /// A value with its unit.
    pub(super) fn value(&self, value: Decimal) -> String {
        let shown = number::written(value, self.unit);
        match self.unit {
            Unit::Money { .. } if !self.currency.is_empty() => format!("{shown} {}", self.currency),
            Unit::Count(of) | Unit::Other(of) => format!("{shown} {of}"),
            _ => shown,
        }
    }

    /// A value at an axis, without what its heading says.
    pub(super) fn tick(&self, value: Decimal) -> String {
        let shown = number::written(value, self.unit);
        match self.unit {
            Unit::Share => shown.replace(".0%", "%"),
            Unit::Money { .. } => shown.strip_suffix(".00").unwrap_or(&shown).to_owned(),
            _ => shown,
        }
    }

    /// The unit of the axis of values, in words; empty where it has none.
    pub(crate) fn axis_words(&self) -> String {
        match self.unit {
            Unit::Money { per, .. } => format!("{}{per}", self.currency),
            unit => unit.words(),
        }
    }

    /// An SVG of this height with what is within; `gutter` pixels at its left are for labels.
    pub(super) fn svg(&self, height: u32, gutter: u32, within: &str) -> String {
        let id = &self.id;
        format!(
            "<svg class=\"chart\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" height=\"{height}\" \
             style=\"--gutter:{gutter}px\"><title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>{within}</svg>",
            escaped(self.title),
            escaped(&self.description),
        )
    }
}

/// Text for between tags and within attributes.
pub(super) fn escaped(text: &str) -> String {
    encode_safe(&visible(text)).into_owned()
}
