//! The conditions of a sync or a lookup.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use voxlake_lake::ScopeId;

use super::error::{FilterError, MAX_VALUES};
use super::parameter::FilterParameter;

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
    pub(super) values: BTreeMap<FilterParameter, BTreeSet<String>>,
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

    /// Returns a filter for the calls selected by `self` but not by `narrower`. It may select more
    /// calls of `self`: if more than the values of one list differ, it is `self`.
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
        (!self.is_empty()).then(|| ScopeId::from_parts(parts))
    }
}

impl CallFilter {
    /// The conditions in words, with the names that `name` gives to values. Numbers of consumers
    /// are personal data and are not written.
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
