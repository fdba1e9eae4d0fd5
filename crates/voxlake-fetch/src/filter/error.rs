//! Errors of conditions.

use thiserror::Error;

use super::parameter::FilterParameter;

/// Maximum values of one parameter, so that a request per 20 of them stays possible.
pub(super) const MAX_VALUES: usize = 1_000;

/// A condition that the API would refuse or misunderstand.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FilterError {
    /// The parameter takes other values.
    #[error("{value:?} is not a value of {parameter}: it takes {}", known.join(", "))]
    UnknownValue {
        /// The parameter.
        parameter: FilterParameter,
        /// The value.
        value: String,
        /// All values that it takes.
        known: &'static [&'static str],
    },
    /// The value has another form than those of the parameter.
    #[error("{value:?} is not a value of {parameter}: {form}")]
    Malformed {
        /// The parameter.
        parameter: FilterParameter,
        /// The value.
        value: String,
        /// Form of its values.
        form: &'static str,
    },
    /// The parameter takes one value.
    #[error("{parameter} takes one value, not {given}")]
    OneValue {
        /// The parameter.
        parameter: FilterParameter,
        /// Number of values given.
        given: usize,
    },
    /// More values than are supported.
    #[error("{parameter} has {given} values; at most {MAX_VALUES} are supported")]
    TooMany {
        /// The parameter.
        parameter: FilterParameter,
        /// Number of values given.
        given: usize,
    },
}
