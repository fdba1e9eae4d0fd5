//! Errors of filter values.

use thiserror::Error;

use super::parameter::FilterParameter;

/// Maximum values of one parameter. A request holds 20 of them.
pub(super) const MAX_VALUES: usize = 1_000;

/// Invalid filter value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FilterError {
    /// The value is not one of a fixed set.
    #[error("{value:?} is not a value of {parameter}: it takes {}", known.join(", "))]
    UnknownValue {
        /// Parameter of the filter.
        parameter: FilterParameter,
        /// Invalid value.
        value: String,
        /// Allowed values.
        known: &'static [&'static str],
    },
    /// The value has the wrong form.
    #[error("{value:?} is not a value of {parameter}: {form}")]
    Malformed {
        /// Parameter of the filter.
        parameter: FilterParameter,
        /// Invalid value.
        value: String,
        /// Required form.
        form: &'static str,
    },
    /// The parameter takes only one value.
    #[error("{parameter} takes one value, not {given}")]
    SingleValue {
        /// Parameter of the filter.
        parameter: FilterParameter,
        /// Number of values given.
        given: usize,
    },
    /// There are more values than supported.
    #[error("{parameter} has {given} values; at most {MAX_VALUES} are supported")]
    TooManyValues {
        /// Parameter of the filter.
        parameter: FilterParameter,
        /// Number of values given.
        given: usize,
    },
}
