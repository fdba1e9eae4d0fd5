//! Conditions on calls that the API evaluates.
//!
//! A request selects calls by a period and by these parameters. Names and values are those of the
//! endpoint's description.
//!
//! - [`CallFilter`]: the conditions of a sync or a lookup, validated
//! - [`matching`]: whether records that came meet them; [`counts`]: whether counts depend on them
//! - [`forms`]: which form of lists an account honours
//! - [`requests`]: the conditions in the form in which they are sent

mod counts;
mod forms;
mod matching;
mod parameter;
mod requests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use voxlake_lake::ScopeId;

pub use self::forms::{FormVerdict, ListForms};
pub use self::parameter::FilterParameter;
pub use self::requests::ListForm;
pub(crate) use self::requests::RequestFilter;

/// Maximum values of one parameter, so that a request per 20 of them stays possible.
const MAX_VALUES: usize = 1_000;
/// Maximum bytes of a value. Ids have 22 characters, names up to some hundred.
const MAX_VALUE_BYTES: usize = 512;

/// Conditions on calls. All of them have to hold; of the values of a list, one has to.
///
/// ```
/// use voxlake_fetch::{CallFilter, FilterParameter};
///
/// let filter = CallFilter::default()
///     .with(FilterParameter::Direction, ["inbound"])?
///     .with(FilterParameter::CcQueueIds, ["q1", "q2"])?;
/// assert_eq!(filter.to_string(), "direction inbound, queue q1 or q2");
/// # Ok::<(), voxlake_fetch::FilterError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallFilter {
    values: BTreeMap<FilterParameter, BTreeSet<String>>,
}

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

impl CallFilter {
    /// Adds values of a parameter. An empty iterator changes nothing.
    ///
    /// # Errors
    /// [`FilterError`] for values that the endpoint does not take.
    pub fn with<V: Into<String>>(
        mut self,
        parameter: FilterParameter,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Self, FilterError> {
        let values: Vec<String> =
            values.into_iter().map(|value| parameter.checked(&value.into())).collect::<Result<_, _>>()?;
        if values.is_empty() {
            return Ok(self);
        }
        let all = self.values.entry(parameter).or_default();
        all.extend(values);
        let given = all.len();
        if !parameter.is_list() && given > 1 {
            return Err(FilterError::OneValue { parameter, given });
        }
        if given > MAX_VALUES {
            return Err(FilterError::TooMany { parameter, given });
        }
        Ok(self)
    }

    /// Whether the filter has no conditions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Values of a parameter, in order; none where it is no condition.
    pub fn values(&self, parameter: FilterParameter) -> impl Iterator<Item = &str> {
        self.values.get(&parameter).into_iter().flatten().map(String::as_str)
    }

    /// Parameters with values, in order.
    pub fn parameters(&self) -> impl Iterator<Item = FilterParameter> {
        self.values.keys().copied()
    }

    /// The same conditions without those of a parameter.
    #[must_use]
    pub fn without(&self, parameter: FilterParameter) -> Self {
        let mut filter = self.clone();
        filter.values.remove(&parameter);
        filter
    }

    /// Whether it selects every call that `other` selects.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        self.values.iter().all(|(parameter, values)| {
            other.values.get(parameter).is_some_and(|narrower| narrower.is_subset(values))
        })
    }

    /// Returns a filter for the calls selected by `self` but not by `narrower`. It may select more calls of `self`: if
    /// more than the values of one list differ, it is `self`.
    #[must_use]
    pub fn beyond(&self, narrower: &Self) -> Self {
        let same_parameters = self.values.keys().eq(narrower.values.keys());
        let mut grown = self.values.iter().filter(|(parameter, values)| {
            narrower.values.get(parameter).is_some_and(|narrower| narrower != *values)
        });
        match (same_parameters, grown.next(), grown.next()) {
            (true, Some((parameter, values)), None) if self.includes(narrower) => {
                let known = narrower.values.get(parameter).cloned().unwrap_or_default();
                let mut beyond = self.clone();
                beyond.values.insert(*parameter, values.difference(&known).cloned().collect());
                beyond
            }
            _ => self.clone(),
        }
    }

    /// Identity of the conditions in the coverage of day files; `None` where every call meets them.
    #[must_use]
    pub fn scope(&self) -> Option<ScopeId> {
        let parts = self.values.iter().flat_map(|(parameter, values)| {
            std::iter::once(parameter.name()).chain(values.iter().map(String::as_str))
        });
        (!self.is_empty()).then(|| ScopeId::of(parts))
    }
}

impl CallFilter {
    /// The conditions in words, with the names that `name` gives to values. Numbers of consumers are personal data and
    /// are not written.
    pub fn words<'a>(&'a self, name: impl Fn(FilterParameter, &'a str) -> Option<&'a str>) -> String {
        if self.is_empty() {
            return "all calls".to_owned();
        }
        let conditions = self.values.iter().map(|(parameter, values)| {
            if *parameter == FilterParameter::ConsumerNumber {
                return format!("{parameter} (not shown)");
            }
            let mut named: Vec<&str> =
                values.iter().map(|value| name(*parameter, value).unwrap_or(value)).collect();
            named.dedup();
            format!("{parameter} {}", named.join(" or "))
        });
        conditions.collect::<Vec<_>>().join(", ")
    }
}

/// The conditions in words, as [`CallFilter::words`] without names.
impl fmt::Display for CallFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(|_, _| None))
    }
}

#[cfg(test)]
mod tests;
