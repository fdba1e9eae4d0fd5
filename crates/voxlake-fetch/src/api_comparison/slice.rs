//! Slices of days, with the lake's counts of them.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::countries::country_code;
use crate::filter::{CallFilter, FilterParameter};

/// Calls of a day that match one condition and the scope of the lake. Equality ignores labels.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Parameter and value; `None` for all calls of the day.
    pub(super) condition: Option<(FilterParameter, String)>,
    /// Description of the value, such as the name of a queue.
    label: String,
}

impl PartialEq for Slice {
    fn eq(&self, other: &Self) -> bool {
        self.condition == other.condition
    }
}

impl Eq for Slice {}

impl PartialOrd for Slice {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Slice {
    fn cmp(&self, other: &Self) -> Ordering {
        self.condition.cmp(&other.condition)
    }
}

impl Slice {
    /// Returns the slice of all calls.
    pub(super) fn total() -> Self {
        Self { condition: None, label: String::new() }
    }

    /// Returns the parameter of the condition.
    pub(super) fn parameter(&self) -> Option<FilterParameter> {
        self.condition.as_ref().map(|(parameter, _)| *parameter)
    }

    /// Returns the name of the slice among the recorded checks of the lake.
    pub(super) fn name(&self) -> String {
        match &self.condition {
            None => "total".to_owned(),
            Some((parameter, value)) => format!("{}={value}", parameter.name()),
        }
    }

    /// Describes the slice.
    pub(super) fn describe(&self) -> String {
        match &self.condition {
            None => "all calls".to_owned(),
            Some((parameter, _)) => format!("{parameter} {}", self.label),
        }
    }

    /// Returns the conditions of the lake and that of the slice, or `None` if the scope of the lake
    /// has the same parameter or excludes the slice.
    pub(super) fn filter(&self, scope: &CallFilter) -> Option<CallFilter> {
        match &self.condition {
            None => Some(scope.clone()),
            Some((parameter, _)) if scope.values(*parameter).next().is_some() => None,
            Some((parameter, value)) => scope.clone().with(*parameter, [value.clone()]).ok(),
        }
    }
}

/// The lake's counts of the slices of each day.
#[derive(Clone, Debug, Default)]
pub struct LakeCounts {
    counts: BTreeMap<NaiveDate, BTreeMap<Slice, u64>>,
    countries_without_code: Vec<String>,
}

impl LakeCounts {
    /// Adds the number of all calls of a day.
    pub fn add_total(&mut self, date: NaiveDate, calls: u64) {
        self.add_slice(date, Slice::total(), calls);
    }

    /// Adds the number of calls of a day with a value of a parameter. The value of
    /// [`FilterParameter::CountryIsoCodes`] is the name of a country.
    pub fn add(
        &mut self,
        date: NaiveDate,
        parameter: FilterParameter,
        value: String,
        label: String,
        calls: u64,
    ) {
        let value = match parameter {
            FilterParameter::CountryIsoCodes => match country_code(&value) {
                Some(code) => code.to_owned(),
                None => {
                    if let Err(at) = self.countries_without_code.binary_search(&value) {
                        self.countries_without_code.insert(at, value);
                    }
                    return;
                }
            },
            _ => value,
        };
        self.add_slice(date, Slice { condition: Some((parameter, value)), label }, calls);
    }

    fn add_slice(&mut self, date: NaiveDate, slice: Slice, calls: u64) {
        *self.counts.entry(date).or_default().entry(slice).or_default() += calls;
    }

    /// Adds the known values without calls on each day: the API may count some.
    pub fn add_known_values(&mut self) {
        const PARAMETERS: [FilterParameter; 4] = [
            FilterParameter::Direction,
            FilterParameter::Distribution,
            FilterParameter::Types,
            FilterParameter::NumberTypes,
        ];
        for slices in self.counts.values_mut() {
            for parameter in PARAMETERS {
                for value in parameter.known_values().unwrap_or_default() {
                    let condition = Some((parameter, (*value).to_owned()));
                    slices.entry(Slice { condition, label: (*value).to_owned() }).or_default();
                }
            }
            let none = FilterParameter::NO_QUEUE.to_owned();
            let condition = Some((FilterParameter::CcQueueIds, none.clone()));
            slices.entry(Slice { condition, label: none }).or_default();
        }
    }

    /// Returns the slices of a day. A day without counts has the slice of all calls, with none.
    pub(super) fn of_day(&self, date: NaiveDate) -> Vec<(Slice, u64)> {
        self.counts.get(&date).map_or_else(
            || vec![(Slice::total(), 0)],
            |slices| slices.iter().map(|(slice, count)| (slice.clone(), *count)).collect(),
        )
    }

    /// Returns the number of calls in a slice of a day.
    pub(super) fn get(&self, date: NaiveDate, slice: &Slice) -> u64 {
        self.counts.get(&date).and_then(|slices| slices.get(slice)).copied().unwrap_or(0)
    }

    /// Returns the names of countries whose codes are unknown, sorted.
    pub(super) fn countries_without_code(&self) -> &[String] {
        &self.countries_without_code
    }
}
