//! Values of options that are enums of the libraries.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use voxlake_report::Format;

/// Returns a parser of these values by their names, with their descriptions for the help.
pub(super) fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
    description: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let values = all.iter().map(|value| PossibleValue::new(name(*value)).help(description(*value)));
    PossibleValuesParser::new(values.collect::<Vec<_>>())
        .try_map(move |text| all.iter().copied().find(|value| name(*value) == text).ok_or("no such value"))
}

/// Returns a parser of output formats.
pub(super) fn format_parser() -> impl TypedValueParser<Value = Format> {
    one_of(&Format::ALL, Format::name, Format::description)
}
