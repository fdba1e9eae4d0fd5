//! Conditions of a sync or lookup.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use voxlake_lake::ScopeId;

use super::error::{FilterError, MAX_VALUES};
use super::parameter::FilterParameter;

/// Conditions on calls. A call must match all parameters, and one value of each list.
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
    /// Adds values of a parameter. An empty iterator adds no condition.
    ///
    /// # Errors
    /// [`FilterError`] for values that the API does not accept.
    pub fn with<V: Into<String>>(
        mut self,
        parameter: FilterParameter,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Self, FilterError> {
        let values: Vec<String> =
            values.into_iter().map(|value| parameter.validate(&value.into())).collect::<Result<_, _>>()?;
        if values.is_empty() {
            return Ok(self);
        }
        let all = self.values.entry(parameter).or_default();
        all.extend(values);
        let given = all.len();
        if !parameter.is_list() && given > 1 {
            return Err(FilterError::SingleValue { parameter, given });
        }
        if given > MAX_VALUES {
            return Err(FilterError::TooManyValues { parameter, given });
        }
        Ok(self)
    }

    /// Returns whether the filter has no conditions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the values of a parameter, in order.
    pub fn values(&self, parameter: FilterParameter) -> impl Iterator<Item = &str> {
        self.values.get(&parameter).into_iter().flatten().map(String::as_str)
    }

    /// Returns the parameters with values, in order.
    pub fn parameters(&self) -> impl Iterator<Item = FilterParameter> {
        self.values.keys().copied()
    }

    /// Returns the filter without the conditions of a parameter.
    #[must_use]
    pub fn without(&self, parameter: FilterParameter) -> Self {
        let mut filter = self.clone();
        filter.values.remove(&parameter);
        filter
    }

    /// Returns whether the filter selects every call that `other` selects.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        self.values.iter().all(|(parameter, values)| {
            other.values.get(parameter).is_some_and(|narrower| narrower.is_subset(values))
        })
    }

    /// Returns a filter for the calls that match `self` but not `narrower`. It may select more
    /// calls of `self`: if the filters differ in more than the values of one list, it is
    /// `self`.
    #[must_use]
    pub fn difference(&self, narrower: &Self) -> Self {
        let same_parameters = self.values.keys().eq(narrower.values.keys());
        let mut grown = self.values.iter().filter(|(parameter, values)| {
            narrower.values.get(parameter).is_some_and(|narrower| narrower != *values)
        });
        match (same_parameters, grown.next(), grown.next()) {
            (true, Some((parameter, values)), None) if self.includes(narrower) => {
                let known = narrower.values.get(parameter).cloned().unwrap_or_default();
                let mut difference = self.clone();
                difference.values.insert(*parameter, values.difference(&known).cloned().collect());
                difference
            }
            _ => self.clone(),
        }
    }

    /// Returns the scope id of the filter in coverage; `None` if it selects all calls.
    #[must_use]
    pub fn scope(&self) -> Option<ScopeId> {
        let parts = self.values.iter().flat_map(|(parameter, values)| {
            std::iter::once(parameter.name()).chain(values.iter().map(String::as_str))
        });
        (!self.is_empty()).then(|| ScopeId::from_parts(parts))
    }
}

impl CallFilter {
    /// Describes the conditions in words. `name` may return a name for a value. Consumer numbers
    /// are personal data and omitted.
    pub fn describe<'a>(&'a self, name: impl Fn(FilterParameter, &'a str) -> Option<&'a str>) -> String {
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

/// Describes the conditions in words, without names.
impl fmt::Display for CallFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(|_, _| None))
    }
}
